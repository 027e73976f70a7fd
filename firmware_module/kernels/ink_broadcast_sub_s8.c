// SPDX-License-Identifier: MIT
// Difference of two int8 tensors, broadcast: input1 taken from input0.
#include "ink_broadcast.h"
#include "ink_kernels.h"
#include "ink_requantize.h"

static void subtract_row(const void *row_params, const int8_t *input0, uint32_t step0,
    const int8_t *input1, uint32_t step1, int8_t *output, uint32_t count) {
    const ink_add_params_t *params = row_params;
    for (uint32_t i = 0; i < count; ++i) {
        const uint32_t value0 = (uint32_t)(input0[i * step0] + params->input0_offset)
                                << params->left_shift;
        const uint32_t value1 = (uint32_t)(input1[i * step1] + params->input1_offset)
                                << params->left_shift;
        const int32_t part0 = ink_multiply(value0, params->input0_multiplier, params->input0_shift);
        const int32_t part1 = ink_multiply(value1, params->input1_multiplier, params->input1_shift);
        output[i] = ink_requantize((uint32_t)part0 - (uint32_t)part1, params->output_multiplier,
            params->output_shift, params->output_offset, params->act_min, params->act_max);
    }
}

void ink_broadcast_sub_s8(const ink_add_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data) {
    ink_broadcast(
        subtract_row, params, input0, input0_data, input1, input1_data, output, output_data);
}
