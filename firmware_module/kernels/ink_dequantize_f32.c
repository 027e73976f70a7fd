// SPDX-License-Identifier: MIT
// int8 or uint8 to float32; float32 and int32 as they are.
#include <string.h>

#include "ink_copy_bytes.h"
#include "ink_kernels.h"
#include "runtime/ink_small.h"

void ink_dequantize_f32(
    const ink_tensor_t *input, const void *input_data, float *output_data, uint32_t count) {
    if (INK_WIDE && input->dtype >= INK_DTYPE_FLOAT32) {
#ifdef __OPTIMIZE_SIZE__
        memcpy(output_data, input_data, count * sizeof(*output_data));
#else
        ink_copy_bytes(output_data, input_data, count * sizeof(*output_data));
#endif
        return;
    }
    const uint8_t *stored = input_data;
    // an int8 is its byte with the sign flipped, less 128
    const int32_t flip = input->dtype == INK_DTYPE_INT8 ? 128 : 0;
    const int32_t zero = flip + input->zero_point;
    const float scale = input->scale;
    for (uint32_t i = 0; i < count; i++) {
        output_data[i] = scale * (float)((stored[i] ^ flip) - zero);
    }
}
