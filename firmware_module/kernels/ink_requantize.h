// SPDX-License-Identifier: MIT
// TensorFlow Lite's fixed-point arithmetic with gemmlowp's double rounding, exactly. Sums are
// unsigned, because they may wrap as two's complement does.
#ifndef INK_REQUANTIZE_H
#define INK_REQUANTIZE_H

#include <stdint.h>

// round(a * b / 2^31), halves up. Not for a and b both -2^31, which gemmlowp saturates.
static inline int32_t ink_high_multiply(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

// round(value / 2^exponent), halves away from zero; exponent 0 to 31.
static inline int32_t ink_divide_by_power(int32_t value, int32_t exponent) {
    const int32_t mask = (int32_t)((1u << exponent) - 1u);
    const int32_t threshold = (mask >> 1) + (value < 0 ? 1 : 0);
    return (value >> exponent) + ((value & mask) > threshold ? 1 : 0);
}

// sum * multiplier * 2^(shift - 31): what is shifted out to the left is lost, both roundings are
// made. multiplier 0 to 2^31 - 1, shift -31 to 31.
static inline int32_t ink_multiply(uint32_t sum, int32_t multiplier, int32_t shift) {
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    return ink_divide_by_power(ink_high_multiply((int32_t)(sum << left), multiplier), right);
}

// A multiplier and a shift made ready for many values. `left` holds 2 x, so that the product's
// upper half is what is wanted; `away` is all bits where there is a second rounding.
typedef struct {
    int32_t multiplier, half, away;
    uint32_t left, right;
} ink_scale_t;

static inline ink_scale_t ink_make_scale(int32_t multiplier, int32_t shift) {
    const uint32_t right = shift < 0 ? (uint32_t)-shift : 0;
    return (ink_scale_t){
        .multiplier = multiplier,
        .half = right > 0 ? 1 << (right - 1) : 0,
        .away = right > 0 ? -1 : 0,
        .left = shift > 0 ? (uint32_t)shift + 1 : 1,
        .right = right,
    };
}

// As ink_multiply, for values that are less than 2^31 once shifted to the left.
static inline int32_t ink_scale(int32_t value, const ink_scale_t *scale) {
    const int32_t raised = (int32_t)((uint32_t)value << scale->left);
    const int32_t high = (int32_t)(((int64_t)raised * scale->multiplier + (1LL << 31)) >> 32);
    return (high + ((high >> 31) & scale->away) + scale->half) >> scale->right;
}

static inline int32_t ink_clamp(int32_t value, int32_t min, int32_t max) {
    return value < min ? min : value > max ? max : value;
}

// The last step of every sum: to the output's scale and zero point, within the activation's range.
static inline int8_t ink_requantize(
    uint32_t sum, int32_t multiplier, int32_t shift, int32_t offset, int32_t min, int32_t max) {
    const uint32_t scaled = (uint32_t)ink_multiply(sum, multiplier, shift);
    return (int8_t)ink_clamp((int32_t)(scaled + (uint32_t)offset), min, max);
}

#endif
