// SPDX-License-Identifier: MIT
// One element from a real value, rounded as TensorFlow Lite's QUANTIZE does.
#include "inkling.h"
#include "kernels/ink_kernels.h"

#if INK_WIDE
// Half away from zero, saturated.
static int32_t round_half_away(float value) {
    if (value >= 2147483648.0f) {
        return INT32_MAX;
    }
    if (value <= -2147483648.0f) {
        return INT32_MIN;
    }
    int32_t whole = (int32_t)value;
    float rest = value - (float)whole;
    return rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole;
}
#endif

void ink_quantize_element(const ink_tensor_t *tensor, void *data, uint32_t index, float value) {
#if INK_WIDE
    if (tensor->dtype == INK_DTYPE_FLOAT32) {
        ((float *)data)[index] = value;
        return;
    }
    if (tensor->dtype == INK_DTYPE_INT32) {
        // NaN is the only value that is not itself
        ((int32_t *)data)[index] = value != value ? 0 : round_half_away(value / tensor->scale);
        return;
    }
#endif
    ink_quantize_f32(tensor, &value, (uint8_t *)data + index, 1);
}
