// SPDX-License-Identifier: MIT
// Winograd F(4,5) in one direction: its transforms of inputs and of products. Points 0, 1, -1, 2,
// -2, 3, -3 and infinity.
#include "ink_winograd_f45.h"

// As in winograd_f4_input.c, two channels travel in a word as the number 65536 * high + low. 128 is
// added to every input, which only position 1 sees, and 12750 to the low channel's last two, which
// every position sees: then it is 0 to 31620, and never borrows from the high one.
//
// Even inputs make, with t = d4 - d2, at 3: d6 - d4 - 4 t, at 2: 5 t less, at 1: 8 (d4 - 4 d2) less
// than at 3, and at 0: 9 (t - 4 (d2 - d0)) less than at 3; odd ones likewise, times 3, 2 and 1, and
// at infinity. Sums of both are the positions of 1, 2 and 3, differences those of -1, -2 and -3.

#if INK_HAVE_DSP

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

// r0: pixels, r1: bytes of a pixel, r2: where position 0 goes, r3: bytes to the next, r10: what is
// added to inputs 0 to 5, r11: to 6 and 7. On the stack: the end of the first pixel.
__attribute__((naked)) void ink_winograd_f45_input(
    const int8_t *from, int32_t channels, int32_t *to, int32_t step) {
    __asm volatile(".macro line rotate\n"
                   "add r12, r0, r1, lsl #1\n"
                   "ldr r4, [r12]\n"             // 2
                   "ldr r5, [r12, r1, lsl #1]\n" // 4
                   "ldr r6, [r12, r1, lsl #2]\n" // 6
                   "ldr r7, [r0]\n"
                   "sxtab16 r4, r10, r4, ror #\\rotate\n"
                   "add lr, r12, r1\n"
                   "sxtab16 r5, r10, r5, ror #\\rotate\n"
                   "ldr.w r9, [lr, r1, lsl #1]\n" // 5
                   "sxtab16 r6, r11, r6, ror #\\rotate\n"
                   "ldr.w r12, [lr]\n" // 3
                   "sxtab16 r7, r10, r7, ror #\\rotate\n"
                   "sub r8, r5, r4\n" // t
                   "sxtab16 r9, r10, r9, ror #\\rotate\n"
                   "sub r6, r6, r5\n"
                   "sub r5, r5, r4, lsl #2\n"
                   "sub r4, r4, r7\n"
                   "sub r6, r6, r8, lsl #2\n"     // even, at 3
                   "ldr.w lr, [lr, r1, lsl #2]\n" // 7
                   "sub r4, r8, r4, lsl #2\n"
                   "sxtab16 r12, r10, r12, ror #\\rotate\n"
                   "sub r7, r6, r4\n"
                   "sub r5, r6, r5, lsl #3\n" // even, at 1
                   "sub r7, r7, r4, lsl #3\n" // position 0
                   "ldr r4, [r0, r1]\n"       // 1
                   "add r8, r8, r8, lsl #2\n"
                   "str r7, [r2]\n"
                   "sxtab16 lr, r11, lr, ror #\\rotate\n"
                   "sub r8, r6, r8\n" // even, at 2
                   "sxtab16 r4, r10, r4, ror #\\rotate\n"
                   "sub lr, lr, r9\n"
                   "sub r9, r9, r12\n"
                   "sub r7, r12, r4, lsl #2\n"
                   "sub r4, r12, r4\n"
                   "sub lr, lr, r9, lsl #2\n"
                   "sub r12, r9, r4, lsl #2\n" // odd, at 3
                   "add r9, r4, r4, lsl #2\n"
                   "sub lr, lr, r12\n"
                   "sub r7, r12, r7, lsl #3\n" // odd, at 1
                   "sub r9, r12, r9\n"         // odd, at 2
                   "sub lr, lr, r12, lsl #3\n" // position 7
                   "add r4, r5, r7\n"
                   "add r12, r12, r12, lsl #1\n"
                   "sub r5, r5, r7\n"
                   "str r4, [r2, r3]\n"
                   "add r7, r2, r3, lsl #1\n"
                   "add r4, r8, r9, lsl #1\n"
                   "str r5, [r7]\n"
                   "sub r8, r8, r9, lsl #1\n"
                   "add r9, r7, r3\n"
                   "add r5, r6, r12\n"
                   "str.w r4, [r9]\n"
                   "sub r6, r6, r12\n"
                   "str.w r8, [r7, r3, lsl #1]\n"
                   "str.w r5, [r9, r3, lsl #1]\n"
                   "str.w r6, [r7, r3, lsl #2]\n"
                   "str.w lr, [r9, r3, lsl #2]\n"
                   "add r2, r2, #16\n" // the next pair of channels lies 4 tiles further
                   ".endm\n"

                   "push {r4-r11, lr}\n"
                   "add r4, r0, r1\n"
                   "push {r4}\n"
                   "lsl r3, r3, #2\n"
                   "mov r10, #0x00800080\n"
                   "movw r4, #12750\n"
                   "add r11, r10, r4\n"
                   "0:\n"
                   "line 0\n"
                   "line 8\n"
                   "ldr r4, [sp]\n"
                   "add r0, r0, #4\n"
                   "cmp r0, r4\n"
                   "bne.w 0b\n"
                   "pop {r4}\n"
                   "pop {r4-r11, pc}\n"
                   ".purgem line\n");
}

#else

