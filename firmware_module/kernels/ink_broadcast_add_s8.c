// SPDX-License-Identifier: MIT
// Sum and difference of two int8 tensors, broadcast.
#include "ink_broadcast.h"
#include "ink_kernels.h"
#include "ink_requantize.h"

typedef struct {
    const ink_add_params_t *params;
    uint32_t sign; // what input 1 is multiplied by: 1, or -1 modulo 2^32
} add_t;

static void add_row(const void *row_params, const int8_t *input0, uint32_t step0,
    const int8_t *input1, uint32_t step1, int8_t *output, uint32_t count) {
    const add_t *add = row_params;
    const ink_add_params_t *params = add->params;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t value0 = (uint32_t)(input0[i * step0] + params->input0_offset)
                                << params->left_shift;
        const uint32_t value1 = (uint32_t)(input1[i * step1] + params->input1_offset)
                                << params->left_shift;
        const int32_t part0 = ink_multiply(value0, params->input0_multiplier, params->input0_shift);
        const int32_t part1 = ink_multiply(value1, params->input1_multiplier, params->input1_shift);
        const uint32_t sum = (uint32_t)part0 + add->sign * (uint32_t)part1;
        output[i] = ink_requantize(sum, params->output_multiplier, params->output_shift,
            params->output_offset, params->act_min, params->act_max);
    }
}

void ink_broadcast_add_s8(const ink_add_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data) {
    const add_t add = {params, 1u};
    ink_broadcast(add_row, &add, input0, input0_data, input1, input1_data, output, output_data);
}

void ink_broadcast_sub_s8(const ink_add_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data) {
    const add_t add = {params, UINT32_MAX};
    ink_broadcast(add_row, &add, input0, input0_data, input1, input1_data, output, output_data);
}
