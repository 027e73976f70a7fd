// SPDX-License-Identifier: MIT
// Changes a blob at random, in what tends to hurt: fields, shapes, wiring, parameters, weights,
// front ends, strings. For programs that then open it; each includes this once.
#ifndef MUTATE_BLOB_H
#define MUTATE_BLOB_H

#include <string.h>

#include "audio/ink_front_end.h"
#include "ink_operators.h"
#include "random_numbers.h"

typedef struct {
    uint8_t *bytes;
    uint32_t size;
} blob_t;

// Where a record starts, or 0 where damage put it outside.
static uint32_t record(const blob_t *blob, uint32_t start, uint32_t size, uint32_t count) {
    if (count == 0) {
        return 0;
    }
    uint64_t at = (uint64_t)start + (uint64_t)below(count) * size;
    return at + size <= blob->size ? (uint32_t)at : 0;
}

static uint32_t read_at(const blob_t *blob, uint32_t at, uint32_t size) {
    uint32_t value = 0;
    memcpy(&value, blob->bytes + at, size);
    return value;
}

static void write_at(blob_t *blob, uint32_t at, uint32_t size, uint32_t value) {
    memcpy(blob->bytes + at, &value, size);
}

static uint32_t new_value(const blob_t *blob, uint32_t old) {
    static const uint32_t EDGES[] = {0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 20, 31, 32, 64, 0x7f, 0x80,
        0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x0fffffff, 0x10000000, 0x3f800000,
        0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffe, 0xffffffff};
    switch (below(9)) {
    case 0:
        return EDGES[below(sizeof(EDGES) / sizeof(EDGES[0]))];
    case 1:
        return old + below(9) - 4;
    case 2:
        return old + (below(9) - 4) * 16;
    case 3:
        return old ^ (1u << below(32));
    case 4:
        return below(8);
    case 5:
        return 0 - below(40);
    case 6:
        return below(blob->size + 64) & ~15u;
    case 7:
        return old * 2;
    default:
        return any();
    }
}

// A field of 1, 2 or 4 bytes at a multiple of itself within the record.
static void change_field(blob_t *blob, uint32_t start, uint32_t record_size) {
    uint32_t size = 1u << below(3);
    if (start == 0 || start > blob->size || record_size < size ||
        record_size > blob->size - start) {
        return;
    }
    uint32_t at = start + below(record_size / size) * size;
    write_at(blob, at, size, new_value(blob, read_at(blob, at, size)));
}

static ink_header_t header_of(const blob_t *blob) {
    ink_header_t header;
    memcpy(&header, blob->bytes, sizeof(header));
    return header;
}

static uint32_t some_operator(const blob_t *blob) {
    ink_header_t h = header_of(blob);
    return record(blob, h.operators_offset, sizeof(ink_operator_t), h.n_operators);
}

static uint32_t some_tensor(const blob_t *blob) {
    ink_header_t h = header_of(blob);
    return record(blob, h.tensors_offset, sizeof(ink_tensor_t), h.n_tensors);
}

static void change_params(blob_t *blob) {
    uint32_t at = some_operator(blob);
    if (at != 0) {
        ink_operator_t op;
        memcpy(&op, blob->bytes + at, sizeof(op));
        change_field(blob, op.params_offset, op.params_size);
    }
}

// What a field of an operator's parameters points to: weights, multipliers, tables.
static void change_data(blob_t *blob) {
    uint32_t at = some_operator(blob);
    if (at == 0) {
        return;
    }
    ink_operator_t op;
    memcpy(&op, blob->bytes + at, sizeof(op));
    if (op.params_size < 4 || (uint64_t)op.params_offset + op.params_size > blob->size) {
        return;
    }
    uint32_t fields = op.params_size / 4;
    uint32_t last = below(fields < 4 ? fields : 4);
    uint32_t data = read_at(blob, op.params_offset + (fields - 1 - last) * 4, 4);
    change_field(blob, data, 4 + below(64));
}

// Of an input that takes sound: a field of its front end, or of one of its tables.
static void change_front_end(blob_t *blob) {
    ink_header_t h = header_of(blob);
    uint32_t at = record(blob, h.io_offset, sizeof(ink_io_t), h.n_inputs);
    if (at == 0 || read_at(blob, at + 2, 2) != INK_FRONT_END) {
        return;
    }
    uint32_t start = read_at(blob, at + 4, 4);
    if ((uint64_t)start + sizeof(ink_front_end_t) > blob->size) {
        return;
    }
    static const uint8_t TABLES[] = {offsetof(ink_front_end_t, window_table),
        offsetof(ink_front_end_t, twiddles), offsetof(ink_front_end_t, real_twiddles),
        offsetof(ink_front_end_t, edges), offsetof(ink_front_end_t, edges),
        offsetof(ink_front_end_t, weights), offsetof(ink_front_end_t, logarithm),
        offsetof(ink_front_end_t, cosines), offsetof(ink_front_end_t, gains)};
    if (below(2) == 0) {
        change_field(blob, start, sizeof(ink_front_end_t));
    } else {
        change_field(blob, read_at(blob, start + TABLES[below(sizeof(TABLES))], 4), 64);
    }
}

