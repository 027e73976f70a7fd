// SPDX-License-Identifier: MIT
// Sum and difference of two int8 tensors, broadcast.
#include "ink_broadcast.h"
#include "ink_kernels.h"
#include "ink_requantize.h"

typedef struct {
    int32_t offset0, offset1, output_offset, act_min, act_max;
    int32_t sign; // of input 1
    uint32_t left_shift;
    ink_scale_t scale0, scale1, output_scale;
} add_t;

// Inputs are 255 or less, 2^20 times that before they are scaled, and no shift is to the left: the
// sum is below 2^29.
static void add_row(const void *row_params, const int8_t *input0, uint32_t step0,
    const int8_t *input1, uint32_t step1, int8_t *output, uint32_t count) {
    const add_t a = *(const add_t *)row_params;
    const int32_t one = (int32_t)(1u << a.left_shift);
    int32_t part1 = a.sign * ink_scale((*input1 + a.offset1) * one, &a.scale1);
    for (uint32_t i = 0; i < count; i++) {
        const int32_t part0 = ink_scale((*input0 + a.offset0) * one, &a.scale0);
        if (step1 != 0) {
            part1 = a.sign * ink_scale((*input1 + a.offset1) * one, &a.scale1);
        }
        const int32_t scaled = ink_scale(part0 + part1, &a.output_scale);
        output[i] = (int8_t)ink_clamp(scaled + a.output_offset, a.act_min, a.act_max);
        input0 += step0;
        input1 += step1;
    }
}

static add_t prepare(const ink_add_params_t *params, int32_t sign) {
    return (add_t){
        .offset0 = params->input0_offset,
        .offset1 = params->input1_offset,
        .output_offset = params->output_offset,
        .act_min = params->act_min,
        .act_max = params->act_max,
        .sign = sign,
        .left_shift = (uint32_t)params->left_shift,
        .scale0 = ink_make_scale(params->input0_multiplier, params->input0_shift),
        .scale1 = ink_make_scale(params->input1_multiplier, params->input1_shift),
        .output_scale = ink_make_scale(params->output_multiplier, params->output_shift),
    };
}

void ink_broadcast_add_s8(const ink_add_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data) {
    const add_t add = prepare(params, 1);
    ink_broadcast(add_row, &add, input0, input0_data, input1, input1_data, output, output_data);
}

void ink_broadcast_sub_s8(const ink_add_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data) {
    const add_t add = prepare(params, -1);
    ink_broadcast(add_row, &add, input0, input0_data, input1, input1_data, output, output_data);
}
