// SPDX-License-Identifier: MIT
// float32 to int8 or uint8: divided, rounded half away from zero, saturated, NaN to the zero point.
#include <string.h>

#include "ink_kernels.h"
#include "ink_simd.h"

// a quotient of 1024 saturates whatever the zero point
#define MOST_HALVES 2047

// How many halves a quotient has, cut towards zero and to +-2048; none where it is NaN.
static inline int32_t halves(float quotient) {
#if defined(__ARM_FP) && (__ARM_FP & 4) && defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
    // to fixed point with one bit behind the point: the FPU saturates, and makes 0 of NaN
    int32_t result;
    __asm("vcvt.s32.f32 %0, %0, #1" : "+t"(quotient));
    memcpy(&result, &quotient, sizeof(result));
    __asm("ssat %0, #12, %0" : "+r"(result));
    return result;
#else
    if (quotient != quotient) {
        return 0;
    }
    const float most = 0.5f * MOST_HALVES;
    float bound = quotient > most ? most : quotient < -most ? -most : quotient;
    return (int32_t)(2.0f * bound);
#endif
}

// `twice` / 2 + `offset` / 2, cut to where a quotient of so many halves is rounded to, saturated.
static inline uint8_t rounded(int32_t twice, int32_t offset, int32_t flip) {
    int32_t sum = twice + (twice >> 31) + offset;
    return (uint8_t)(ink_saturate_s8(sum >> 1) ^ flip);
}

void ink_quantize_f32(
    const ink_tensor_t *output, const float *input_data, void *output_data, uint32_t count) {
    // a uint8 is an int8 plus 128, which is its byte with the sign flipped
    const int32_t flip = output->dtype == INK_DTYPE_UINT8 ? 128 : 0;
    // twice the zero point, and the half that rounds
    const int32_t offset = 2 * (output->zero_point - flip) + 1;
    const float scale = output->scale;
    uint8_t *stored = output_data;
    uint32_t i = 0;
#ifndef __OPTIMIZE_SIZE__
    // two at a time: the FPU divides while the core rounds
    for (; i + 2 <= count; i += 2) {
        int32_t first = halves(input_data[i] / scale);
        int32_t second = halves(input_data[i + 1] / scale);
        stored[i] = rounded(first, offset, flip);
        stored[i + 1] = rounded(second, offset, flip);
    }
#endif
    for (; i < count; i++) {
        stored[i] = rounded(halves(input_data[i] / scale), offset, flip);
    }
}
