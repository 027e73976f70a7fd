// SPDX-License-Identifier: MIT
// Exponential and reciprocal in gemmlowp's fixed point.
#include "ink_fixed_point.h"

#include "ink_requantize.h"

// exp(a) in Q0 of a in [-1/4, 0) in Q0: a Taylor series around -1/8.
static int32_t exp_within_a_quarter(int32_t a) {
    const int32_t exp_of_minus_eighth = 1895147668;
    const int32_t third = 715827883;
    const int32_t x = ink_wrapping_add(a, 1 << 28);
    const int32_t x2 = ink_high_multiply(x, x);
    const int32_t x3 = ink_high_multiply(x2, x);
    const int32_t x4_over_4 = ink_divide_by_power(ink_high_multiply(x2, x2), 2);
    const int32_t tail = ink_divide_by_power(
        ink_wrapping_add(ink_high_multiply(ink_wrapping_add(x4_over_4, x3), third), x2), 1);
    return ink_wrapping_add(
        exp_of_minus_eighth, ink_high_multiply(exp_of_minus_eighth, ink_wrapping_add(x, tail)));
}

// The quarter's remainder by the series, the rest by its bits.
int32_t ink_exp_on_negative_values(int32_t x) {
    // exp(-2^k) in Q0, for k from -2
    static const int32_t exp_of_minus_powers[] = {
        1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t quarter = 1 << 24;
    if (x == 0) {
        return INT32_MAX;
    }
    const int32_t remainder = ink_wrapping_add(x & (quarter - 1), -quarter);
    const uint32_t rest = (uint32_t)remainder - (uint32_t)x;
    int32_t result = exp_within_a_quarter(ink_shift_left_saturating(remainder, 5));
    for (uint32_t i = 0; i < 7; i++) {
        if (rest >> (24 + i) & 1) {
            result = ink_high_multiply(result, exp_of_minus_powers[i]);
        }
    }
    return result;
}

// Three steps of Newton and Raphson, in Q2.
int32_t ink_one_over_one_plus(int32_t a) {
    const int32_t half_denominator = (int32_t)(((uint32_t)a + (1u << 31)) >> 1);
    // 48/17 - 32/17 d
    int32_t x = ink_wrapping_add(ink_high_multiply(half_denominator, -1010580540), 1515870810);
    for (int32_t i = 0; i < 3; i++) {
        const int32_t error = ink_wrapping_add(1 << 29, -ink_high_multiply(half_denominator, x));
        x = ink_wrapping_add(x, ink_shift_left_saturating(ink_high_multiply(x, error), 2));
    }
    return ink_shift_left_saturating(x, 1);
}
