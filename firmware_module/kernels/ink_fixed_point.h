// SPDX-License-Identifier: MIT
// gemmlowp's fixed point, bit for bit: a value in Qm is raw / 2^(31 - m).
#ifndef INK_FIXED_POINT_H
#define INK_FIXED_POINT_H

#include <stdint.h>

static inline int32_t ink_wrapping_add(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

// value * 2^bits, saturated as gemmlowp does: one early below zero; bits 0 to 31.
static inline int32_t ink_shift_left_saturating(int32_t value, int32_t bits) {
    const int32_t limit = (int32_t)((1u << (31 - bits)) - 1u);
    if (value > limit) {
        return INT32_MAX;
    }
    if (value < -limit) {
        return INT32_MIN;
    }
    return (int32_t)((uint32_t)value << bits);
}

static inline int32_t ink_leading_zeros(uint32_t value) {
    return value == 0 ? 32 : __builtin_clz(value);
}

// exp(x) in Q0 of x <= 0 in Q5.
int32_t ink_exp_on_negative_values(int32_t x);

// 1 / (1 + a) in Q0 of a in [0, 1) in Q0.
int32_t ink_one_over_one_plus(int32_t a);

#endif
