// SPDX-License-Identifier: MIT
// Softmax, int8, in gemmlowp's fixed point.
#include "ink_fixed_point.h"
#include "ink_nn.h"
#include "ink_requantize.h"
#include "ink_rest.h"

// Sums of exponentials are kept in Q12.
#define SUM_BITS 12

void ink_nn_softmax_s8(const int8_t *input, const int32_t num_rows, const int32_t row_size,
    const int32_t mult, const int32_t shift, const int32_t diff_min, int8_t *output) {
    uint32_t done = 0;
    for (int32_t row = 0; row < num_rows; row++) {
        int32_t max = -128;
        for (int32_t i = 0; i < row_size; i++) {
            max = input[i] > max ? input[i] : max;
        }
        uint32_t sum = 0;
        for (int32_t i = 0; i < row_size; i++) {
            const int32_t difference = input[i] - max;
            if (difference >= diff_min) {
                const int32_t scaled = ink_multiply((uint32_t)difference, mult, shift);
                sum += (uint32_t)ink_divide_by_power(ink_exp_on_negative_values(scaled), SUM_BITS);
            }
            ink_rest_within((uint32_t)i);
        }
        const int32_t zeros = ink_leading_zeros(sum);
        const uint32_t normalized = zeros < 32 ? sum << zeros : 0;
        const int32_t reciprocal = ink_one_over_one_plus((int32_t)(normalized - (1u << 31)));
        // undoes the normalization, and brings Q0 to 1/256
        const int32_t exponent = SUM_BITS - zeros + 31 - 8;
        for (int32_t i = 0; i < row_size; i++) {
            const int32_t difference = input[i] - max;
            int32_t quotient = 0;
            // a sum of 512 or more makes every result round to 0
            if (difference >= diff_min && exponent <= 31) {
                const int32_t scaled = ink_multiply((uint32_t)difference, mult, shift);
                quotient = ink_divide_by_power(
                    ink_high_multiply(reciprocal, ink_exp_on_negative_values(scaled)), exponent);
            }
            output[i] = (int8_t)ink_clamp(quotient - 128, -128, 127);
            ink_rest_within((uint32_t)i);
        }
        input += row_size;
        done = ink_rest_after(done, 8 * (uint32_t)row_size);
        output += row_size;
    }
}
