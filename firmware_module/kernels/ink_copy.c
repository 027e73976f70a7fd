// SPDX-License-Identifier: MIT
// Copies elements of 1 or 4 bytes from strided places to strided places, in six dimensions.
#include "ink_copy_bytes.h"
#include "ink_copy_rows.h"
#include "ink_kernels.h"
#include "ink_rest.h"

#include <stdbool.h>
#include <string.h>

// The last two dimensions: rows of elements.
enum { ROWS = INK_MAX_RANK - 2, ROW };

// Bytes `step` apart to `count` places one after the other, four at a time.
static inline void gather(uint8_t *to, const uint8_t *from, int32_t step, int32_t count) {
    for (const uint8_t *end = to + (count & ~3); to != end;) {
        uint32_t word = from[0] | (uint32_t)from[step] << 8;
        from += 2 * step;
        word |= (uint32_t)from[0] << 16 | (uint32_t)from[step] << 24;
        from += 2 * step;
        memcpy(to, &word, sizeof(word));
        to += sizeof(word);
    }
    for (int32_t i = 0; i < (count & 3); i++) {
        to[i] = from[i * step];
    }
}

// Elements of 4 bytes may be floats, so they are moved as bytes: one load and one store all the
// same.
static inline void scatter(const ink_copy_params_t *params, uint8_t *to, const uint8_t *from) {
    const int32_t count = params->count[ROW];
    const int32_t input_step = params->input_stride[ROW];
    const int32_t output_step = params->output_stride[ROW];
    if (params->element_size == 4) {
        for (int32_t i = 0; i < count; i++) {
            memcpy(to + i * output_step * 4, from + i * input_step * 4, 4);
        }
    } else {
#pragma GCC unroll 4
        for (int32_t i = 0; i < count; i++) {
            to[i * output_step] = from[i * input_step];
        }
    }
}

static void copy_rows(
    const ink_copy_params_t *params, int32_t rows, uint8_t *to, const uint8_t *from) {
    const int32_t count = params->count[ROW];
    const int32_t step = params->input_stride[ROW];
    const int32_t size = params->element_size;
    // unsigned, as the step from the only row may be any
    const uint32_t input_step = (uint32_t)params->input_stride[ROWS] * (uint32_t)size;
    const uint32_t output_step = (uint32_t)params->output_stride[ROWS] * (uint32_t)size;
    const uint32_t bytes = (uint32_t)count * (uint32_t)size;
    const bool together = params->output_stride[ROW] == 1;
    const bool dense = together && step == 1;
    uint32_t input = 0;
    uint32_t output = 0;
    if (dense && (((uintptr_t)to | (uintptr_t)from | input_step | output_step | bytes) & 3) == 0) {
        const ink_copy_rows_t how = {.rows = rows,
            .blocks = (int32_t)(bytes / 32),
            .words = (int32_t)(bytes % 32 / 4),
            .input_step = input_step - bytes,
            .output_step = output_step - bytes};
        ink_copy_rows(to, from, &how);
    } else if (dense) {
        for (; rows > 0; rows--, input += input_step, output += output_step) {
            ink_copy_bytes(to + (int32_t)output, from + (int32_t)input, bytes);
        }
    } else if (together && size == 1) {
        for (; rows > 0; rows--, input += input_step, output += output_step) {
            gather(to + (int32_t)output, from + (int32_t)input, step, count);
        }
    } else {
        for (; rows > 0; rows--, input += input_step, output += output_step) {
            scatter(params, to + (int32_t)output, from + (int32_t)input);
        }
    }
}

// The rows of the last two dimensions. Returns what is done since the last rest.
static uint32_t copy_plane(
    const ink_copy_params_t *params, uint8_t *to, const uint8_t *from, uint32_t done) {
    const int32_t size = params->element_size;
    const int32_t at_once = 1 + (int32_t)INK_REST_STEPS / params->count[ROW];
    uint32_t input = 0;
    uint32_t output = 0;
    for (int32_t rows = params->count[ROWS]; rows > 0; rows -= at_once) {
        const int32_t count = rows < at_once ? rows : at_once;
        done = ink_rest_after(done, (uint32_t)(count * params->count[ROW]));
        copy_rows(params, count, to + (int32_t)output, from + (int32_t)input);
        input += (uint32_t)params->input_stride[ROWS] * (uint32_t)(count * size);
        output += (uint32_t)params->output_stride[ROWS] * (uint32_t)(count * size);
    }
    return done;
}

void ink_copy(
    const ink_copy_params_t *params, const void *input, void *output, uint32_t output_size) {
    const int32_t size = params->element_size;
    uint32_t input_index = (uint32_t)params->input_start;
    uint32_t output_index = (uint32_t)params->output_start;
    int32_t place[ROWS] = {0};
    if (params->fill) {
        ink_fill_bytes(output, (uint8_t)params->fill_value, output_size);
    }
    uint32_t done = 0;
    for (int32_t axis = 0; axis >= 0;) {
        done = copy_plane(params, (uint8_t *)output + (int32_t)output_index * size,
            (const uint8_t *)input + (int32_t)input_index * size, done);
        for (axis = ROWS - 1; axis >= 0; axis--) {
            const uint32_t count = (uint32_t)params->count[axis];
            input_index += (uint32_t)params->input_stride[axis];
            output_index += (uint32_t)params->output_stride[axis];
            if (++place[axis] < params->count[axis]) {
                break;
            }
            input_index -= count * (uint32_t)params->input_stride[axis];
            output_index -= count * (uint32_t)params->output_stride[axis];
            place[axis] = 0;
        }
    }
}
