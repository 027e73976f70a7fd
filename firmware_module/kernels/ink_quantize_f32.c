// SPDX-License-Identifier: MIT
// float32 to int8 or uint8.
#include "ink_kernels.h"
#include "inkling.h"

void ink_quantize_f32(
    const ink_tensor_t *output, const float *input_data, void *output_data, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        ink_quantize_element(output, output_data, i, input_data[i]);
    }
}
