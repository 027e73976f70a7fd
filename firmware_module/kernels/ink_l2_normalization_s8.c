// SPDX-License-Identifier: MIT
// Rows of int8 divided by their lengths, in gemmlowp's fixed point.
#include "ink_fixed_point.h"
#include "ink_kernels.h"
#include "ink_requantize.h"
#include "ink_rest.h"

// Results are in 1/128.
#define OUTPUT_BITS 7

// Multiplier and shift, as ink_multiply() takes them, of 1 / sqrt(sum): five steps of Newton and
// Raphson in Q3 on a sum that is brought between 2^27 and 2^29. 0 counts as 1.
static int32_t inverse_root(int32_t sum, int32_t *shift) {
    if (sum <= 1) {
        *shift = 0;
        return INT32_MAX;
    }
    const int32_t half_three = (1 << 28) + (1 << 27);
    const int32_t half_root_2 = 1518500250;
    int32_t right = 11;
    while (sum >= 1 << 29) {
        sum >>= 2;
        right += 1;
    }
    const int32_t pairs = (ink_leading_zeros((uint32_t)sum) - 1) / 2 - 1;
    right -= pairs;
    const int32_t value = sum << (2 * pairs) >> 1;
    const int32_t half = ink_divide_by_power(value, 1);
    int32_t x = 1 << 28;
    for (int32_t i = 0; i < 5; i++) {
        // products of Q3 are in Q6, and of that and Q3 in Q9
        const int32_t cube =
            ink_shift_left_saturating(ink_high_multiply(ink_high_multiply(x, x), x), 6);
        x = ink_shift_left_saturating(
            ink_wrapping_add(ink_high_multiply(half_three, x), -ink_high_multiply(half, cube)), 3);
    }
    x = ink_high_multiply(x, half_root_2);
    if (right < 0) {
        x <<= -right;
        right = 0;
    }
    *shift = -right;
    return x;
}

void ink_l2_normalization_s8(const ink_l2_normalization_params_t *params, const int8_t *input,
    uint32_t rows, uint32_t length, int8_t *output) {
    const int32_t offset = params->input_offset;
    uint32_t done = 0;
    for (; rows > 0; rows--) {
        int32_t sum = 0;
        for (uint32_t i = 0; i < length; i++) {
            const int32_t value = input[i] + offset;
            sum += value * value;
        }
        int32_t shift;
        const int32_t multiplier = inverse_root(sum, &shift);
        for (uint32_t i = 0; i < length; i++) {
            const uint32_t value = (uint32_t)(input[i] + offset);
            output[i] = ink_requantize(value, multiplier, shift + OUTPUT_BITS, 0, -128, 127);
            ink_rest_within(i);
        }
        input += length;
        output += length;
        done = ink_rest_after(done, length);
    }
}
