// SPDX-License-Identifier: MIT
// What the packed kernels share: requantization by a record, and the activation's bounds.
#ifndef INK_PACKED_COMMON_H
#define INK_PACKED_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ink_packed.h"

// How an output channel is requantized: (acc * multiplier, rounded) / 2^shift, rounded, for a shift
// to the right of 1 to 31. host_tools/kernels/requantization.py says why this is exact.
typedef struct {
    int32_t multiplier; // 2 x TensorFlow Lite's, wrapped to 32 bits
    int32_t scale;      // -2^(32 - shift), or above 0: 1 + a shift to the left
} ink_requantize_t;

static inline int32_t read_word(const void *at) {
    int32_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

// The last 1 to 3 bytes of a row, filled up with 0.
static inline int32_t read_some(const int8_t *from, int32_t count) {
    uint32_t bytes = (uint8_t)from[0];
    if (count > 1) {
        bytes |= (uint32_t)(uint8_t)from[1] << 8;
    }
    if (count > 2) {
        bytes |= (uint32_t)(uint8_t)from[2] << 16;
    }
    return (int32_t)bytes;
}

#if INK_HAVE_DSP

// Assembly reads its parameters by their place in the struct.
#define INK_FIELD_AT(type, field, offset)                                                          \
    _Static_assert(offsetof(type, field) == (offset), "assembly reads " #field " there")

INK_FIELD_AT(ink_requantize_t, multiplier, 0);
INK_FIELD_AT(ink_requantize_t, scale, 4);

static inline int32_t multiply_high_round_add(int32_t value, int32_t multiplier, int32_t addend) {
    int32_t result;
    __asm("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(value), "r"(multiplier), "r"(addend));
    return result;
}

// accumulator + the products of both halves
static inline int32_t multiply_add_pair(int32_t left, int32_t right, int32_t accumulator) {
    int32_t result;
    __asm("smlad %0, %1, %2, %3" : "=r"(result) : "r"(left), "r"(right), "r"(accumulator));
    return result;
}

static inline int32_t saturate_s8(int32_t value) {
    int32_t result;
    __asm("ssat %0, #8, %1" : "=r"(result) : "r"(value));
    return result;
}

static inline int32_t saturate_s16(int32_t value) {
    int32_t result;
    __asm("ssat %0, #16, %1" : "=r"(result) : "r"(value));
    return result;
}

static inline int32_t multiply_high_round_subtract(int32_t value, int32_t scale, int32_t from) {
    int32_t result;
    __asm("smmlsr %0, %1, %2, %3" : "=r"(result) : "r"(value), "r"(scale), "r"(from));
    return result;
}

// Bytes 0 and 2, and bytes 1 and 3, as pairs of int16.
static inline int32_t widen_even(int32_t bytes) {
    int32_t result;
    __asm("sxtb16 %0, %1" : "=r"(result) : "r"(bytes));
    return result;
}

static inline int32_t widen_odd(int32_t bytes) {
    int32_t result;
    __asm("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(bytes));
    return result;
}

// The low halves of both, `high` in the upper half.
static inline int32_t pack_pair(int32_t low, int32_t high) {
    int32_t result;
    __asm("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(low), "r"(high));
    return result;
}

// A pair of output channels or units: 256 x A + B, and B.
typedef struct {
    int32_t sum, b;
} ink_pair_t;

// Adds 4 taps: inputs 0 and 2, and 1 and 3, as pairs; a word of weights for each.
static inline ink_pair_t add_group(
    ink_pair_t pair, int32_t even, int32_t odd, int32_t even_taps, int32_t odd_taps) {
    pair.sum = multiply_add_pair(even_taps, even, pair.sum);
    pair.b = multiply_add_pair(widen_even(even_taps), even, pair.b);
    pair.sum = multiply_add_pair(odd_taps, odd, pair.sum);
    pair.b = multiply_add_pair(widen_even(odd_taps), odd, pair.b);
    return pair;
}

static inline int32_t first_of(ink_pair_t pair) {
    return (int32_t)((uint32_t)pair.sum - (uint32_t)pair.b) >> 8;
}

static inline void store_pair(int32_t *to, int32_t first, int32_t second) {
    __asm("strd %1, %2, %0" : "=Q"(*(int64_t *)to) : "r"(first), "r"(second));
}

#else

static inline int32_t multiply_high_round_add(int32_t value, int32_t multiplier, int32_t addend) {
    uint64_t product = (uint64_t)((int64_t)value * multiplier);
    return (int32_t)((((uint64_t)(uint32_t)addend << 32) + product + 0x80000000u) >> 32);
}

static inline int32_t saturate_s8(int32_t value) {
    return value < -128 ? -128 : value > 127 ? 127 : value;
}

static inline int32_t saturate_s16(int32_t value) {
    return value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value;
}

static inline int32_t multiply_high_round_subtract(int32_t value, int32_t scale, int32_t from) {
    uint64_t product = (uint64_t)((int64_t)value * scale);
    return (int32_t)((((uint64_t)(uint32_t)from << 32) - product + 0x80000000u) >> 32);
}

#endif

// For a shift to the right.
static inline int32_t requantize(int32_t acc, const ink_requantize_t *how, int32_t zero_point) {
    int32_t high = multiply_high_round_add(acc, how->multiplier, acc);
    int32_t away = (int32_t)((uint32_t)high + (uint32_t)(high >> 31));
    return saturate_s8(multiply_high_round_subtract(away, how->scale, zero_point));
}

static inline bool shifts_left(const ink_requantize_t *how) {
    return how->scale > 0;
}

// For a shift to the left, which may wrap, as may what the zero point is added to.
static inline int32_t requantize_left(
    int32_t acc, const ink_requantize_t *how, int32_t zero_point) {
    int32_t shifted = (int32_t)((uint32_t)acc << ((how->scale - 1) & 31));
    int32_t high = multiply_high_round_add(shifted, how->multiplier, shifted);
    return saturate_s8((int32_t)((uint32_t)high + (uint32_t)zero_point));
}

// For either, without a zero point and saturation.
static inline int32_t rescale(int32_t acc, const ink_requantize_t *how) {
    if (shifts_left(how)) {
        int32_t shifted = (int32_t)((uint32_t)acc << ((how->scale - 1) & 31));
        return multiply_high_round_add(shifted, how->multiplier, shifted);
    }
    int32_t high = multiply_high_round_add(acc, how->multiplier, acc);
    int32_t away = (int32_t)((uint32_t)high + (uint32_t)(high >> 31));
    return multiply_high_round_subtract(away, how->scale, 0);
}

// For either.
int32_t ink_packed_requantize(int32_t acc, const ink_requantize_t *how, int32_t zero_point);

// Makes of four sums twice their results, less the zero point: what a multiplier of 0 and a scale
// of -2^31 requantize to the results. `step`: from a sum's record to the next one's, in records.
void ink_packed_requantize_four(
    int32_t *sums, const ink_requantize_t *how, int32_t step, int32_t zero_point);

// Bounds `count` bytes in place.
void ink_packed_bound(int8_t *values, size_t count, int32_t min, int32_t max);

// Does nothing where the bounds are int8's own, as they mostly are.
static inline void ink_packed_clamp(int8_t *values, size_t count, int32_t min, int32_t max) {
    if (min > -128 || max < 127) {
        ink_packed_bound(values, count, min, max);
    }
}

#endif
