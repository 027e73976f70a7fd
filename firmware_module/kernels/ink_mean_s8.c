// SPDX-License-Identifier: MIT
// Means of int8 over some of the dimensions.
#include "ink_kernels.h"
#include "ink_requantize.h"
#include "ink_rest.h"

// Dimensions that are walked together, outermost first, each with its step through the data.
typedef struct {
    uint32_t rank, size;
    uint32_t count[INK_MAX_RANK], step[INK_MAX_RANK];
} walk_t;

// The data's offset at the index-th place of a walk.
static uint32_t walk_offset(const walk_t *walk, uint32_t index) {
    uint32_t offset = 0;
    for (uint32_t i = walk->rank; i-- > 0;) {
        offset += index % walk->count[i] * walk->step[i];
        index /= walk->count[i];
    }
    return offset;
}

static void walk_over(walk_t *walk, uint32_t count, uint32_t step) {
    walk->count[walk->rank] = count;
    walk->step[walk->rank] = step;
    walk->rank += 1;
    walk->size *= count;
}

void ink_mean_s8(const ink_mean_params_t *params, const ink_tensor_t *input,
    const int8_t *input_data, int8_t *output_data) {
    walk_t kept = {.size = 1};
    walk_t averaged = {.size = 1};
    uint32_t step = 1;
    for (uint32_t i = 0; i < input->rank; i++) {
        step *= input->dims[i];
    }
    for (uint32_t i = 0; i < input->rank; i++) {
        step /= input->dims[i];
        walk_over((params->axes >> i & 1) ? &averaged : &kept, input->dims[i], step);
    }
    // the innermost averaged dimension is a plain loop, the others are worked out for each row
    uint32_t count = 1;
    uint32_t column = 0;
    if (averaged.rank > 0) {
        averaged.rank -= 1;
        count = averaged.count[averaged.rank];
        column = averaged.step[averaged.rank];
    }
    const uint32_t rows = averaged.size / count;
    const uint32_t offset = averaged.size * (uint32_t)params->input_offset;
    uint32_t done = 0;
    for (uint32_t i = 0; i < kept.size; i++) {
        const int8_t *const first = input_data + walk_offset(&kept, i);
        uint32_t sum = offset;
        for (uint32_t row = 0; row < rows; row++) {
            const int8_t *const values = first + walk_offset(&averaged, row);
            for (uint32_t j = 0; j < count; j++) {
                sum += (uint32_t)values[j * column];
            }
            done = ink_rest_after(done, count);
        }
        output_data[i] = ink_requantize(
            sum, params->multiplier, params->shift, params->output_offset, -128, 127);
    }
}