// Another shape or type, with the size that goes with it.
static void reshape_tensor(blob_t *blob) {
    uint32_t at = some_tensor(blob);
    if (at == 0) {
        return;
    }
    ink_tensor_t tensor;
    memcpy(&tensor, blob->bytes + at, sizeof(tensor));
    if (below(4) == 0) {
        tensor.rank = (uint8_t)below(7);
        tensor.dtype = (uint8_t)(1 + below(3));
    }
    const uint32_t axis = below(6);
    tensor.dims[axis] = below(3) == 0 ? new_value(blob, tensor.dims[0]) : 1 + below(9);
    uint32_t size = tensor.dtype == INK_DTYPE_FLOAT32 ? 4 : 1;
    for (uint32_t i = 0; i < 6; i++) {
        size *= tensor.dims[i];
    }
    tensor.size = size;
    memcpy(blob->bytes + at, &tensor, sizeof(tensor));
}

static void move_tensor(blob_t *blob) {
    uint32_t at = some_tensor(blob);
    if (at != 0) {
        uint32_t arena_size = header_of(blob).arena_size;
        uint32_t limit = arena_size > 4096 ? 4096 : arena_size;
        write_at(blob, at + 4, 4, below(limit / 4 + 1) * 4);
    }
}

// A kernel with parameters of this size, where it finds one.
static uint32_t another_kernel(uint32_t params_size) {
#define NUMBER(number, name) number,
    static const uint16_t NUMBERS[] = {INK_KERNELS(NUMBER)};
    uint32_t kernel = 0;
    for (uint32_t tries = 0; tries < 64; tries++) {
        kernel = NUMBERS[below(sizeof(NUMBERS) / sizeof(NUMBERS[0]))];
        if (ink_find_kernel(kernel)->params_size == params_size) {
            break;
        }
    }
    return kernel;
}

// Another tensor to read or write, or another kernel with parameters of the same size.
static void rewire_operator(blob_t *blob) {
    uint32_t at = some_operator(blob);
    if (at == 0) {
        return;
    }
    uint32_t field = below(4);
    uint32_t value = field == 0 ? another_kernel(read_at(blob, at + 20, 4))
                                : below(header_of(blob).n_tensors + 1u);
    write_at(blob, at + (field == 0 ? 0 : 2 + field * 2), 2, value);
}

static void swap_operators(blob_t *blob) {
    uint32_t a = some_operator(blob);
    uint32_t b = some_operator(blob);
    if (a != 0 && b != 0) {
        ink_operator_t first, second;
        memcpy(&first, blob->bytes + a, sizeof(first));
        memcpy(&second, blob->bytes + b, sizeof(second));
        memcpy(blob->bytes + a, &second, sizeof(second));
        memcpy(blob->bytes + b, &first, sizeof(first));
    }
}

static void change_size(blob_t *blob) {
    uint32_t size = below(2) == 0 ? below(blob->size) : blob->size - below(40);
    if (size >= sizeof(ink_header_t)) {
        blob->size = size;
        write_at(blob, 8, 4, size);
    }
}

static void mutate(blob_t *blob) {
    ink_header_t h = header_of(blob);
    uint32_t at;
    switch (below(16)) {
    case 0:
        change_field(blob, 8, sizeof(ink_header_t) - 8);
        break;
    case 1:
        change_field(blob, some_tensor(blob), sizeof(ink_tensor_t));
        break;
    case 2:
        change_field(blob,
            record(blob, h.io_offset, sizeof(ink_io_t), (uint32_t)h.n_inputs + h.n_outputs),
            sizeof(ink_io_t));
        break;
    case 3:
        change_field(blob, some_operator(blob), sizeof(ink_operator_t));
        break;
    case 4:
        change_field(blob, h.strings_offset, h.strings_size);
        break;
    case 5:
        change_field(blob, record(blob, h.labels_offset, 4, h.n_labels), 4);
        break;
    case 6:
        reshape_tensor(blob);
        break;
    case 7:
        move_tensor(blob);
        break;
    case 8:
        rewire_operator(blob);
        break;
    case 9:
        swap_operators(blob);
        break;
    case 10:
        change_data(blob);
        break;
    case 11:
        at = below(blob->size);
        write_at(blob, at, 1, any());
        break;
    case 12:
        if (below(4) == 0) {
            change_size(blob);
        }
        break;
    case 13:
        change_front_end(blob);
        break;
    default:
        change_params(blob);
    }
}

static void repair(blob_t *blob) {
    write_at(blob, 12, 4, ink_crc32(0, blob->bytes + 16, blob->size - 16));
}

// Mutation `iteration` of one of the blobs into `work`, whose bytes hold the largest of them.
static inline void mutate_one(
    blob_t *work, const blob_t *blobs, uint32_t n_blobs, uint64_t seed, uint64_t iteration) {
    begin_random(seed, iteration);
    const blob_t *good = &blobs[below(n_blobs)];
    memcpy(work->bytes, good->bytes, good->size);
    work->size = good->size;
    for (uint32_t left = 1 + below(3); left > 0; left--) {
        mutate(work);
    }
    repair(work);
}

#endif
