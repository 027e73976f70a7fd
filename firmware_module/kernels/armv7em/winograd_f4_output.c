// SPDX-License-Identifier: MIT
// Winograd F(4x4,3x3): from a tile's products of one channel to 4 x 4 outputs. In assembly, as all
// 14 registers are at work and loads must be issued early; and its portable twin.
//
// In one direction the products m become 24 times the outputs, divided by 1, 2, 4 and 4:
//     m0 - 4 (m1 + m2) + (m3 + m4), (m3 - m4) - 2 (m1 - m2), (m3 + m4) - (m1 + m2),
//     2 (m3 - m4) - (m1 - m2) + m5
// In both that is 576 x output / 2^s modulo 2^32. Multiplied by the inverse of 9 it is 2^(6 - s) x
// output, which a shift to the right makes the output, exactly while |output| < 2^25.
#include "ink_winograd.h"

typedef struct {
    uint32_t v[INK_WINOGRAD_F4_SIDE];
} outputs_t;

static inline outputs_t transform_back(
    uint32_t m0, uint32_t m1, uint32_t m2, uint32_t m3, uint32_t m4, uint32_t m5) {
    uint32_t sum1 = m1 + m2;
    uint32_t sum2 = m3 + m4;
    uint32_t difference1 = m1 - m2;
    uint32_t difference2 = m3 - m4;
    return (outputs_t){{sum2 - 4 * sum1 + m0, difference2 - 2 * difference1, sum2 - sum1,
        2 * difference2 - difference1 + m5}};
}

#define INVERSE_OF_9 0x38E38E39u // modulo 2^32

// From half-transformed products, 6 rows of 4: on the Cortex-M7 only where a channel shifts to the
// left. Not static, as assembly calls it.
void ink_winograd_f4_finish(
    const uint32_t *rows, const ink_requantize_t *how, const ink_winograd_place_t *place);

void ink_winograd_f4_finish(
    const uint32_t *rows, const ink_requantize_t *how, const ink_winograd_place_t *place) {
    // what a column, and then a row of outputs, is divided by, as a power of 2
    static const uint8_t divided[INK_WINOGRAD_F4_SIDE] = {0, 1, 2, 2};
    for (int32_t x = 0; x < INK_WINOGRAD_F4_SIDE; x++) {
        const uint32_t *from = rows + x;
        outputs_t column = transform_back(from[0], from[INK_WINOGRAD_F4_SIDE],
            from[2 * INK_WINOGRAD_F4_SIDE], from[3 * INK_WINOGRAD_F4_SIDE],
            from[4 * INK_WINOGRAD_F4_SIDE], from[5 * INK_WINOGRAD_F4_SIDE]);
        int8_t *to = place->to + x * place->pixel;
        for (int32_t y = 0; y < INK_WINOGRAD_F4_SIDE; y++) {
            int32_t shift = 6 - divided[x] - divided[y];
            int32_t output = (int32_t)(column.v[y] * INVERSE_OF_9) >> shift;
            *to = (int8_t)ink_packed_requantize(output, how, place->zero_point);
            to += place->row;
        }
    }
}

#if INK_HAVE_DSP

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

INK_FIELD_AT(ink_winograd_place_t, to, 0);
INK_FIELD_AT(ink_winograd_place_t, pixel, 4);
INK_FIELD_AT(ink_winograd_place_t, row, 8);
INK_FIELD_AT(ink_winograd_place_t, zero_point, 12);

