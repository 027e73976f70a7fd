// SPDX-License-Identifier: MIT
// The inner kernels of 3x3 depthwise convolution, in assembly: every register holds something.
//
// A word of the ring has the values of one channel and column in two rows, that of the upper row
// below. With the weights of column k as (w0k, w1k) and (w1k, w2k), SMLAD takes two taps, and
// SMLATB or SMLABT the odd one. r0: ring, r1: output, r2 and r3: words of the upper and the lower
// pair of rows, r4-r7: sums, r8-r10: (w0k, w1k), r11, r12, lr: (w1k, w2k).
#include "ink_depthwise_3x3_rows.h"
#include "ink_packed_common.h"

#if INK_HAVE_DSP

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

INK_FIELD_AT(ink_depthwise_rows_t, ring, 0);
INK_FIELD_AT(ink_depthwise_rows_t, output, 4);
INK_FIELD_AT(ink_depthwise_rows_t, pixel_step, 8);
INK_FIELD_AT(ink_depthwise_rows_t, row_step, 12);
INK_FIELD_AT(ink_depthwise_rows_t, span, 16);
INK_FIELD_AT(ink_depthwise_rows_t, channels, 20);
INK_FIELD_AT(ink_depthwise_rows_t, output_zero, 24);
INK_FIELD_AT(ink_depthwise_rows_t, odd, 28);

// Goes through the channels: unpacks weights, and finds ring and output. In the stack frame: 0
// bias, 4 multiplier, 8 scale, 12 zero point of the output, 16 pixel_step, 20 row_step, 24 where
// the row's last (stride 2) or first odd (stride 1) output lies, 28 output, 32 ring, 36 weights, 40
// channels left, 44 bytes from the first output to that at 24, 48 whether the width is odd.
#define BEGIN                                                                                      \
    "push {r4-r11, lr}\n"                                                                          \
    "sub sp, sp, #52\n"                                                                            \
    "ldm r0, {r2-r9}\n"                                                                            \
    "strd r4, r5, [sp, #16]\n"                                                                     \
    "strd r3, r2, [sp, #28]\n"                                                                     \
    "strd r1, r7, [sp, #36]\n"                                                                     \
    "str r6, [sp, #44]\n"                                                                          \
    "str r8, [sp, #12]\n"                                                                          \
    "str r9, [sp, #48]\n"                                                                          \
    "0:\n"                                                                                         \
    "ldr r2, [sp, #36]\n"                                                                          \
    "ldr r3, [r2]\n"                                                                               \
    "ldr r4, [r2, #4]\n"                                                                           \
    "ldr r5, [r2, #8]\n"                                                                           \
    "sxtb16 r8, r3\n"                                                                              \
    "ldr r6, [r2, #12]\n"                                                                          \
    "sxtb16 r9, r3, ror #8\n"                                                                      \
    "ldr r7, [r2, #16]\n"                                                                          \
    "sxtb16 r10, r4\n"                                                                             \
    "ldr r3, [r2, #20]\n"                                                                          \
    "sxtb16 r11, r4, ror #8\n"                                                                     \
    "add r2, r2, #24\n"                                                                            \
    "sxtb16 r12, r5\n"                                                                             \
    "strd r6, r7, [sp]\n"                                                                          \
    "sxtb16 lr, r5, ror #8\n"                                                                      \
    "str r3, [sp, #8]\n"                                                                           \
    "ldrd r1, r0, [sp, #28]\n"                                                                     \
    "str r2, [sp, #36]\n"                                                                          \
    "ldr r3, [sp, #44]\n"                                                                          \
    "add r4, r1, #1\n"                                                                             \
    "add r5, r0, #4\n"                                                                             \
    "strd r4, r5, [sp, #28]\n"                                                                     \
    "add r3, r3, r1\n"                                                                             \
    "str r3, [sp, #24]\n"

#define END                                                                                        \
    "ldr r2, [sp, #40]\n"                                                                          \
    "subs r2, r2, #1\n"                                                                            \
    "str r2, [sp, #40]\n"                                                                          \
    "bne 0b\n"                                                                                     \
    "add sp, sp, #52\n"                                                                            \
    "pop {r4-r11, pc}\n"

