// SPDX-License-Identifier: MIT
// What takes a core with the DSP extension one instruction, and other C several: upper halves of
// products, and pairs of int16 in a word, the first in the lower half. All of it wraps as two's
// complement does.
#ifndef INK_AUDIO_ARITHMETIC_H
#define INK_AUDIO_ARITHMETIC_H

#include <stdint.h>
#include <string.h>

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
#define INK_AUDIO_DSP 1
#else
#define INK_AUDIO_DSP 0
#endif

static inline int32_t ink_add(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int32_t ink_subtract(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a - (uint32_t)b);
}

static inline int32_t ink_within_int16(int32_t value) {
#if INK_AUDIO_DSP
    int32_t result;
    __asm("ssat %0, #16, %1" : "=r"(result) : "r"(value));
    return result;
#else
    return value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value;
#endif
}

static inline int32_t ink_add_saturated(int32_t a, int32_t b) {
#if INK_AUDIO_DSP
    int32_t result;
    __asm("qadd %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
    return result;
#else
    const int64_t sum = (int64_t)a + b;
    return (int32_t)(sum < INT32_MIN ? INT32_MIN : sum > INT32_MAX ? INT32_MAX : sum);
#endif
}

// a * b / 2^32, rounded down; that added to a sum; sum * 2^32 - a * b, so divided.
static inline int32_t ink_upper(int32_t a, int32_t b) {
#if INK_AUDIO_DSP
    int32_t result;
    __asm("smmul %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
    return result;
#else
    return (int32_t)(((int64_t)a * b) >> 32);
#endif
}

// a * b / 2^32, rounded.
static inline int32_t ink_upper_rounded(int32_t a, int32_t b) {
#if INK_AUDIO_DSP
    int32_t result;
    __asm("smmulr %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
    return result;
#else
    return (int32_t)(((int64_t)a * b + (1ll << 31)) >> 32);
#endif
}

static inline int32_t ink_add_upper(int32_t sum, int32_t a, int32_t b) {
#if INK_AUDIO_DSP
    int32_t result;
    __asm("smmla %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
#else
    return ink_add(sum, (int32_t)(((int64_t)a * b) >> 32));
#endif
}

static inline int32_t ink_subtract_upper(int32_t sum, int32_t a, int32_t b) {
#if INK_AUDIO_DSP
    int32_t result;
    __asm("smmls %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
#else
    return ink_add(sum, (int32_t)(-((int64_t)a * b) >> 32));
#endif
}

typedef struct {
    int32_t first, second;
} ink_words_t;

// Two words at a multiple of 4, which moves on behind them; or back, to the two before.
static inline ink_words_t ink_next_words(const int32_t **from) {
    ink_words_t words;
#if INK_AUDIO_DSP
    __asm("ldrd %0, %1, [%2], #8"
        : "=&r"(words.first), "=&r"(words.second), "+r"(*from)
        : "m"(*(const int32_t (*)[2]) * from));
#else
    words = (ink_words_t){(*from)[0], (*from)[1]};
    *from += 2;
#endif
    return words;
}

static inline ink_words_t ink_last_words(const int32_t **from) {
    ink_words_t words;
#if INK_AUDIO_DSP
    __asm("ldrd %0, %1, [%2], #-8"
        : "=&r"(words.first), "=&r"(words.second), "+r"(*from)
        : "m"(*(const int32_t (*)[2]) * from));
#else
    words = (ink_words_t){(*from)[0], (*from)[1]};
    *from -= 2;
#endif
    return words;
}

// --- pairs

static inline int32_t ink_lower_half(uint32_t pair) {
    return (int16_t)pair;
}

static inline int32_t ink_upper_half(uint32_t pair) {
    return (int32_t)pair >> 16;
}

static inline uint32_t ink_load_pair(const int16_t *from) {
    uint32_t pair;
    memcpy(&pair, from, sizeof(pair));
    return pair;
}

// The lower halves of both.
static inline uint32_t ink_pair(int32_t lower, int32_t upper) {
    return ((uint32_t)lower & 0xFFFFu) | (uint32_t)upper << 16;
}

// The lower half of the one, the upper half of twice the other.
static inline uint32_t ink_with_doubled(uint32_t lower, int32_t upper) {
#if INK_AUDIO_DSP
    uint32_t result;
    __asm("pkhbt %0, %1, %2, lsl #1" : "=r"(result) : "r"(lower), "r"(upper));
    return result;
#else
    return (lower & 0xFFFFu) | ((uint32_t)upper << 1 & 0xFFFF0000u);
#endif
}

// The upper halves of both.
static inline uint32_t ink_upper_halves(int32_t lower, int32_t upper) {
#if INK_AUDIO_DSP
    uint32_t result;
    __asm("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(upper), "r"(lower));
    return result;
#else
    return ink_pair(lower >> 16, upper >> 16);
#endif
}

// The lower halves of lower / 2^12 and upper / 2^12, rounded down.
static inline uint32_t ink_pair_12(int32_t lower, int32_t upper) {
#if INK_AUDIO_DSP
    uint32_t result;
    __asm("pkhbt %0, %1, %2, lsl #4" : "=r"(result) : "r"(lower >> 12), "r"(upper));
    return result;
#else
    return ink_pair(lower >> 12, upper >> 12);
#endif
}

#if INK_AUDIO_DSP
#define INK_PAIRS(name, instruction, lower, upper)                                                 \
    static inline uint32_t name(uint32_t a, uint32_t b) {                                          \
        uint32_t result;                                                                           \
        __asm(instruction " %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));                          \
        return result;                                                                             \
    }
#else
#define INK_PAIRS(name, instruction, lower, upper)                                                 \
    static inline uint32_t name(uint32_t a, uint32_t b) {                                          \
        const int32_t a0 = ink_lower_half(a);                                                      \
        const int32_t a1 = ink_upper_half(a);                                                      \
        const int32_t b0 = ink_lower_half(b);                                                      \
        const int32_t b1 = ink_upper_half(b);                                                      \
        return ink_pair(lower, upper);                                                             \
    }
#endif

INK_PAIRS(ink_add_pairs, "sadd16", a0 + b0, a1 + b1)
INK_PAIRS(ink_subtract_pairs, "ssub16", a0 - b0, a1 - b1)
// of complex numbers: a + i b, a - i b
INK_PAIRS(ink_add_turned, "sasx", a0 - b1, a1 + b0)
INK_PAIRS(ink_subtract_turned, "ssax", a0 + b1, a1 - b0)
// halves of these, rounded down
INK_PAIRS(ink_half_add_turned, "shasx", (a0 - b1) >> 1, (a1 + b0) >> 1)
INK_PAIRS(ink_half_subtract_turned, "shsax", (a0 + b1) >> 1, (a1 - b0) >> 1)

// The greater of each, as signed.
static inline uint32_t ink_greater_pairs(uint32_t a, uint32_t b) {
#if INK_AUDIO_DSP
    uint32_t result;
    __asm("ssub16 %0, %1, %2\n sel %0, %1, %2" : "=&r"(result) : "r"(a), "r"(b) : "cc");
    return result;
#else
    const int32_t a0 = ink_lower_half(a);
    const int32_t a1 = ink_upper_half(a);
    const int32_t b0 = ink_lower_half(b);
    const int32_t b1 = ink_upper_half(b);
    return ink_pair(a0 < b0 ? b0 : a0, a1 < b1 ? b1 : a1);
#endif
}

// Each without its sign; -32768 stays.
static inline uint32_t ink_magnitude_pairs(uint32_t a) {
#if INK_AUDIO_DSP
    uint32_t result;
    __asm("ssub16 %0, %2, %1\n sel %0, %0, %1" : "=&r"(result) : "r"(a), "r"(0) : "cc");
    return result;
#else
    const int32_t a0 = ink_lower_half(a);
    const int32_t a1 = ink_upper_half(a);
    return ink_pair(a0 < 0 ? -a0 : a0, a1 < 0 ? -a1 : a1);
#endif
}

#if INK_AUDIO_DSP
#define INK_SUM(name, instruction, value)                                                          \
    static inline int32_t name(uint32_t a, uint32_t b, int32_t sum) {                              \
        int32_t result;                                                                            \
        __asm(instruction " %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum) : "cc");     \
        return result;                                                                             \
    }
#else
#define INK_SUM(name, instruction, value)                                                          \
    static inline int32_t name(uint32_t a, uint32_t b, int32_t sum) {                              \
        const int32_t a0 = ink_lower_half(a);                                                      \
        const int32_t a1 = ink_upper_half(a);                                                      \
        const int32_t b0 = ink_lower_half(b);                                                      \
        const int32_t b1 = ink_upper_half(b);                                                      \
        (void)a1;                                                                                  \
        (void)a0;                                                                                  \
        (void)b1;                                                                                  \
        return (int32_t)((uint32_t)sum + (uint32_t)(value));                                       \
    }
#endif

// sum and products of the halves: lower x lower; upper x lower; lower x lower - upper x upper;
// lower x upper + upper x lower; lower x lower + upper x upper
INK_SUM(ink_sum_lower, "smlabb", (int64_t)a0 *b0)
INK_SUM(ink_sum_upper_lower, "smlatb", (int64_t)a1 *b0)
INK_SUM(ink_sum_difference, "smlsd", (int64_t)a0 *b0 - (int64_t)a1 * b1)
INK_SUM(ink_sum_crossed, "smladx", (int64_t)a0 *b1 + (int64_t)a1 * b0)
INK_SUM(ink_sum_both, "smlad", (int64_t)a0 *b0 + (int64_t)a1 * b1)

// Two products of halves, on 64 bits.
static inline int64_t ink_wide_sum_both(int64_t sum, uint32_t a, uint32_t b) {
#if INK_AUDIO_DSP
    __asm("smlald %Q0, %R0, %1, %2" : "+r"(sum) : "r"(a), "r"(b));
    return sum;
#else
    return sum + (int64_t)ink_lower_half(a) * ink_lower_half(b) +
           (int64_t)ink_upper_half(a) * ink_upper_half(b);
#endif
}

// --- of any number

// -2^31 stays.
static inline int32_t ink_magnitude(int32_t value) {
    const int32_t sign = value >> 31;
    return ink_subtract(value ^ sign, sign);
}

static inline uint32_t ink_leading_zeros(uint32_t value) {
    return value == 0 ? 32 : (uint32_t)__builtin_clz(value);
}

#endif
