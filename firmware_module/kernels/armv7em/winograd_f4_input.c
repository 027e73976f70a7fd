// SPDX-License-Identifier: MIT
// Winograd F(4x4,3x3): the transform of a window of 6 x 6 inputs. In assembly, as all 14 registers
// are at work and loads must be issued early; and its portable twin.
//
// Two channels travel in a word as the number 65536 * high + low, on which any sum is exact. At the
// end the low one must not be negative, or it borrows from the high one: 12750 added to four of the
// window's inputs adds 12750 to it at every position, and the weights' sums start that much lower.
#include "ink_winograd.h"

#if INK_HAVE_DSP

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

// In the stack frame: 6 rows of 2 x 6 transformed words, of both pairs of channels, then row_size,
// channels left, bytes from a position to the next, to, from, channels.
__attribute__((naked)) void ink_winograd_f4_input(
    const int8_t *from, int32_t channels, int32_t row_size, int32_t *to, int32_t pairs) {
    __asm volatile(
        // A row. r0 and r12: its pixels 0 and 3, r1: bytes of a pixel, r10: what is added to pixels
        // 0 to 3, r11: to 4 and 5, lr + at: where the result goes.
        ".macro line at, rotate\n"
        "ldr.w r4, [r0, r1, lsl #1]\n"
        "ldr.w r6, [r12, r1]\n"
        "ldr.w r3, [r0, r1]\n"
        "sxtab16 r4, r10, r4, ror #\\rotate\n"
        "ldr.w r5, [r12]\n"
        "sxtab16 r6, r11, r6, ror #\\rotate\n"
        "ldr.w r7, [r12, r1, lsl #1]\n"
        "sxtab16 r3, r10, r3, ror #\\rotate\n"
        "ldr.w r2, [r0]\n"
        "sxtab16 r5, r10, r5, ror #\\rotate\n"
        "sub r8, r6, r4, lsl #2\n"
        "sxtab16 r7, r11, r7, ror #\\rotate\n"
        "sub r9, r5, r3, lsl #2\n"
        "sxtab16 r2, r10, r2, ror #\\rotate\n"
        "sub r7, r7, r9\n"
        "sub r6, r6, r4\n"
        "add r2, r8, r2, lsl #2\n"
        "sub r7, r7, r5, lsl #2\n"
        "sub r2, r2, r4\n"
        "sub r5, r5, r3\n"
        "str.w r7, [lr, #\\at + 20]\n"
        "add r3, r8, r9\n"
        "str.w r2, [lr, #\\at]\n"
        "sub r4, r8, r9\n"
        "str.w r3, [lr, #\\at + 4]\n"
        "add r8, r6, r5, lsl #1\n"
        "str.w r4, [lr, #\\at + 8]\n"
        "sub r6, r6, r5, lsl #1\n"
        "str.w r8, [lr, #\\at + 12]\n"
        "str.w r6, [lr, #\\at + 16]\n"
        ".endm\n"

        "push {r4-r11, lr}\n"
        "sub sp, sp, #316\n"
        "ldr r4, [sp, #352]\n" // pairs
        "lsl r4, r4, #4\n"
        "strd r2, r1, [sp, #288]\n"
        "strd r4, r3, [sp, #296]\n"
        "strd r0, r1, [sp, #304]\n"

        // four channels; first the rows
        "0:\n"
        "mov r10, #0x00800080\n"
        "mov r11, r10\n"
        "mov lr, sp\n"
        "1:\n"
        "add r12, r1, r1, lsl #1\n"
        "add r12, r12, r0\n"
        "line 0, 0\n"
        "line 24, 8\n"
        "ldr r2, [sp, #288]\n"
        "add lr, lr, #48\n"
        "add r3, sp, #192\n"
        "add r0, r0, r2\n"
        "cmp lr, r3\n"
        "itt eq\n"
        "movweq r4, #12750\n"
        "addeq r11, r11, r4\n"
        "add r3, sp, #288\n"
        "cmp lr, r3\n"
        "bne.w 1b\n"

        // then the columns. r0 and r12: where a column's positions 0 and 1 go, r1: bytes from
        // a position to the one below, r10: to the next, lr: the column, r11: the last's end
        "ldrd r10, r0, [sp, #296]\n"
        "mov lr, sp\n"
        "add r11, sp, #24\n"
        "ldr.w r4, [sp, #96]\n"
        "add r1, r10, r10, lsl #1\n"
        "ldr.w r6, [sp, #192]\n"
        "lsl r1, r1, #1\n"
        "ldr.w r3, [sp, #48]\n"
        "add r12, r0, r1\n"
        "ldr.w r5, [sp, #144]\n"
        "ldr.w r2, [sp]\n"
        "ldr.w r7, [sp, #240]\n"
        "2:\n"
        "sub r8, r6, r4, lsl #2\n"
        "sub r6, r6, r4\n"
        "sub r9, r5, r3, lsl #2\n"
        "sub r7, r7, r9\n"
        "add r2, r8, r2, lsl #2\n"
        "sub r7, r7, r5, lsl #2\n"
        "sub r2, r2, r4\n"
        "sub r5, r5, r3\n"
        "str.w r7, [r12, r1, lsl #2]\n"
        "add r3, r8, r9\n"
        "str.w r2, [r0]\n"
        "sub r4, r8, r9\n"
        "str.w r3, [r12]\n"
        "add r8, r6, r5, lsl #1\n"
        "str.w r4, [r0, r1, lsl #1]\n"
        "sub r6, r6, r5, lsl #1\n"
        "str.w r8, [r12, r1, lsl #1]\n"
        "add r12, r12, r10\n"
        "str.w r6, [r0, r1, lsl #2]\n"
        "add r0, r0, r10\n"
        "ldr.w r4, [lr, #100]\n"
        "ldr.w r6, [lr, #196]\n"
        "add lr, lr, #4\n"
        "ldr.w r3, [lr, #48]\n"
        "cmp lr, r11\n"
        "ldr.w r5, [lr, #144]\n"
        "ldr.w r2, [lr]\n"
        "ldr.w r7, [lr, #240]\n"
        "bne 2b\n"
        // the other pair of channels lies 4 tiles further
        "sub r0, r0, r1\n"
        "sub r12, r12, r1\n"
        "add r0, r0, #16\n"
        "add r12, r12, #16\n"
        "add r8, sp, #48\n"
        "add r11, r11, #24\n"
        "cmp r11, r8\n"
        "ble 2b\n"

        "ldrd r3, r0, [sp, #300]\n"
        "ldr r2, [sp, #292]\n"
        "ldr r1, [sp, #308]\n"
        "add r3, r3, #32\n"
        "add r0, r0, #4\n"
        "subs r2, r2, #4\n"
        "strd r3, r0, [sp, #300]\n"
        "str r2, [sp, #292]\n"
        "bne.w 0b\n"
        "add sp, sp, #316\n"
        "pop {r4-r11, pc}\n"
        ".purgem line\n");
}

