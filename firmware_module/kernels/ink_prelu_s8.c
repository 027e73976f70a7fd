// SPDX-License-Identifier: MIT
// PReLU of int8: what is negative is multiplied by a second input, broadcast; the rest is looked
// up.
#include "ink_broadcast.h"
#include "ink_kernels.h"

typedef struct {
    const int8_t *positive;
    int32_t input0_offset, input1_offset, output_offset, multiplier;
    uint32_t left, right;
    int32_t half, away;
} prelu_t;

static void prelu_row(const void *prelu, const int8_t *input, uint32_t input_step,
    const int8_t *slopes, uint32_t slopes_step, int8_t *output, uint32_t count) {
    const prelu_t p = *(const prelu_t *)prelu;
    for (uint32_t i = 0; i < count; i++) {
        const int32_t value = *input + p.input0_offset;
        if (value >= 0) {
            output[i] = p.positive[(uint8_t)*input];
        } else {
            // as ink_multiply: the shift to the left holds 2 x, and nothing is lost by it
            const int32_t product = value * (*slopes + p.input1_offset);
            const int32_t raised = (int32_t)((uint32_t)product << p.left);
            const int32_t high = (int32_t)(((int64_t)raised * p.multiplier + (1LL << 31)) >> 32);
            int32_t scaled = (high + ((high >> 31) & p.away) + p.half) >> p.right;
            scaled += p.output_offset;
            scaled = scaled > 127 ? 127 : scaled;
            output[i] = (int8_t)(scaled < -128 ? -128 : scaled);
        }
        input += input_step;
        slopes += slopes_step;
    }
}

void ink_prelu_s8(const ink_prelu_params_t *params, const int8_t positive[256],
    const ink_tensor_t *input0, const int8_t *input0_data, const ink_tensor_t *input1,
    const int8_t *input1_data, const ink_tensor_t *output, int8_t *output_data) {
    const int32_t shift = params->shift;
    const uint32_t right = shift < 0 ? (uint32_t)-shift : 0;
    const prelu_t prelu = {
        .positive = positive,
        .input0_offset = params->input0_offset,
        .input1_offset = params->input1_offset,
        .output_offset = params->output_offset,
        .multiplier = params->multiplier,
        .left = shift > 0 ? (uint32_t)shift + 1 : 1,
        .right = right,
        .half = right > 0 ? 1 << (right - 1) : 0,
        .away = right > 0 ? -1 : 0,
    };
    ink_broadcast(prelu_row, &prelu, input0, input0_data, input1, input1_data, output, output_data);
}
