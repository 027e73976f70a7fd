// SPDX-License-Identifier: MIT
// Logarithm of the softmax, int8, in gemmlowp's fixed point.
#include "ink_fixed_point.h"
#include "ink_kernels.h"
#include "ink_requantize.h"
#include "ink_rest.h"

// Sums of exponentials are kept in Q12, logarithms and differences in Q5, results in Q4.
#define SUM_BITS 12
#define LOG_BITS 5
#define OUTPUT_BITS 4

// log(x) in Q5 of x >= 1 in Q12. With x = r * 2^power, the power and r, between sqrt(1/2) and 1,
// are found in two ways, from x and from x * sqrt(1/2), and the greater power is taken. log(r) is a
// quotient of polynomials around (1/2)^(1/4).
static int32_t log_of_sum(int32_t x) {
    const int32_t log_of_2 = 1488522236;
    const int32_t sqrt_half = 1518500250;
    const int32_t center = 1805811301;
    const int32_t alpha_n = 117049297;
    const int32_t alpha_d = 127690142;
    const int32_t alpha_i = 1057819769;
    const int32_t alpha_f = 638450708;
    const int32_t power_one = 1 << (31 - LOG_BITS - 1); // powers are in Q6

    const int32_t a_zeros = ink_leading_zeros((uint32_t)x);
    const int32_t a = ink_high_multiply((int32_t)((uint32_t)x << (a_zeros - 1)), sqrt_half);
    const int32_t a_power = (SUM_BITS - a_zeros) * power_one + power_one / 4;
    const int32_t b_zeros = ink_leading_zeros((uint32_t)ink_high_multiply(x, sqrt_half)) - 1;
    const int32_t b_power = (SUM_BITS - b_zeros) * power_one - power_one / 4;
    const int32_t power = a_power > b_power ? a_power : b_power;
    const int32_t r_of_a = ink_shift_left_saturating(a, 1);
    const int32_t r_of_b = ink_shift_left_saturating(x, b_zeros);
    const int32_t r = r_of_a < r_of_b ? r_of_a : r_of_b;

    const int32_t p = (int32_t)(((uint32_t)r + (uint32_t)center + 1u) >> 1);
    const int32_t q = (int32_t)(((uint32_t)r - (uint32_t)center) * 2u);
    const int32_t square = ink_high_multiply(q, q);
    const int32_t numerator = ink_wrapping_add(
        ink_high_multiply(q, r), ink_high_multiply(ink_high_multiply(q, square), alpha_n));
    const int32_t inner =
        ink_wrapping_add(ink_wrapping_add(alpha_i, q), ink_high_multiply(alpha_d, square));
    const int32_t denominator =
        ink_wrapping_add(ink_high_multiply(p, inner), ink_high_multiply(alpha_f, q));
    const int32_t log_of_r = ink_high_multiply(
        ink_divide_by_power(numerator, LOG_BITS + 1), ink_one_over_one_plus(denominator));
    return ink_shift_left_saturating(
        ink_wrapping_add(ink_high_multiply(power, log_of_2), log_of_r), 1);
}

void ink_log_softmax_s8(const ink_log_softmax_params_t *params, const int8_t *input, uint32_t rows,
    uint32_t length, int8_t *output) {
    const int32_t multiplier = params->multiplier;
    const int32_t shift = params->shift;
    uint32_t done = 0;
    for (; rows > 0; rows--) {
        int32_t max = -128;
        for (uint32_t i = 0; i < length; i++) {
            max = input[i] > max ? input[i] : max;
        }
        uint32_t sum = 0;
        for (uint32_t i = 0; i < length; i++) {
            const int32_t difference = input[i] - max;
            if (difference >= params->diff_min) {
                const int32_t scaled = ink_multiply((uint32_t)difference, multiplier, shift);
                sum += (uint32_t)ink_divide_by_power(ink_exp_on_negative_values(scaled), SUM_BITS);
            }
            ink_rest_within(i);
        }
        const int32_t log = log_of_sum((int32_t)sum);
        // the least difference whose result Q5 can hold; those below become the least result
        const int32_t least = ink_multiply(
            (uint32_t)log + (1u << 31), params->reverse_multiplier, params->reverse_shift);
        const int32_t above = least > params->diff_min - 1 ? least : params->diff_min - 1;
        for (uint32_t i = 0; i < length; i++) {
            const int32_t difference = input[i] - max;
            int32_t result = -128;
            if (difference > above) {
                const uint32_t scaled =
                    (uint32_t)ink_multiply((uint32_t)difference, multiplier, shift);
                result = ink_divide_by_power(
                             (int32_t)(scaled - (uint32_t)log), 31 - LOG_BITS - OUTPUT_BITS) +
                         127;
            }
            output[i] = (int8_t)ink_clamp(result, -128, 127);
            ink_rest_within(i);
        }
        input += length;
        output += length;
        done = ink_rest_after(done, 8 * length);
    }
}
