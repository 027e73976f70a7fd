// SPDX-License-Identifier: MIT
// One element from a real value, rounded as TensorFlow Lite's QUANTIZE does.
#include "inkling.h"

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

void ink_quantize_element(const ink_tensor_t *tensor, void *data, uint32_t index, float value) {
    if (tensor->dtype == INK_DTYPE_FLOAT32) {
        ((float *)data)[index] = value;
        return;
    }
    float quotient = value / tensor->scale;
    // NaN is the only value that is not itself; 0 x infinity and the like cannot come up
    int32_t stored = quotient != quotient ? 0 : round_half_away(quotient);
    if (tensor->dtype == INK_DTYPE_INT32) {
        ((int32_t *)data)[index] = stored;
        return;
    }
    // what is so far out that it saturates whatever the zero point
    stored = stored < -1024 ? -1024 : stored > 1024 ? 1024 : stored;
    stored += tensor->zero_point;
    int32_t min = tensor->dtype == INK_DTYPE_INT8 ? -128 : 0;
    int32_t max = min + 255;
    stored = stored < min ? min : stored > max ? max : stored;
    ((uint8_t *)data)[index] = (uint8_t)stored;
}
