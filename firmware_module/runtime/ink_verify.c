// SPDX-License-Identifier: MIT
// Verifies a blob's header, strings, tensors, inputs, outputs and labels. The operators are
// ink_verify_plan.c's. Trusts nothing; docs/blob-format.md is what it checks.
#include <string.h>

#include "audio/ink_front_end.h"
#include "ink_options.h"
#include "ink_rest.h"
#include "ink_verify.h"

// With rests: of a large blob it takes a second.
static uint32_t crc_of(const uint8_t *bytes, uint32_t size) {
    uint32_t crc = 0;
    while (size != 0) {
        const uint32_t piece = size < INK_REST_STEPS ? size : INK_REST_STEPS;
        crc = ink_crc32(crc, bytes, piece);
        bytes += piece;
        size -= piece;
        ink_rest(piece);
    }
    return crc;
}

static bool verify_start(ink_check_t *check, const uint8_t *blob, size_t size) {
    static const ink_record_field_t FIELDS[] = {
        INK_RECORD_FIELD(
            INK_ERROR_VERSION, ink_header_t, version, INK_BLOB_VERSION, INK_BLOB_VERSION),
        INK_RECORD_FIELD(INK_ERROR_VERSION, ink_header_t, header_size, sizeof(ink_header_t),
            sizeof(ink_header_t)),
    };
    if (size < sizeof(ink_header_t)) {
        return ink_check_word(check, INK_ERROR_TOO_SHORT, "its size", (uint32_t)size,
            sizeof(ink_header_t), UINT32_MAX);
    }
    if (!ink_check_multiple(
            check, INK_ERROR_ALIGNMENT, "the blob's address", (uint32_t)(uintptr_t)blob, 4)) {
        return false;
    }
    uint32_t magic;
    memcpy(&magic, blob, sizeof(magic));
    if (magic != INK_MAGIC) {
        return ink_refuse_plainly(check, INK_ERROR_MAGIC, NULL);
    }
    const ink_header_t *header = (const ink_header_t *)blob;
    uint32_t length = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
    return ink_check_record(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0]), header) &&
           ink_check_same(check, INK_ERROR_SIZE, "its size", length, header->blob_size) &&
           ink_check_word(check, INK_ERROR_SIZE, "its size", length, 0, INK_MAX_BLOB) &&
           ink_check_same(
               check, INK_ERROR_CRC, "crc32", header->crc32, crc_of(blob + 16, length - 16));
}

// An array of the blob: `count` records of `size` bytes.
static bool check_array(
    ink_check_t *check, const char *field, uint32_t offset, uint32_t count, uint32_t size) {
    return ink_check_range(check, INK_ERROR_HEADER, field, offset, ink_product(count, size), 4);
}

static bool verify_header(ink_check_t *check) {
    static const ink_record_field_t FIELDS[] = {
        INK_RECORD_FIELD(INK_ERROR_TARGET, ink_header_t, target, 0, INK_TARGET_CORTEX_M7),
        INK_RECORD_FIELD(INK_ERROR_HEADER, ink_header_t, memory, 0, INK_MEMORY_RAM),
        INK_RECORD_FIELD(INK_ERROR_HEADER, ink_header_t, arena_size, 0, INK_MAX_ARENA),
        INK_RECORD_FIELD(INK_ERROR_HEADER, ink_header_t, n_tensors, 1, INK_MAX_TENSORS),
        INK_RECORD_FIELD(INK_ERROR_HEADER, ink_header_t, n_operators, 0, INK_MAX_OPERATORS),
        INK_RECORD_FIELD(INK_ERROR_HEADER, ink_header_t, n_inputs, 1, INK_MAX_IO),
        INK_RECORD_FIELD(INK_ERROR_HEADER, ink_header_t, n_outputs, 1, INK_MAX_IO),
        INK_RECORD_FIELD(INK_ERROR_HEADER, ink_header_t, strings_size, 1, INK_MAX_BLOB),
    };
    const ink_header_t *h = check->model->header;
    check->part = INK_PART_HEADER;
    return ink_check_record(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0]), h) &&
           ink_check_multiple(check, INK_ERROR_HEADER, "arena_size", h->arena_size, 16) &&
           check_array(
               check, "tensors_offset", h->tensors_offset, h->n_tensors, sizeof(ink_tensor_t)) &&
           check_array(check, "operators_offset", h->operators_offset, h->n_operators,
               sizeof(ink_operator_t)) &&
           check_array(check, "io_offset", h->io_offset, (uint32_t)h->n_inputs + h->n_outputs,
               sizeof(ink_io_t)) &&
           check_array(check, "labels_offset", h->labels_offset, h->n_labels, 4) &&
           check_array(check, "strings_offset", h->strings_offset, h->strings_size, 1);
}