// In the stack frame: 4 x 6 words of half-transformed products, then how, place.
__attribute__((naked)) void ink_winograd_f4_output(
    const int32_t *products, const ink_requantize_t *how, const ink_winograd_place_t *place) {
    __asm volatile(
        // A row of products in m0 to m5, while the next row is loaded into n0 to n5.
        ".macro row i, next, m0, m1, m2, m3, m4, m5, n0, n1, n2, n3, n4, n5\n"
        "add lr, \\m1, \\m2\n"
        "ldr \\n1, [r0, #192 * \\next + 32]\n"
        "sub \\m1, \\m1, \\m2\n"
        "ldr \\n2, [r0, #192 * \\next + 64]\n"
        "add \\m2, \\m3, \\m4\n"
        "ldr \\n3, [r0, #192 * \\next + 96]\n"
        "sub \\m3, \\m3, \\m4\n"
        "ldr \\n4, [r0, #192 * \\next + 128]\n"
        "add \\m0, \\m0, \\m2\n"
        "ldr \\n0, [r0, #192 * \\next]\n"
        "sub \\m4, \\m3, \\m1, lsl #1\n"
        "ldr \\n5, [r0, #192 * \\next + 160]\n"
        "sub \\m5, \\m5, \\m1\n"
        "str \\m4, [sp, #16 * \\i + 4]\n"
        "sub \\m0, \\m0, lr, lsl #2\n"
        "sub lr, \\m2, lr\n"
        "str \\m0, [sp, #16 * \\i]\n"
        "add \\m5, \\m5, \\m3, lsl #1\n"
        "str.w lr, [sp, #16 * \\i + 8]\n"
        "str \\m5, [sp, #16 * \\i + 12]\n"
        ".endm\n"

        // Column i, in r1 to r6, to outputs in r1, r5, lr and r6; the next column's words are
        // loaded where registers become free.
        ".macro column i, shift\n"
        "add lr, r2, r3\n"
        "sub r2, r2, r3\n"
        "add r3, r4, r5\n"
        "sub r4, r4, r5\n"
        "add r1, r1, r3\n"
        "sub r5, r4, r2, lsl #1\n"
        "sub r6, r6, r2\n"
        "sub r1, r1, lr, lsl #2\n"
        "sub lr, r3, lr\n"
        "mul r5, r5, r7\n"
        "add r6, r6, r4, lsl #1\n"
        "mul r1, r1, r7\n"
        "ldr r2, [sp, #4 * \\i + 20]\n"
        "mul lr, lr, r7\n"
        "ldr r3, [sp, #4 * \\i + 36]\n"
        "mul r6, r6, r7\n"
        "asr r5, r5, #\\shift - 1\n"
        "asr r1, r1, #\\shift\n"
        "smmlar r5, r5, r8, r5\n"
        "asr lr, lr, #\\shift - 2\n"
        "smmlar r1, r1, r8, r1\n"
        "asr r6, r6, #\\shift - 2\n"
        "smmlar lr, lr, r8, lr\n"
        "ldr r4, [sp, #4 * \\i + 52]\n"
        "smmlar r6, r6, r8, r6\n"
        "add r5, r5, r5, asr #31\n"
        "smmlsr r5, r5, r9, r10\n"
        "add r1, r1, r1, asr #31\n"
        "smmlsr r1, r1, r9, r10\n"
        "add lr, lr, lr, asr #31\n"
        "smmlsr lr, lr, r9, r10\n"
        "add r6, r6, r6, asr #31\n"
        "smmlsr r6, r6, r9, r10\n"
        "ssat r5, #8, r5\n"
        "add r0, r11, r12\n"
        "ssat r1, #8, r1\n"
        "strb r5, [r0]\n"
        "ssat lr, #8, lr\n"
        "strb.w r1, [r11]\n"
        "ssat r6, #8, r6\n"
        "ldr r5, [sp, #4 * \\i + 68]\n"
        "strb.w lr, [r11, r12, lsl #1]\n"
        "ldr.w lr, [sp, #100]\n"
        "ldr r1, [sp, #4 * \\i + 4]\n"
        "strb.w r6, [r0, r12, lsl #1]\n"
        "add r11, r11, lr\n"
        "ldr r6, [sp, #4 * \\i + 84]\n"
        ".endm\n"

        "push {r4-r11, lr}\n"
        "sub sp, sp, #108\n"
        "strd r1, r2, [sp, #96]\n"
        "ldr r1, [r0]\n"
        "ldr r2, [r0, #32]\n"
        "ldr r3, [r0, #64]\n"
        "ldr r4, [r0, #96]\n"
        "ldr r5, [r0, #128]\n"
        "ldr r6, [r0, #160]\n"
        "row 0, 1, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12\n"
        "row 1, 2, r7, r8, r9, r10, r11, r12, r1, r2, r3, r4, r5, r6\n"
        "row 2, 3, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12\n"
        "row 3, 4, r7, r8, r9, r10, r11, r12, r1, r2, r3, r4, r5, r6\n"
        "row 4, 5, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12\n"
        "row 5, 5, r7, r8, r9, r10, r11, r12, r1, r2, r3, r4, r5, r6\n"
        "ldrd r3, r4, [sp, #96]\n"
        "ldrd r8, r9, [r3]\n" // multiplier, scale
        "cmp r9, #0\n"
        "bgt 1f\n"
        "ldrd r11, r5, [r4]\n"      // to, pixel
        "ldrd r12, r10, [r4, #8]\n" // row, zero point
        "str r5, [sp, #100]\n"
        "movw r7, #0x8E39\n"
        "movt r7, #0x38E3\n" // the inverse of 9
        "ldr r2, [sp, #16]\n"
        "ldr r3, [sp, #32]\n"
        "ldr r4, [sp, #48]\n"
        "ldr r5, [sp, #64]\n"
        "ldr r1, [sp]\n"
        "ldr r6, [sp, #80]\n"
        "column 0, 6\n"
        "column 1, 5\n"
        "column 2, 4\n"
        "column 3, 4\n"
        "2:\n"
        "add sp, sp, #108\n"
        "pop {r4-r11, pc}\n"

        "1:\n" // a shift to the left
        "mov r2, r4\n"
        "mov r1, r3\n"
        "mov r0, sp\n"
        "bl ink_winograd_f4_finish\n"
        "b 2b\n"
        ".purgem row\n"
        ".purgem column\n");
}

#else

#define SIZE 6

void ink_winograd_f4_output(
    const int32_t *products, const ink_requantize_t *how, const ink_winograd_place_t *place) {
    enum { STEP = 2 * INK_WINOGRAD_TILES };
    uint32_t rows[SIZE * INK_WINOGRAD_F4_SIDE];
    const uint32_t *from = (const uint32_t *)products;
    for (int32_t i = 0; i < SIZE; i++) {
        outputs_t line = transform_back(
            from[0], from[STEP], from[2 * STEP], from[3 * STEP], from[4 * STEP], from[5 * STEP]);
        for (int32_t x = 0; x < INK_WINOGRAD_F4_SIDE; x++) {
            rows[i * INK_WINOGRAD_F4_SIDE + x] = line.v[x];
        }
        from += SIZE * STEP;
    }
    ink_winograd_f4_finish(rows, how, place);
}

#endif
