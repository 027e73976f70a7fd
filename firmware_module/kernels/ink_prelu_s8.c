// SPDX-License-Identifier: MIT
// PReLU of int8: what is negative is multiplied by a second input, broadcast; the rest is looked
// up.
#include "ink_broadcast.h"
#include "ink_kernels.h"
#include "ink_requantize.h"

typedef struct {
    const int8_t *positive;
    int32_t input0_offset, input1_offset, output_offset;
    ink_scale_t negative;
} prelu_t;

static void prelu_row(const void *prelu, const int8_t *input, uint32_t input_step,
    const int8_t *slopes, uint32_t slopes_step, int8_t *output, uint32_t count) {
    const prelu_t p = *(const prelu_t *)prelu;
    for (uint32_t i = 0; i < count; i++) {
        const int32_t value = *input + p.input0_offset;
        if (value >= 0) {
            output[i] = p.positive[(uint8_t)*input];
        } else {
            const int32_t scaled = ink_scale(value * (*slopes + p.input1_offset), &p.negative);
            output[i] = (int8_t)ink_clamp(scaled + p.output_offset, -128, 127);
        }
        input += input_step;
        slopes += slopes_step;
    }
}

void ink_prelu_s8(const ink_prelu_params_t *params, const int8_t positive[256],
    const ink_tensor_t *input0, const int8_t *input0_data, const ink_tensor_t *input1,
    const int8_t *input1_data, const ink_tensor_t *output, int8_t *output_data) {
    const prelu_t prelu = {
        .positive = positive,
        .input0_offset = params->input0_offset,
        .input1_offset = params->input1_offset,
        .output_offset = params->output_offset,
        .negative = ink_make_scale(params->multiplier, params->shift),
    };
    ink_broadcast(prelu_row, &prelu, input0, input0_data, input1, input1_data, output, output_data);
}