// Two columns of two rows: r4, r5: the first column's upper and lower output, r6, r7: the second's.
// Where there is no lower row, row_step is 0, and the upper output is stored over the lower one.
// Then the last column of an odd width.
__attribute__((naked)) void ink_depthwise_3x3_rows_stride1(
    const ink_depthwise_rows_t *rows, const void *weights) {
    __asm volatile(BEGIN "cmp r1, r3\n"
                         "beq 2f\n"
                         "1:\n"
                         "ldr r3, [r0, #16]\n"
                         "ldr r2, [r0]\n"
                         "ldr r7, [sp]\n"
                         "smlatb r5, r2, r8, r7\n"
                         "smlad r4, r2, r8, r7\n"
                         "ldr r2, [r0, #32]\n"
                         "smlabt r4, r3, r11, r4\n"
                         "smlad r5, r3, r11, r5\n"
                         "ldr r3, [r0, #48]\n"
                         "smlad r6, r2, r8, r7\n"
                         "smlatb r5, r2, r9, r5\n"
                         "smlatb r7, r2, r8, r7\n"
                         "smlad r4, r2, r9, r4\n"
                         "ldr r2, [r0, #64]\n"
                         "smlad r7, r3, r11, r7\n"
                         "smlabt r4, r3, r12, r4\n"
                         "smlad r5, r3, r12, r5\n"
                         "smlabt r6, r3, r11, r6\n"
                         "smlatb r7, r2, r9, r7\n"
                         "smlad r6, r2, r9, r6\n"
                         "smlad r4, r2, r10, r4\n"
                         "ldr r3, [r0, #80]\n"
                         "smlatb r5, r2, r10, r5\n"
                         "ldr r2, [sp, #4]\n"
                         "smlabt r4, r3, lr, r4\n"
                         "smlad r7, r3, r12, r7\n"
                         "smlad r5, r3, lr, r5\n"
                         "smlabt r6, r3, r12, r6\n"
                         "ldr r3, [r0, #96]\n"
                         "smmlar r4, r4, r2, r4\n"
                         "smlatb r7, r3, r10, r7\n"
                         "smlad r6, r3, r10, r6\n"
                         "ldr r3, [r0, #112]\n"
                         "smmlar r5, r5, r2, r5\n"
                         "smlabt r6, r3, lr, r6\n"
                         "smlad r7, r3, lr, r7\n"
                         "smmlar r6, r6, r2, r6\n"
                         "add r4, r4, r4, asr #31\n"
                         "smmlar r7, r7, r2, r7\n"
                         "ldrd r2, r3, [sp, #8]\n"
                         "smmlsr r4, r4, r2, r3\n"
                         "add r5, r5, r5, asr #31\n"
                         "add r6, r6, r6, asr #31\n"
                         "smmlsr r5, r5, r2, r3\n"
                         "add r7, r7, r7, asr #31\n"
                         "smmlsr r6, r6, r2, r3\n"
                         "ssat r4, #8, r4\n"
                         "smmlsr r7, r7, r2, r3\n"
                         "ldrd r2, r3, [sp, #16]\n"
                         "ssat r5, #8, r5\n"
                         "add r0, r0, #64\n"
                         "ssat r7, #8, r7\n"
                         "strb r5, [r1, r3]\n"
                         "strb r4, [r1]\n"
                         "add r1, r1, r2\n"
                         "ssat r6, #8, r6\n"
                         "strb r7, [r1, r3]\n"
                         "ldr r3, [sp, #24]\n"
                         "strb r6, [r1]\n"
                         "add r1, r1, r2\n"
                         "cmp r1, r3\n"
                         "bne 1b\n"
                         "2:\n"
                         "ldr r2, [sp, #48]\n"
                         "cmp r2, #0\n"
                         "beq 3f\n"
                         "ldr r2, [r0]\n"
                         "ldr r5, [sp]\n"
                         "ldr r3, [r0, #16]\n"
                         "smlad r4, r2, r8, r5\n"
                         "ldr r7, [r0, #48]\n"
                         "smlatb r5, r2, r8, r5\n"
                         "smlad r5, r3, r11, r5\n"
                         "ldr r6, [r0, #32]\n"
                         "smlabt r4, r3, r11, r4\n"
                         "smlatb r5, r6, r9, r5\n"
                         "ldr r3, [r0, #80]\n"
                         "smlad r5, r7, r12, r5\n"
                         "smlad r4, r6, r9, r4\n"
                         "ldr r2, [r0, #64]\n"
                         "smlabt r4, r7, r12, r4\n"
                         "ldr r6, [sp, #4]\n"
                         "smlad r4, r2, r10, r4\n"
                         "smlatb r5, r2, r10, r5\n"
                         "smlad r5, r3, lr, r5\n"
                         "smlabt r4, r3, lr, r4\n"
                         "smmlar r5, r5, r6, r5\n"
                         "smmlar r4, r4, r6, r4\n"
                         "ldrd r2, r3, [sp, #8]\n"
                         "add r5, r5, r5, asr #31\n"
                         "ldr r6, [sp, #20]\n"
                         "add r4, r4, r4, asr #31\n"
                         "smmlsr r5, r5, r2, r3\n"
                         "smmlsr r4, r4, r2, r3\n"
                         "ssat r5, #8, r5\n"
                         "ssat r4, #8, r4\n"
                         "strb r5, [r1, r6]\n"
                         "strb r4, [r1]\n"
                         "3:\n" END);
}

