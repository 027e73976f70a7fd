// SPDX-License-Identifier: MIT
// Copies rows of whole words, eight words an instruction, in assembly, with its portable twin.
#include "ink_copy_rows.h"

#include <stddef.h>
#include <string.h>

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP // a core with Thumb-2

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

_Static_assert(offsetof(ink_copy_rows_t, rows) == 0, "assembly reads it there");
_Static_assert(offsetof(ink_copy_rows_t, blocks) == 4, "assembly reads it there");
_Static_assert(offsetof(ink_copy_rows_t, words) == 8, "assembly reads it there");
_Static_assert(offsetof(ink_copy_rows_t, input_step) == 12, "assembly reads it there");
_Static_assert(offsetof(ink_copy_rows_t, output_step) == 16, "assembly reads it there");

// r3: rows left, r4-r11: words, r12: blocks left, lr: the words' bits at the top.
__attribute__((naked)) void ink_copy_rows(
    uint8_t *to, const uint8_t *from, const ink_copy_rows_t *how) {
    __asm volatile("push {r4-r11, lr}\n"
                   "ldr r3, [r2]\n"
                   "0:\n"
                   "ldrd r12, lr, [r2, #4]\n"
                   "cmp r12, #0\n"
                   "beq 2f\n"
                   "1:\n"
                   "ldm r1!, {r4-r11}\n"
                   "stm r0!, {r4-r11}\n"
                   "subs r12, r12, #1\n"
                   "bne 1b\n"
                   "2:\n"
                   "lsls lr, lr, #30\n" // carry: 4 words, negative: 2
                   "bcc 3f\n"
                   "ldm r1!, {r4-r7}\n"
                   "stm r0!, {r4-r7}\n"
                   "3:\n"
                   "bpl 4f\n"
                   "ldm r1!, {r4, r5}\n"
                   "stm r0!, {r4, r5}\n"
                   "4:\n"
                   "lsls lr, lr, #1\n" // negative: 1
                   "bpl 5f\n"
                   "ldr r4, [r1], #4\n"
                   "str r4, [r0], #4\n"
                   "5:\n"
                   "ldrd r4, r5, [r2, #12]\n"
                   "add r1, r1, r4\n"
                   "add r0, r0, r5\n"
                   "subs r3, r3, #1\n"
                   "bne 0b\n"
                   "pop {r4-r11, pc}\n");
}

#else

void ink_copy_rows(uint8_t *to, const uint8_t *from, const ink_copy_rows_t *how) {
    const uint32_t bytes = (uint32_t)how->blocks * 32 + (uint32_t)how->words * 4;
    uint32_t input = 0;
    uint32_t output = 0;
    for (int32_t row = 0; row < how->rows; row++) {
        memcpy(to + (int32_t)output, from + (int32_t)input, bytes);
        input += bytes + how->input_step;
        output += bytes + how->output_step;
    }
}

#endif
