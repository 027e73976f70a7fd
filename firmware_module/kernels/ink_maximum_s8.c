// SPDX-License-Identifier: MIT
// The greater or the less of two int8 tensors, broadcast, and the greatest or the least over some
// dimensions. The less of two is the greater with all bits flipped.
#include <string.h>

#include "ink_broadcast.h"
#include "ink_kernels.h"
#include "ink_simd.h"

// `flip` is all bits or none.
static inline uint32_t pick_four(uint32_t left, uint32_t right, uint32_t flip) {
    return ink_greater_four(left ^ flip, right ^ flip) ^ flip;
}

static inline int8_t pick(int8_t left, int8_t right, uint32_t flip) {
    const int32_t mask = (int32_t)flip;
    return (left ^ mask) > (right ^ mask) ? left : right;
}

static void pick_row(const void *flip_bits, const int8_t *input0, uint32_t step0,
    const int8_t *input1, uint32_t step1, int8_t *output, uint32_t count) {
    const uint32_t flip = *(const uint32_t *)flip_bits;
    uint32_t i = 0;
    if (step0 == 0) { // then input1 is what is repeated
        const int8_t *const repeated = input0;
        input0 = input1;
        input1 = repeated;
        step0 = step1;
        step1 = 0;
    }
    if (step0 == 0) {
        memset(output, pick(*input0, *input1, flip), count);
        return;
    }
    if (step1 != 0) {
        for (; i + 8 <= count; i += 8) {
            const uint32_t first = pick_four(ink_load_four(input0), ink_load_four(input1), flip);
            const uint32_t second =
                pick_four(ink_load_four(input0 + 4), ink_load_four(input1 + 4), flip);
            ink_store_four(output, first);
            ink_store_four(output + 4, second);
            input0 += 8;
            input1 += 8;
            output += 8;
        }
    } else {
        const uint32_t right = ink_repeat_four(*input1);
        for (; i + 4 <= count; i += 4) {
            ink_store_four(output, pick_four(ink_load_four(input0), right, flip));
            input0 += 4;
            output += 4;
        }
    }
    for (; i < count; i++) {
        *output++ = pick(*input0, *input1, flip);
        input0 += step0;
        input1 += step1;
    }
}

void ink_maximum_s8(const ink_tensor_t *input0, const int8_t *input0_data,
    const ink_tensor_t *input1, const int8_t *input1_data, const ink_tensor_t *output,
    int8_t *output_data) {
    const uint32_t flip = 0;
    ink_broadcast(pick_row, &flip, input0, input0_data, input1, input1_data, output, output_data);
}

void ink_minimum_s8(const ink_tensor_t *input0, const int8_t *input0_data,
    const ink_tensor_t *input1, const int8_t *input1_data, const ink_tensor_t *output,
    int8_t *output_data) {
    const uint32_t flip = UINT32_MAX;
    ink_broadcast(pick_row, &flip, input0, input0_data, input1, input1_data, output, output_data);
}

typedef struct {
    uint32_t flip;
    int8_t *output;
} reduce_t;

static int8_t pick_all(int8_t best, const int8_t *input, uint32_t count, uint32_t flip) {
    uint32_t four = ink_repeat_four(best);
    for (; count >= 4; count -= 4) {
        four = pick_four(four, ink_load_four(input), flip);
        input += 4;
    }
    four = pick_four(four, four >> 16, flip);
    best = pick((int8_t)four, (int8_t)(four >> 8), flip);
    for (uint32_t i = 0; i < count; i++) {
        best = pick(best, input[i], flip);
    }
    return best;
}

// Of a row of the input: its places in the output begin at `place`, `place_step` apart.
static void reduce_row(const void *row_params, const int8_t *input, uint32_t input_step,
    const int8_t *place, uint32_t place_step, int8_t *unused, uint32_t count) {
    const reduce_t *const reduce = row_params;
    int8_t *const output = reduce->output + (place - reduce->output);
    (void)unused;
    if (place_step == 0) {
        *output = pick_all(*output, input, count, reduce->flip);
    } else {
        pick_row(&reduce->flip, input, input_step, output, 1, output, count);
    }
}

// The input is walked as if the output were broadcast to it.
static void reduce(const ink_reduce_params_t *params, uint32_t flip, const ink_tensor_t *input,
    const int8_t *input_data, int8_t *output_data) {
    const reduce_t row = {.flip = flip, .output = output_data};
    ink_tensor_t output = *input;
    uint32_t size = 1;
    for (uint32_t i = 0; i < input->rank; i++) {
        output.dims[i] = (params->axes >> i & 1) != 0 ? 1 : input->dims[i];
        size *= output.dims[i];
    }
    memset(output_data, (int)(0x80 ^ (flip & 0xFF)), size);
    ink_broadcast(reduce_row, &row, input, input_data, &output, output_data, input,
        (int8_t *)(uintptr_t)input_data);
}

void ink_reduce_max_s8(const ink_reduce_params_t *params, const ink_tensor_t *input,
    const int8_t *input_data, int8_t *output_data) {
    reduce(params, 0, input, input_data, output_data);
}

void ink_reduce_min_s8(const ink_reduce_params_t *params, const ink_tensor_t *input,
    const int8_t *input_data, int8_t *output_data) {
    reduce(params, UINT32_MAX, input, input_data, output_data);
}