// The length of the UTF-8 sequence at `text`, of which `left` bytes remain; 0 where it is none.
static uint32_t decode(const uint8_t *text, uint32_t left, uint32_t *code) {
    const uint32_t first = text[0];
    const uint32_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t found = first & 0xffu >> length;
    if ((first & 0xc0) == 0x80 || left < length) {
        return 0;
    }
    for (uint32_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        found = found << 6 | (text[i] & 0x3f);
    }
    *code = found;
    // a sequence too long (the shift is 7, 11 or 16), a surrogate, or past the last
    bool none = (length > 1 && found >> (9 * length - 4) / 2 == 0) || found >> 11 == 0xd800 >> 11 ||
                found > 0x10ffff;
    return none ? 0 : length;
}

// Whether a terminal would obey the character or not show it: controls, directions of writing,
// breaks of lines, what has no width. Joiners (U+200C and U+200D) are no more than that in ASCII.
static bool is_hidden(uint32_t code, uint32_t length_before) {
    static const uint16_t RANGES[][2] = {{0x01, 0x1f}, {0x7f, 0x9f}, {0x61c, 0x61c},
        {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}};
    if (length_before > 1 && (code == 0x200c || code == 0x200d)) {
        return false;
    }
    for (uint32_t i = 0; i < sizeof(RANGES) / sizeof(RANGES[0]); i++) {
        if (code >= RANGES[i][0] && code <= RANGES[i][1]) {
            return true;
        }
    }
    return false;
}

static bool verify_strings(ink_check_t *check) {
    const ink_header_t *header = check->model->header;
    const uint8_t *text = check->model->blob + header->strings_offset;
    if (text[header->strings_size - 1] != 0) {
        return ink_refuse_plainly(check, INK_ERROR_STRING, "the last byte of the strings is not 0");
    }
    uint32_t before = 0;
    uint32_t done = 0;
    for (uint32_t i = 0; i < header->strings_size;) {
        uint32_t code;
        uint32_t length = decode(text + i, header->strings_size - i, &code);
        if (length == 0) {
            return ink_refuse_plainly(check, INK_ERROR_STRING, "the strings are not UTF-8");
        }
        if (is_hidden(code, before)) {
            return ink_refuse_plainly(
                check, INK_ERROR_STRING, "a character of the strings is none that is shown");
        }
        i += length;
        before = length;
        done = ink_rest_after(done, 4);
    }
    return true;
}

bool ink_check_string(ink_check_t *check, const char *field, uint32_t string) {
    const ink_header_t *header = check->model->header;
    if (!ink_check_word(check, INK_ERROR_STRING, field, string, 0, header->strings_size - 1)) {
        return false;
    }
    // in the middle of a character it would not be UTF-8
    if ((check->model->blob[header->strings_offset + string] & 0xc0) == 0x80) {
        return ink_refuse_plainly(
            check, INK_ERROR_STRING, "it starts in the middle of a character");
    }
    return true;
}

static bool verify_quantization(ink_check_t *check, const ink_tensor_t *tensor) {
    uint32_t scale_bits;
    memcpy(&scale_bits, &tensor->scale, sizeof(scale_bits));
    // 1 to 0x7f7fffff are the positive numbers; 0x3f800000 is 1
    if (scale_bits == 0 || scale_bits > 0x7f7fffff) {
        return ink_refuse_plainly(
            check, INK_ERROR_TENSOR, "scale is not a finite number greater than 0");
    }
    if (ink_is_wide(tensor->dtype)) {
        if (scale_bits != 0x3f800000) {
            return ink_refuse_plainly(
                check, INK_ERROR_TENSOR, "scale of a float32 or int32 tensor is not 1");
        }
        return ink_check_equal(check, INK_ERROR_TENSOR, "zero_point", tensor->zero_point, 0);
    }
    int32_t min = tensor->dtype == INK_DTYPE_INT8 ? -128 : 0;
    return ink_check_between(
        check, INK_ERROR_TENSOR, "zero_point", tensor->zero_point, min, min + 255);
}

