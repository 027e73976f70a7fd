// SPDX-License-Identifier: MIT
// An input vector by four rows of weights: 16 products in 20 instructions, in assembly, with its
// portable twin.
#include "ink_four_rows.h"

void ink_widen_groups(int16_t *to, const int8_t *from, int32_t length) {
    static const uint8_t ORDER[INK_GROUP] = {0, 2, 1, 3};
    for (; length >= INK_GROUP; length -= INK_GROUP) {
        to[0] = from[0];
        to[1] = from[2];
        to[2] = from[1];
        to[3] = from[3];
        from += INK_GROUP;
        to += INK_GROUP;
    }
    if (length > 0) {
        for (int32_t i = 0; i < INK_GROUP; i++) {
            to[i] = ORDER[i] < length ? from[ORDER[i]] : 0;
        }
    }
}

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

// r0: a row's weights, r1: inputs, r2: weights, r3: groups left, r4-r7: sums, r8-r11: weights, r12
// and lr: inputs of a group.
__attribute__((naked)) const int8_t *ink_four_rows(
    uint32_t sums[INK_ROWS], const int16_t *inputs, const int8_t *weights, int32_t groups) {
    __asm volatile(".macro row sum, word\n"
                   "sxtb16 r0, \\word\n"
                   "sxtb16 \\word, \\word, ror #8\n"
                   "smlad \\sum, r0, r12, \\sum\n"
                   "smlad \\sum, \\word, lr, \\sum\n"
                   ".endm\n"
                   "push {r0, r4-r11, lr}\n"
                   "ldm r0, {r4-r7}\n"
                   "1:\n"
                   "ldm r2!, {r8-r11}\n"
                   "ldrd r12, lr, [r1], #8\n"
                   "row r4, r8\n"
                   "row r5, r9\n"
                   "row r6, r10\n"
                   "row r7, r11\n"
                   "subs r3, r3, #1\n"
                   "bne 1b\n"
                   "ldr r0, [sp], #4\n"
                   "stm r0, {r4-r7}\n"
                   "mov r0, r2\n"
                   "pop {r4-r11, pc}\n"
                   ".purgem row\n");
}

#else

const int8_t *ink_four_rows(
    uint32_t sums[INK_ROWS], const int16_t *inputs, const int8_t *weights, int32_t groups) {
    for (; groups > 0; groups--) {
        for (int32_t row = 0; row < INK_ROWS; row++) {
            sums[row] += (uint32_t)(inputs[0] * weights[0] + inputs[2] * weights[1] +
                                    inputs[1] * weights[2] + inputs[3] * weights[3]);
            weights += INK_GROUP;
        }
        inputs += INK_GROUP;
    }
    return weights;
}

#endif
