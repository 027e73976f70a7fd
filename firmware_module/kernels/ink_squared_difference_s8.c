// SPDX-License-Identifier: MIT
// Squares of the differences of two int8 tensors, broadcast.
#include "ink_broadcast.h"
#include "ink_kernels.h"
#include "ink_requantize.h"

typedef struct {
    ink_add_params_t params;
    ink_scale_t scale0, scale1;
} square_t;

// Inputs are 255 or less, 2^7 times that before they are scaled; both shifts are to the right.
static void square_row(const void *square, const int8_t *input0, uint32_t step0,
    const int8_t *input1, uint32_t step1, int8_t *output, uint32_t count) {
    const square_t s = *(const square_t *)square;
    const ink_add_params_t *const p = &s.params;
    int32_t right = ink_scale((*input1 + p->input1_offset) * (1 << 7), &s.scale1);
    for (uint32_t i = 0; i < count; i++) {
        const int32_t left = ink_scale((*input0 + p->input0_offset) * (1 << 7), &s.scale0);
        if (step1 != 0) {
            right = ink_scale((*input1 + p->input1_offset) * (1 << 7), &s.scale1);
        }
        const uint32_t difference = (uint32_t)(left - right);
        output[i] = ink_requantize(difference * difference, p->output_multiplier, p->output_shift,
            p->output_offset, p->act_min, p->act_max);
        input0 += step0;
        input1 += step1;
    }
}

void ink_squared_difference_s8(const ink_add_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data) {
    const square_t square = {
        .params = *params,
        .scale0 = ink_make_scale(params->input0_multiplier, params->input0_shift),
        .scale1 = ink_make_scale(params->input1_multiplier, params->input1_shift),
    };
    ink_broadcast(
        square_row, &square, input0, input0_data, input1, input1_data, output, output_data);
}