static bool verify_tensor(ink_check_t *check, const ink_tensor_t *tensor) {
    static const ink_record_field_t FIELDS[] = {
        INK_RECORD_FIELD(INK_ERROR_TENSOR, ink_tensor_t, dtype, INK_DTYPE_INT8,
            INK_WIDE ? INK_DTYPE_INT32 : INK_DTYPE_UINT8),
        INK_RECORD_FIELD(INK_ERROR_TENSOR, ink_tensor_t, rank, 0, INK_MAX_RANK),
        INK_RECORD_FIELD(INK_ERROR_TENSOR, ink_tensor_t, place, 0,
            INK_STATES ? INK_PLACE_STATE : INK_PLACE_BLOB),
        INK_RECORD_FIELD(INK_ERROR_TENSOR, ink_tensor_t, start, 0, INK_STATES ? INK_START_NEXT : 0),
    };
    const ink_status_t bad = INK_ERROR_TENSOR;
    if (!ink_check_record(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0]), tensor)) {
        return false;
    }
    uint32_t size = ink_element_size(tensor->dtype);
    for (uint32_t i = 0; i < INK_MAX_RANK; i++) {
        uint32_t max = i < tensor->rank ? INT32_MAX : 1;
        if (!ink_check_word(check, bad, "a dimension", tensor->dims[i], 1, max)) {
            return false;
        }
        size = ink_product(size, tensor->dims[i]);
    }
    if (!ink_check_same(check, bad, "size", tensor->size, size) ||
        !verify_quantization(check, tensor) || !ink_check_string(check, "name", tensor->name)) {
        return false;
    }
    if (tensor->place == INK_PLACE_BLOB) {
        return ink_check_range(check, INK_ERROR_TENSOR_RANGE, "offset", tensor->offset, size, 16);
    }
    return ink_check_multiple(check, INK_ERROR_TENSOR_RANGE, "offset", tensor->offset, 4) &&
           ink_check_end(check, INK_ERROR_TENSOR_RANGE, "it", tensor->offset, size,
               check->model->header->arena_size);
}

// Once all are whole: the states' room is theirs alone, and what a state begins with is there.
static bool verify_state(ink_check_t *check, const ink_tensor_t *tensor) {
    const ink_model_t *model = check->model;
    if (tensor->place != INK_PLACE_STATE) {
        return ink_check_same(check, INK_ERROR_TENSOR, "start", tensor->start, 0) &&
               (tensor->place == INK_PLACE_BLOB ||
                   ink_check_word(check, INK_ERROR_OVERLAP, "offset", tensor->offset,
                       model->state_size, UINT32_MAX));
    }
    const ink_tensor_t *next = tensor + 1;
    bool fits = tensor->start != INK_START_NEXT ||
                (check->index + 1 < model->header->n_tensors && next->place == INK_PLACE_BLOB &&
                    next->size == tensor->size);
    return fits || ink_refuse_plainly(check, INK_ERROR_TENSOR,
                       "start is 2, but the next tensor is no constant of its size");
}

static bool verify_tensors(ink_check_t *check, ink_model_t *model) {
    const uint32_t count = model->header->n_tensors;
    check->part = INK_PART_TENSOR;
    for (check->index = 0; check->index < count; check->index++) {
        const ink_tensor_t *tensor = &model->tensors[check->index];
        if (!verify_tensor(check, tensor)) {
            return false;
        }
        uint32_t end = tensor->offset + tensor->size;
        if (INK_STATES && tensor->place == INK_PLACE_STATE && end > model->state_size) {
            model->state_size = end;
        }
    }
    for (check->index = 0; INK_STATES && check->index < count; check->index++) {
        if (!verify_state(check, &model->tensors[check->index])) {
            return false;
        }
    }
    return true;
}

static bool verify_io(ink_check_t *check, const ink_io_t *io) {
    const ink_model_t *model = check->model;
    if (!ink_check_word(
            check, INK_ERROR_IO, "tensor", io->tensor, 0, model->header->n_tensors - 1)) {
        return false;
    }
    const ink_tensor_t *tensor = &model->tensors[io->tensor];
    if (!ink_check_same(check, INK_ERROR_IO, "its place", tensor->place, INK_PLACE_ARENA)) {
        return false;
    }
    if (check->part == INK_PART_INPUT && io->image_flags == INK_FRONT_END) {
        return ink_verify_front_end(check, tensor, io->front_end);
    }
    uint32_t flags = 0;
    if (check->part == INK_PART_INPUT && io->image_table != 0) {
        uint32_t colours = tensor->dims[3] == 3 ? INK_IMAGE_CHANNEL_TABLES | INK_IMAGE_BGR : 0;
        flags = io->image_flags & (colours | INK_IMAGE_WAYS);
#if INK_FITTING
        flags &= (flags & INK_IMAGE_SQUEEZE) != 0 ? ~INK_IMAGE_BORDER : UINT32_MAX;
        flags &= (flags & INK_IMAGE_BILINEAR) != 0 ? ~INK_IMAGE_OPENMV : UINT32_MAX;
#endif
    }
    if (!ink_check_word(check, INK_ERROR_IO, "image_flags", io->image_flags, 0, flags)) {
        return false;
    }
#if !INK_FITTING
    if ((flags & INK_IMAGE_WAYS) != 0) {
        return ink_refuse_plainly(check, INK_ERROR_IO, "this build has none (INK_FITTING)");
    }
#endif
    if (io->image_table == 0) {
        return true;
    }
    if (check->part == INK_PART_OUTPUT) {
        return check->index == 0 ? ink_check_same(check, INK_ERROR_IO, "labels", io->labels, 0)
                                 : ink_check_range(check, INK_ERROR_DATA_RANGE, "labels",
                                       io->labels, ink_product(ink_tensor_elements(tensor), 4), 4);
    }
    if (INK_WIDE && tensor->dtype == INK_DTYPE_INT32) {
        return ink_refuse_plainly(check, INK_ERROR_IO, "it has an image_table, but is int32");
    }
    bool picture =
        tensor->rank == 4 && tensor->dims[0] == 1 && (tensor->dims[3] == 1 || tensor->dims[3] == 3);
    if (!picture) {
        return ink_refuse_plainly(check, INK_ERROR_IO,
            "it has an image_table, but its shape is not [1, height, width, 1 or 3]");
    }
    uint32_t entries = (io->image_flags & INK_IMAGE_CHANNEL_TABLES) != 0 ? 3 * 256 : 256;
    return ink_check_data(
        check, "image_table", io->image_table, entries, ink_element_size(tensor->dtype));
}