#define BASE 0x00800080u // makes inputs 0 to 255
#define LIFTED (BASE + 12750u)

static void transform(const uint32_t *d, int32_t *to, int32_t step) {
    uint32_t t = d[4] - d[2];
    uint32_t even3 = d[6] - d[4] - 4 * t;
    uint32_t even2 = even3 - 5 * t;
    uint32_t even1 = even3 - 8 * (d[4] - 4 * d[2]);
    uint32_t s = d[3] - d[1];
    uint32_t odd3 = d[5] - d[3] - 4 * s;
    uint32_t odd2 = odd3 - 5 * s;
    uint32_t odd1 = odd3 - 8 * (d[3] - 4 * d[1]);
    const uint32_t at[INK_F45_SIZE] = {even3 - 9 * (t - 4 * (d[2] - d[0])), even1 + odd1,
        even1 - odd1, even2 + 2 * odd2, even2 - 2 * odd2, even3 + 3 * odd3, even3 - 3 * odd3,
        d[7] - d[5] - 4 * (d[5] - d[3]) - 9 * odd3};
    for (int32_t i = 0; i < INK_F45_SIZE; i++) {
        to[i * step] = (int32_t)at[i];
    }
}

void ink_winograd_f45_input(const int8_t *from, int32_t channels, int32_t *to, int32_t step) {
    for (int32_t channel = 0; channel < channels; channel += 4) {
        uint32_t even[INK_F45_SIZE];
        uint32_t odd[INK_F45_SIZE];
        for (int32_t i = 0; i < INK_F45_SIZE; i++) {
            uint32_t bytes = (uint32_t)read_word(from + channel + i * channels);
            uint32_t base = i < INK_F45_SIZE - 2 ? BASE : LIFTED;
            even[i] = add_even(base, bytes);
            odd[i] = add_odd(base, bytes);
        }
        transform(even, to, step);
        transform(odd, to + INK_WINOGRAD_TILES, step);
        to += 2 * INK_WINOGRAD_TILES;
    }
}

#endif

// 720 x output modulo 2^32, times the inverse of 45, is 16 x output: exact while |output| < 2^27.
#define INVERSE_OF_45 0xA4FA4FA5u

// Four outputs, 16 times each, of a channel that shifts to the left.
static __attribute__((noinline)) void finish_left(const uint32_t *outputs,
    const ink_requantize_t *how, const ink_winograd_line_t *line, int32_t zero_point) {
    for (int32_t i = 0; i < INK_F45_SIDE; i++) {
        int32_t output = (int32_t)outputs[i] >> 4;
        line->to[i * line->pixel] = (int8_t)requantize_left(output, how, zero_point);
    }
}

static inline int8_t finish(uint32_t output, const ink_requantize_t *how, int32_t zero_point) {
    return (int8_t)requantize((int32_t)output >> 4, how, zero_point);
}

// Output k, 16 times: -20 m0 (k = 0) + 15 (m1 +- m2) - 6 x 2^k (m3 +- m4) + 3^k (m5 +- m6) +
// 720 m7 (k = 3), over 45; sums where k is even, differences where it is odd.
static inline __attribute__((always_inline)) void transform_back(const uint32_t *m,
    const ink_requantize_t *how, const ink_winograd_line_t *line, int32_t zero_point) {
    enum { STEP = 2 * INK_WINOGRAD_TILES };
    uint32_t m1 = m[STEP];
    uint32_t m2 = m[2 * STEP];
    uint32_t m3 = m[3 * STEP];
    uint32_t m4 = m[4 * STEP];
    uint32_t m5 = m[5 * STEP];
    uint32_t m6 = m[6 * STEP];
    uint32_t sum1 = 5 * (m1 + m2);
    uint32_t difference1 = 5 * (m1 - m2);
    uint32_t sum2 = m3 + m4;
    uint32_t difference2 = m3 - m4;
    uint32_t sum3 = m5 + m6;
    uint32_t difference3 = m5 - m6;
    uint32_t y0 = (3 * (sum1 - 2 * sum2) + sum3 - 4 * (5 * m[0])) * INVERSE_OF_45;
    uint32_t y1 = (difference1 - 4 * difference2 + difference3) * (3 * INVERSE_OF_45);
    uint32_t y2 = (sum1 - 8 * sum2 + 3 * sum3) * (3 * INVERSE_OF_45);
    uint32_t y3 = (difference1 - 16 * difference2 + 9 * difference3) * (3 * INVERSE_OF_45);
    y3 += 16 * m[7 * STEP];
    if (shifts_left(how)) {
        const uint32_t outputs[INK_F45_SIDE] = {y0, y1, y2, y3};
        finish_left(outputs, how, line, zero_point);
        return;
    }
    const ink_requantize_t copy = *how;
    int32_t pixel = line->pixel;
    int8_t *to = line->to;
    to[0] = finish(y0, &copy, zero_point);
    to[pixel] = finish(y1, &copy, zero_point);
    to += 2 * pixel;
    to[0] = finish(y2, &copy, zero_point);
    to[pixel] = finish(y3, &copy, zero_point);
}

void ink_winograd_f45_output(const int32_t *products, const ink_requantize_t *how,
    ink_winograd_line_t *lines, int32_t zero_point) {
    for (ink_winograd_line_t *end = lines + INK_WINOGRAD_TILES; lines < end; lines++) {
        transform_back((const uint32_t *)products, how, lines, zero_point);
        lines->to++;
        products++;
    }
}
