// SPDX-License-Identifier: MIT
// Softmax, int8, in gemmlowp's fixed point: a value in Qm is raw / 2^(31 - m).
#include "arm_nnfunctions.h"
#include "ink_requantize.h"

// Sums of exponentials are kept in Q12.
#define SUM_BITS 12

static int32_t add(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static int32_t shift_left_saturating(int32_t value, int32_t bits) {
    const int32_t limit = (int32_t)((1u << (31 - bits)) - 1u);
    if (value > limit) {
        return INT32_MAX;
    }
    if (value < -limit) {
        return INT32_MIN;
    }
    return (int32_t)((uint32_t)value << bits);
}

// exp(a) in Q0 of a in [-1/4, 0) in Q0: a Taylor series around -1/8.
static int32_t exp_within_a_quarter(int32_t a) {
    const int32_t exp_of_minus_eighth = 1895147668;
    const int32_t third = 715827883;
    const int32_t x = add(a, 1 << 28);
    const int32_t x2 = ink_high_multiply(x, x);
    const int32_t x3 = ink_high_multiply(x2, x);
    const int32_t x4_over_4 = ink_divide_by_power(ink_high_multiply(x2, x2), 2);
    const int32_t tail =
        ink_divide_by_power(add(ink_high_multiply(add(x4_over_4, x3), third), x2), 1);
    return add(exp_of_minus_eighth, ink_high_multiply(exp_of_minus_eighth, add(x, tail)));
}

// exp(x) in Q0 of x <= 0 in Q5: the quarter's remainder by the series, the rest by its bits.
static int32_t exp_on_negative_values(int32_t x) {
    // exp(-2^k) in Q0, for k from -2
    static const int32_t exp_of_minus_powers[] = {
        1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t quarter = 1 << 24;
    if (x == 0) {
        return INT32_MAX;
    }
    const int32_t remainder = add(x & (quarter - 1), -quarter);
    const uint32_t rest = (uint32_t)remainder - (uint32_t)x;
    int32_t result = exp_within_a_quarter(shift_left_saturating(remainder, 5));
    for (uint32_t i = 0; i < 7; i++) {
        if (rest >> (24 + i) & 1) {
            result = ink_high_multiply(result, exp_of_minus_powers[i]);
        }
    }
    return result;
}

// 1 / (1 + a) in Q0 of a in [0, 1) in Q0: three steps of Newton and Raphson, in Q2.
static int32_t one_over_one_plus(int32_t a) {
    const int32_t half_denominator = (int32_t)(((uint32_t)a + (1u << 31)) >> 1);
    // 48/17 - 32/17 d
    int32_t x = add(ink_high_multiply(half_denominator, -1010580540), 1515870810);
    for (int32_t i = 0; i < 3; i++) {
        const int32_t error = add(1 << 29, -ink_high_multiply(half_denominator, x));
        x = add(x, shift_left_saturating(ink_high_multiply(x, error), 2));
    }
    return shift_left_saturating(x, 1);
}

static int32_t leading_zeros(uint32_t value) {
    return value == 0 ? 32 : __builtin_clz(value);
}

void arm_softmax_s8(const int8_t *input, const int32_t num_rows, const int32_t row_size,
    const int32_t mult, const int32_t shift, const int32_t diff_min, int8_t *output) {
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
                sum += (uint32_t)ink_divide_by_power(exp_on_negative_values(scaled), SUM_BITS);
            }
        }
        const int32_t zeros = leading_zeros(sum);
        const uint32_t normalized = zeros < 32 ? sum << zeros : 0;
        const int32_t reciprocal = one_over_one_plus((int32_t)(normalized - (1u << 31)));
        // undoes the normalization, and brings Q0 to 1/256
        const int32_t exponent = SUM_BITS - zeros + 31 - 8;
        for (int32_t i = 0; i < row_size; i++) {
            const int32_t difference = input[i] - max;
            int32_t quotient = 0;
            // a sum of 512 or more makes every result round to 0
            if (difference >= diff_min && exponent <= 31) {
                const int32_t scaled = ink_multiply((uint32_t)difference, mult, shift);
                quotient = ink_divide_by_power(
                    ink_high_multiply(reciprocal, exp_on_negative_values(scaled)), exponent);
            }
            output[i] = (int8_t)ink_clamp(quotient - 128, -128, 127);
        }
        input += row_size;
        output += row_size;
    }
}
