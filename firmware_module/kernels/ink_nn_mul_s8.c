// SPDX-License-Identifier: MIT
// Product of two int8 tensors with as many elements, taken flat.
#include "ink_nn.h"
#include "ink_requantize.h"

ink_nn_status_t ink_nn_mul_s8(const int8_t *input_1_vect, const int8_t *input_2_vect,
    const int32_t input_1_offset, const int32_t input_2_offset, int8_t *output,
    const int32_t out_offset, const int32_t out_mult, const int32_t out_shift,
    const int32_t out_activation_min, const int32_t out_activation_max, const int32_t block_size) {
    for (int32_t i = 0; i < block_size; i++) {
        const int32_t product =
            (input_1_vect[i] + input_1_offset) * (input_2_vect[i] + input_2_offset);
        output[i] = ink_requantize((uint32_t)product, out_mult, out_shift, out_offset,
            out_activation_min, out_activation_max);
    }
    return INK_NN_SUCCESS;
}
