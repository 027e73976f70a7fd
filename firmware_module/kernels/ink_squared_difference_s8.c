// SPDX-License-Identifier: MIT
// Squares of the differences of two int8 tensors, broadcast.
#include "ink_broadcast.h"
#include "ink_kernels.h"
#include "ink_requantize.h"

static void square_row(const void *row_params, const int8_t *input0, uint32_t step0,
    const int8_t *input1, uint32_t step1, int8_t *output, uint32_t count) {
    const ink_add_params_t *params = row_params;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t left = (uint32_t)(input0[i * step0] + params->input0_offset);
        const uint32_t right = (uint32_t)(input1[i * step1] + params->input1_offset);
        const uint32_t difference = (uint32_t)ink_multiply(left << params->left_shift,
                                        params->input0_multiplier, params->input0_shift) -
                                    (uint32_t)ink_multiply(right << params->left_shift,
                                        params->input1_multiplier, params->input1_shift);
        output[i] = ink_requantize(difference * difference, params->output_multiplier,
            params->output_shift, params->output_offset, params->act_min, params->act_max);
    }
}

void ink_squared_difference_s8(const ink_add_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data) {
    ink_broadcast(
        square_row, params, input0, input0_data, input1, input1_data, output, output_data);
}
