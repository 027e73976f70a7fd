// SPDX-License-Identifier: MIT
// The inner kernels of the general convolution, in assembly. SXTB16 widens the weights of A and of
// B apart, so that neither sum is limited; that is one instruction for 16 multiplications more than
// conv_packed_tile.c has.
#include "ink_conv_general_tile.h"
#include "ink_packed_common.h"

#if INK_HAVE_DSP

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

// r0: panel, r1: weights, r2 and r3: a word of them as pairs of A and of B, r4-r7: sums of A,
// r8-r11: of B, r12 and lr: inputs. In the stack frame: 0 end of panel, 4 sums.
__attribute__((naked)) const int32_t *ink_conv_general_four(
    const int32_t *panel, const int32_t *record, int32_t groups, int32_t sums[INK_TILE_SUMS]) {
    __asm volatile(".macro general_word at\n"
                   "ldr r3, [r1], #4\n"
                   "ldr.w r12, [r0, #\\at]\n"
                   "ldr.w lr, [r0, #\\at + 8]\n"
                   "sxtb16 r2, r3, ror #8\n"
                   "sxtb16 r3, r3\n"
                   "smlad r4, r2, r12, r4\n"
                   "smlad r8, r3, r12, r8\n"
                   "ldr.w r12, [r0, #\\at + 16]\n"
                   "smlad r5, r2, lr, r5\n"
                   "smlad r9, r3, lr, r9\n"
                   "ldr.w lr, [r0, #\\at + 24]\n"
                   "smlad r6, r2, r12, r6\n"
                   "smlad r10, r3, r12, r10\n"
                   "smlad r7, r2, lr, r7\n"
                   "smlad r11, r3, lr, r11\n"
                   ".endm\n"

                   "push {r4-r11, lr}\n"
                   "add r2, r0, r2, lsl #5\n"
                   "push {r2, r3}\n"
                   "ldm r1!, {r4, r8}\n"
                   "mov r5, r4\n"
                   "mov r6, r4\n"
                   "mov r7, r4\n"
                   "mov r9, r8\n"
                   "mov r10, r8\n"
                   "mov r11, r8\n"
                   "1:\n"
                   "general_word 0\n"
                   "general_word 4\n"
                   "ldr r3, [sp]\n"
                   "add r0, r0, #32\n"
                   "cmp r0, r3\n"
                   "bne 1b\n"
                   "pop {r2, r3}\n"
                   "stm r3, {r4-r11}\n"
                   "mov r0, r1\n"
                   "pop {r4-r11, pc}\n"
                   ".purgem general_word\n");
}

// r0: inputs, r1: weights, r2: groups left, r3: sums, r4 and r5: sums of A and B, r6 and r7: words
// of inputs, r8-r11: of weights, r12 and lr: pairs of them.
__attribute__((naked)) const int32_t *ink_conv_general_one(
    const int8_t *bytes, const int32_t *record, int32_t groups, int32_t sums[INK_TILE_SUMS]) {
    __asm volatile(".macro general_pair word, inputs\n"
                   "sxtb16.w lr, \\word\n"
                   "sxtb16.w \\word, \\word, ror #8\n"
                   "smlad r5, lr, \\inputs, r5\n"
                   "smlad r4, \\word, \\inputs, r4\n"
                   ".endm\n"
                   ".macro general_group inputs, word0, word1\n"
                   "sxtb16 r12, \\inputs\n"
                   "sxtb16.w \\inputs, \\inputs, ror #8\n"
                   "general_pair \\word0, r12\n"
                   "general_pair \\word1, \\inputs\n"
                   ".endm\n"

                   "push {r3-r11, lr}\n"
                   "ldm r1!, {r4, r5}\n"
                   "lsrs r2, r2, #1\n"
                   "bcc 1f\n"
                   "ldr r6, [r0], #4\n"
                   "ldm r1!, {r8, r9}\n"
                   "general_group r6, r8, r9\n"
                   "1:\n"
                   "cmp r2, #0\n"
                   "beq 3f\n"
                   "2:\n"
                   "ldr r6, [r0], #4\n"
                   "ldr r7, [r0], #4\n"
                   "ldm r1!, {r8-r11}\n"
                   "general_group r6, r8, r9\n"
                   "general_group r7, r10, r11\n"
                   "subs r2, r2, #1\n"
                   "bne 2b\n"
                   "3:\n"
                   "str r4, [r3]\n"
                   "str r5, [r3, #16]\n"
                   "mov r0, r1\n"
                   "pop {r3-r11, pc}\n"
                   ".purgem general_group\n"
                   ".purgem general_pair\n");
}

#endif
