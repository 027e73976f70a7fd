// SPDX-License-Identifier: MIT
// The inner kernel of the packed fully connected layer, in assembly. See conv_packed_tile.c for
// what a word of weights holds. Weights are used once, so they are loaded four words at a time.
#include "ink_fully_connected_tile.h"

#if INK_HAVE_DSP

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

// Four groups at a time while there are as many, but one by one where size counts.
#ifdef __OPTIMIZE_SIZE__
#define FOUR_GROUPS
#else
#define FOUR_GROUPS                                                                                \
    "subs r12, r12, #4\n"                                                                          \
    "bmi 2f\n"                                                                                     \
    "1:\n"                                                                                         \
    "group\n"                                                                                      \
    "group\n"                                                                                      \
    "group\n"                                                                                      \
    "group\n"                                                                                      \
    "subs r12, r12, #4\n"                                                                          \
    "bpl 1b\n"                                                                                     \
    "2:\n"                                                                                         \
    "adds r12, r12, #4\n"                                                                          \
    "beq 4f\n"
#endif

INK_FIELD_AT(ink_fully_connected_tile_t, inputs, 0);
INK_FIELD_AT(ink_fully_connected_tile_t, groups, 4);
INK_FIELD_AT(ink_fully_connected_tile_t, blocks, 8);
INK_FIELD_AT(ink_fully_connected_tile_t, how, 12);
INK_FIELD_AT(ink_fully_connected_tile_t, output_zero, 20);

// r0: inputs, r1: weights, r2 and r3: inputs of 4 taps, r4 and r5: 256 x A + B of two pairs of
// units, r6 and r7: B, r8-r11: weights, r12: groups left, lr: output. In the stack frame: 0 inputs,
// 4 groups, 8 end of output, 12 multiplier, 16 scale, 20 zero point of the output.
__attribute__((naked)) const void *ink_fully_connected_tile(
    const ink_fully_connected_tile_t *tile, const void *weights, int8_t *output) {
    __asm volatile(".macro group\n"
                   "ldm r1!, {r8-r11}\n"
                   "smlad r4, r8, r2, r4\n"
                   "sxtb16 r8, r8\n"
                   "smlad r5, r10, r2, r5\n"
                   "sxtb16 r10, r10\n"
                   "smlad r4, r9, r3, r4\n"
                   "sxtb16 r9, r9\n"
                   "smlad r5, r11, r3, r5\n"
                   "sxtb16 r11, r11\n"
                   "smlad r6, r8, r2, r6\n"
                   "smlad r7, r10, r2, r7\n"
                   "smlad r6, r9, r3, r6\n"
                   "smlad r7, r11, r3, r7\n"
                   "ldrd r2, r3, [r0], #8\n"
                   ".endm\n"

                   "push {r4-r11, lr}\n"
                   "ldm r0, {r3-r8}\n"
                   "sub sp, sp, #28\n"
                   "add r5, r2, r5, lsl #2\n"
                   "mov lr, r2\n"
                   "stm sp, {r3-r8}\n"

                   "0:\n"
                   "ldrd r0, r12, [sp]\n"
                   "ldm r1!, {r4-r7}\n"
                   "ldrd r2, r3, [r0], #8\n" FOUR_GROUPS "3:\n"
                   "group\n"
                   "subs r12, r12, #1\n"
                   "bne 3b\n"
                   "4:\n"

                   // A = (sum - B) >> 8, then requantization; see requantize()
                   "ldr.w r9, [sp, #16]\n"
                   "ldr.w r8, [sp, #12]\n"
                   "sub r4, r4, r6\n"
                   "sub r5, r5, r7\n"
                   "asr r4, r4, #8\n"
                   "cmp r9, #0\n"
                   "asr r5, r5, #8\n"
                   "bgt 6f\n" // a shift to the left
                   "5:\n"
                   "smmlar r6, r6, r8, r6\n"
                   "ldr.w r10, [sp, #20]\n"
                   "smmlar r7, r7, r8, r7\n"
                   "smmlar r4, r4, r8, r4\n"
                   "add r6, r6, r6, asr #31\n"
                   "smmlar r5, r5, r8, r5\n"
                   "add r7, r7, r7, asr #31\n"
                   "smmlsr r6, r6, r9, r10\n"
                   "add r4, r4, r4, asr #31\n"
                   "smmlsr r7, r7, r9, r10\n"
                   "add r5, r5, r5, asr #31\n"
                   "smmlsr r4, r4, r9, r10\n"
                   "ldr r2, [sp, #8]\n"
                   "smmlsr r5, r5, r9, r10\n"
                   "ssat r6, #8, r6\n"
                   "ssat r7, #8, r7\n"
                   "ssat r4, #8, r4\n"
                   "ssat r5, #8, r5\n"
                   "bfi r4, r6, #8, #8\n"
                   "bfi r4, r5, #16, #8\n"
                   "bfi r4, r7, #24, #8\n"
                   "str r4, [lr], #4\n"
                   "cmp lr, r2\n"
                   "bne 0b\n"

                   "mov r0, r1\n"
                   "add sp, sp, #28\n"
                   "pop {r4-r11, pc}\n"

                   "6:\n"
                   "push {r1, r4-r7, lr}\n"
                   "add r0, sp, #4\n"
                   "add r1, sp, #12 + 24\n"
                   "mov r2, #0\n"
                   "ldr r3, [sp, #20 + 24]\n"
                   "bl ink_packed_requantize_four\n"
                   "pop {r1, r4-r7, lr}\n"
                   "mov r8, #0\n"
                   "mov r9, #0x80000000\n"
                   "b 5b\n"
                   ".purgem group\n");
}

#endif
