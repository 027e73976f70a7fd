// SPDX-License-Identifier: MIT
// What takes a core with the DSP extension one instruction or two, and other C many: four int8 in a
// word, wherever it lies, and saturation.
#ifndef INK_SIMD_H
#define INK_SIMD_H

#include <stdint.h>
#include <string.h>

static inline uint32_t ink_load_four(const int8_t *from) {
    uint32_t word;
    memcpy(&word, from, sizeof(word));
    return word;
}

static inline void ink_store_four(int8_t *to, uint32_t word) {
    memcpy(to, &word, sizeof(word));
}

static inline uint32_t ink_repeat_four(int8_t value) {
    return (uint8_t)value * 0x01010101u;
}

// The greater of each of four.
static inline uint32_t ink_greater_four(uint32_t left, uint32_t right) {
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
    uint32_t result;
    __asm("ssub8 %0, %1, %2\n sel %0, %1, %2" : "=&r"(result) : "r"(left), "r"(right));
    return result;
#else
    // as unsigned bytes; whether a byte of `left` is less is the borrow of the subtraction
    const uint32_t top = 0x80808080u;
    const uint32_t a = left ^ top;
    const uint32_t b = right ^ top;
    const uint32_t rest = (a | top) - (b & ~top);
    const uint32_t borrow = ((~a & b) | (~(a ^ b) & ~rest)) & top;
    const uint32_t less = (borrow >> 7) * 0xFFu;
    return (left & ~less) | (right & less);
#endif
}

static inline int32_t ink_saturate_s8(int32_t value) {
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
    int32_t result;
    __asm("ssat %0, #8, %1" : "=r"(result) : "r"(value));
    return result;
#else
    return value < -128 ? -128 : value > 127 ? 127 : value;
#endif
}

#endif