// Two outputs of one row: r4 and r6.
__attribute__((naked)) void ink_depthwise_3x3_rows_stride2(
    const ink_depthwise_rows_t *rows, const void *weights) {
    __asm volatile(BEGIN "1:\n"
                         "ldr r2, [r0]\n"
                         "ldr r4, [sp]\n"
                         "mov r6, r4\n"
                         "ldr r3, [r0, #16]\n"
                         "ldr r5, [r0, #32]\n"
                         "smlad r4, r2, r8, r4\n"
                         "smlabt r4, r3, r11, r4\n"
                         "ldr r7, [r0, #48]\n"
                         "ldr r2, [r0, #64]\n"
                         "smlad r4, r5, r9, r4\n"
                         "smlabt r4, r7, r12, r4\n"
                         "ldr r3, [r0, #80]\n"
                         "smlad r6, r2, r8, r6\n"
                         "ldr r5, [r0, #96]\n"
                         "smlad r4, r2, r10, r4\n"
                         "ldr r2, [r0, #128]\n"
                         "smlabt r4, r3, lr, r4\n"
                         "ldr r7, [r0, #112]\n"
                         "smlabt r6, r3, r11, r6\n"
                         "smlad r6, r5, r9, r6\n"
                         "ldr r5, [sp, #4]\n"
                         "smlabt r6, r7, r12, r6\n"
                         "ldr r3, [r0, #144]\n"
                         "smlad r6, r2, r10, r6\n"
                         "smmlar r4, r4, r5, r4\n"
                         "smlabt r6, r3, lr, r6\n"
                         "ldrd r2, r3, [sp, #8]\n"
                         "add r4, r4, r4, asr #31\n"
                         "smmlar r6, r6, r5, r6\n"
                         "smmlsr r4, r4, r2, r3\n"
                         "ldr r5, [sp, #24]\n"
                         "add r6, r6, r6, asr #31\n"
                         "ldr r7, [sp, #16]\n"
                         "smmlsr r6, r6, r2, r3\n"
                         "add r0, r0, #128\n"
                         "ssat r4, #8, r4\n"
                         "cmp r1, r5\n"
                         "strb r4, [r1]\n"
                         "add r1, r1, r7\n"
                         "ssat r6, #8, r6\n"
                         "beq 2f\n"
                         "strb r6, [r1]\n"
                         "add r1, r1, r7\n"
                         "cmp r1, r5\n"
                         "bls 1b\n"
                         "2:\n" END);
}

#endif
