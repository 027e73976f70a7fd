// SPDX-License-Identifier: MIT
// Stored values from one type to another, as C converts them; scales and zero points do not count.
#include "ink_kernels.h"

// Towards zero, saturated; NaN becomes 0.
static int32_t truncate(float value, int32_t min, int32_t max) {
    if (value <= (float)min) {
        return min;
    }
    if (value >= (float)max) {
        return max;
    }
    return value == value ? (int32_t)value : 0;
}

static int32_t load(uint32_t dtype, const void *data, uint32_t index) {
    return dtype == INK_DTYPE_INT8    ? ((const int8_t *)data)[index]
           : dtype == INK_DTYPE_UINT8 ? ((const uint8_t *)data)[index]
                                      : ((const int32_t *)data)[index];
}

// An 8-bit type takes the low 8 bits of a whole number.
static void store(uint32_t dtype, void *data, uint32_t index, int32_t value) {
    if (dtype == INK_DTYPE_INT32) {
        ((int32_t *)data)[index] = value;
    } else {
        ((uint8_t *)data)[index] = (uint8_t)value;
    }
}

void ink_cast(uint32_t from, const void *input, uint32_t to, void *output, uint32_t count) {
    const int32_t min = to == INK_DTYPE_INT8 ? -128 : to == INK_DTYPE_UINT8 ? 0 : INT32_MIN;
    const int32_t max = to == INK_DTYPE_INT8 ? 127 : to == INK_DTYPE_UINT8 ? 255 : INT32_MAX;
    const float *real = input;
    float *real_output = output;
    for (uint32_t i = 0; i < count; i++) {
        if (from != INK_DTYPE_FLOAT32) {
            const int32_t value = load(from, input, i);
            if (to == INK_DTYPE_FLOAT32) {
                real_output[i] = (float)value;
            } else {
                store(to, output, i, value);
            }
        } else if (to == INK_DTYPE_FLOAT32) {
            real_output[i] = real[i];
        } else {
            store(to, output, i, truncate(real[i], min, max));
        }
    }
}
