// SPDX-License-Identifier: MIT
// Sum of two int8 tensors with as many elements, taken flat.
#include "ink_nn.h"
#include "ink_requantize.h"

ink_nn_status_t ink_nn_add_s8(const int8_t *input_1_vect, const int8_t *input_2_vect,
    const int32_t input_1_offset, const int32_t input_1_mult, const int32_t input_1_shift,
    const int32_t input_2_offset, const int32_t input_2_mult, const int32_t input_2_shift,
    const int32_t left_shift, int8_t *output, const int32_t out_offset, const int32_t out_mult,
    const int32_t out_shift, const int32_t out_activation_min, const int32_t out_activation_max,
    const int32_t block_size) {
    for (int32_t i = 0; i < block_size; i++) {
        const uint32_t value1 = (uint32_t)(input_1_vect[i] + input_1_offset) << left_shift;
        const uint32_t value2 = (uint32_t)(input_2_vect[i] + input_2_offset) << left_shift;
        const uint32_t sum = (uint32_t)ink_multiply(value1, input_1_mult, input_1_shift) +
                             (uint32_t)ink_multiply(value2, input_2_mult, input_2_shift);
        output[i] = ink_requantize(
            sum, out_mult, out_shift, out_offset, out_activation_min, out_activation_max);
    }
    return INK_NN_SUCCESS;
}
