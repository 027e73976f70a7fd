// SPDX-License-Identifier: MIT
// int8 or uint8 to float32.
#include "ink_kernels.h"
#include "inkling.h"

void ink_dequantize_f32(
    const ink_tensor_t *input, const void *input_data, float *output_data, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
        output_data[i] = ink_dequantize_element(input, input_data, i);
    }
}
