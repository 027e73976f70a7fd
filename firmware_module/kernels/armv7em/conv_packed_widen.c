// SPDX-License-Identifier: MIT
// Gathers four pixels' inputs side by side, widened to int16, in assembly: eight results stay in
// registers and are stored at once.
#include "ink_conv_packed_tile.h"
#include "ink_packed_common.h"

#if INK_HAVE_DSP

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

INK_FIELD_AT(ink_conv_widen_t, from, 0);
INK_FIELD_AT(ink_conv_widen_t, row_bytes, 16);
INK_FIELD_AT(ink_conv_widen_t, rows, 20);
INK_FIELD_AT(ink_conv_widen_t, row_step, 24);

// r0: panel, r1-r3 and r12: ends of the four rows, lr: what is left of them, less than 0.
// In the stack frame: 0 row_bytes, 4 rows, 8 row_step.
__attribute__((naked)) int32_t *ink_conv_packed_widen(
    int32_t *panel, const ink_conv_widen_t *widen) {
    __asm volatile("push {r4-r11, lr}\n"
                   "ldm r1, {r4-r10}\n"
                   "push {r8, r9, r10}\n"
                   "add r1, r4, r8\n"
                   "add r2, r5, r8\n"
                   "add r3, r6, r8\n"
                   "add r12, r7, r8\n"
                   "0:\n"
                   "ldr.w lr, [sp]\n"
                   "rsb lr, lr, #0\n"
                   "1:\n"
                   "ldr r4, [r1, lr]\n"
                   "ldr r6, [r2, lr]\n"
                   "ldr r8, [r3, lr]\n"
                   "sxtb16 r5, r4, ror #8\n"
                   "ldr r10, [r12, lr]\n"
                   "sxtb16 r4, r4\n"
                   "sxtb16 r7, r6, ror #8\n"
                   "sxtb16 r6, r6\n"
                   "sxtb16 r9, r8, ror #8\n"
                   "sxtb16 r8, r8\n"
                   "sxtb16 r11, r10, ror #8\n"
                   "sxtb16 r10, r10\n"
                   "adds lr, lr, #4\n"
                   "stm r0!, {r4-r11}\n"
                   "bne 1b\n"
                   "ldrd r4, r5, [sp, #4]\n"
                   "add r1, r1, r5\n"
                   "add r2, r2, r5\n"
                   "subs r4, r4, #1\n"
                   "add r3, r3, r5\n"
                   "add r12, r12, r5\n"
                   "str r4, [sp, #4]\n"
                   "bne 0b\n"
                   "add sp, sp, #12\n"
                   "pop {r4-r11, pc}\n");
}

#endif
