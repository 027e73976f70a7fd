// SPDX-License-Identifier: MIT
// Opens a blob, gives it its arena and runs it. What it runs has been verified; nothing is checked
// again.
#include <string.h>

#include "ink_operators.h"
#include "ink_verify.h"

static void clear_error(ink_error_t *error) {
    memset(error, 0, sizeof(*error));
}

ink_status_t ink_open(ink_model_t *model, const void *blob, size_t size, ink_error_t *error) {
    ink_check_t check;
    memset(&check, 0, sizeof(check));
    memset(model, 0, sizeof(*model));
    clear_error(error);
    check.model = model;
    check.error = error;
    if (!ink_verify_records(&check, model, blob, size) || !ink_verify_plan(&check, model)) {
        memset(model, 0, sizeof(*model));
    } else {
        ink_sum_up(model);
    }
    return error->status;
}

bool ink_wants_ram(const void *blob, size_t size) {
    ink_header_t header;
    if (size < sizeof(header)) {
        return false;
    }
    uint32_t magic;
    memcpy(&header, blob, sizeof(header));
    memcpy(&magic, blob, sizeof(magic)); // no memcmp: a native module has none
    return magic == INK_MAGIC && header.memory == INK_MEMORY_RAM;
}

ink_status_t ink_set_arena(ink_model_t *model, void *arena, size_t size, ink_error_t *error) {
    ink_check_t check = {.model = model, .error = error, .part = INK_PART_BLOB};
    clear_error(error);
    uint32_t length = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
    if (ink_check_multiple(
            &check, INK_ERROR_ALIGNMENT, "the arena's address", (uint32_t)(uintptr_t)arena, 4) &&
        ink_check_word(&check, INK_ERROR_ARENA_SIZE, "its size", length, model->header->arena_size,
            UINT32_MAX)) {
        memset(arena, 0, model->header->arena_size);
        model->arena = arena;
        model->arena_size = model->header->arena_size;
        ink_reset(model);
    }
    return error->status;
}

void ink_reset(const ink_model_t *model) {
    for (uint32_t i = 0; INK_STATES && i < model->header->n_tensors; i++) {
        const ink_tensor_t *tensor = &model->tensors[i];
        if (tensor->start == INK_START_ZERO_POINT) {
            memset(ink_tensor_bytes(model, tensor), tensor->zero_point, tensor->size);
        } else if (tensor->start == INK_START_NEXT) {
            memcpy(
                ink_tensor_bytes(model, tensor), ink_tensor_bytes(model, tensor + 1), tensor->size);
        }
    }
}

ink_status_t ink_run(const ink_model_t *model, ink_error_t *error) {
    clear_error(error);
    for (uint32_t i = 0; i < model->header->n_operators; i++) {
        if (ink_run_operator(model, i, error) != INK_OK) {
            break;
        }
    }
    return error->status;
}

const char *ink_string(const ink_model_t *model, uint32_t string) {
    const ink_header_t *header = model->header;
    const char *strings = (const char *)model->blob + header->strings_offset;
    bool ends = string < header->strings_size && strings[header->strings_size - 1] == 0;
    return ends ? strings + string : "";
}