static bool verify_ios(ink_check_t *check) {
    const ink_model_t *model = check->model;
    check->part = INK_PART_INPUT;
    for (check->index = 0; check->index < model->header->n_inputs; check->index++) {
        if (!verify_io(check, &model->inputs[check->index])) {
            return false;
        }
        const ink_tensor_t *tensor = &model->tensors[model->inputs[check->index].tensor];
        for (uint32_t i = 0; i < check->index; i++) {
            const ink_tensor_t *other = &model->tensors[model->inputs[i].tensor];
            if (ink_overlap(tensor->offset, tensor->size, other->offset, other->size)) {
                return ink_refuse_plainly(check, INK_ERROR_OVERLAP, "it overlaps another input");
            }
        }
    }
    check->part = INK_PART_OUTPUT;
    for (check->index = 0; check->index < model->header->n_outputs; check->index++) {
        if (!verify_io(check, &model->outputs[check->index])) {
            return false;
        }
    }
    return true;
}

static bool verify_labels(ink_check_t *check) {
    const ink_model_t *model = check->model;
    uint32_t given = model->header->n_labels;
    check->part = INK_PART_HEADER;
    if (given != 0 &&
        !ink_check_same(check, INK_ERROR_HEADER, "n_labels", given, ink_n_labels(model, 0))) {
        return false;
    }
    check->part = INK_PART_LABEL;
    uint32_t length = 0; // of all, which are copied: labels cannot be longer than their strings
    for (uint32_t output = 0; output < model->header->n_outputs; output++) {
        const uint32_t *labels = ink_labels(model, output);
        uint32_t count = ink_n_labels(model, output);
        for (check->index = 0; check->index < count; check->index++) {
            if (!ink_check_string(check, "its string", labels[check->index])) {
                return false;
            }
            length += (uint32_t)strlen(ink_string(model, labels[check->index])) + 1;
            if (!ink_check_word(check, INK_ERROR_STRING, "the length of the labels up to here",
                    length, 0, model->header->strings_size)) {
                return false;
            }
        }
    }
    return true;
}

bool ink_overlap(uint32_t offset0, uint32_t size0, uint32_t offset1, uint32_t size1) {
    return offset0 < offset1 + size1 && offset1 < offset0 + size0;
}

bool ink_same_bytes(const ink_tensor_t *a, const ink_tensor_t *b) {
    return a->place == b->place && a->offset == b->offset && a->size == b->size &&
           a->dtype == b->dtype;
}

bool ink_verify_records(ink_check_t *check, ink_model_t *model, const void *blob, size_t size) {
    check->part = INK_PART_BLOB;
    if (!verify_start(check, blob, size)) {
        return false;
    }
    model->blob = blob;
    model->header = blob;
    if (!verify_header(check)) {
        return false;
    }
    model->blob_size = model->header->blob_size;
    model->n_tensors = model->header->n_tensors;
    model->n_operators = model->header->n_operators;
    model->n_inputs = model->header->n_inputs;
    model->n_outputs = model->header->n_outputs;
    model->tensors = (const ink_tensor_t *)(model->blob + model->header->tensors_offset);
    model->operators = (const ink_operator_t *)(model->blob + model->header->operators_offset);
    model->inputs = (const ink_io_t *)(model->blob + model->header->io_offset);
    model->outputs = model->inputs + model->header->n_inputs;
    return verify_strings(check) && ink_check_string(check, "name", model->header->name) &&
           verify_tensors(check, model) && verify_ios(check) && verify_labels(check);
}