#else

#define SIZE 6
#define BASE 0x00800080u // makes inputs 0 to 255
#define LIFTED (BASE + 12750u)

typedef struct {
    uint32_t v[SIZE];
} line_t;

static inline line_t transform(
    uint32_t d0, uint32_t d1, uint32_t d2, uint32_t d3, uint32_t d4, uint32_t d5) {
    uint32_t even4 = d4 - 4 * d2;
    uint32_t odd4 = d3 - 4 * d1;
    uint32_t even = d4 - d2;
    uint32_t odd = d3 - d1;
    return (line_t){{even4 + 4 * d0 - d2, even4 + odd4, even4 - odd4, even + 2 * odd,
        even - 2 * odd, d5 - odd4 - 4 * d3}};
}

static void transform_rows(const int8_t *from, int32_t channels, int32_t row_size, uint32_t *to) {
    uint32_t last = BASE;
    for (int32_t row = 0; row < SIZE; row++) {
        if (row == 4) {
            last = LIFTED;
        }
        uint32_t d[SIZE];
        for (int32_t i = 0; i < SIZE; i++) {
            d[i] = (uint32_t)read_word(from + i * channels);
        }
        line_t even = transform(add_even(BASE, d[0]), add_even(BASE, d[1]), add_even(BASE, d[2]),
            add_even(BASE, d[3]), add_even(last, d[4]), add_even(last, d[5]));
        line_t odd = transform(add_odd(BASE, d[0]), add_odd(BASE, d[1]), add_odd(BASE, d[2]),
            add_odd(BASE, d[3]), add_odd(last, d[4]), add_odd(last, d[5]));
        for (int32_t i = 0; i < SIZE; i++) {
            to[i] = even.v[i];
            to[SIZE * SIZE + i] = odd.v[i];
        }
        to += SIZE;
        from += row_size;
    }
}

static void transform_columns(const uint32_t *from, int32_t *to, int32_t step) {
    for (int32_t column = 0; column < SIZE; column++) {
        line_t line = transform(
            from[0], from[SIZE], from[2 * SIZE], from[3 * SIZE], from[4 * SIZE], from[5 * SIZE]);
        for (int32_t i = 0; i < SIZE; i++) {
            to[i * SIZE * step] = (int32_t)line.v[i];
        }
        to += step;
        from++;
    }
}

void ink_winograd_f4_input(
    const int8_t *from, int32_t channels, int32_t row_size, int32_t *to, int32_t pairs) {
    uint32_t rows[2 * SIZE * SIZE];
    for (int32_t channel = 0; channel < channels; channel += 4) {
        transform_rows(from + channel, channels, row_size, rows);
        transform_columns(rows, to, pairs * INK_WINOGRAD_TILES);
        transform_columns(rows + SIZE * SIZE, to + INK_WINOGRAD_TILES, pairs * INK_WINOGRAD_TILES);
        to += 2 * INK_WINOGRAD_TILES;
    }
}

#endif
