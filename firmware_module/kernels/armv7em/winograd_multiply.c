// SPDX-License-Identifier: MIT
// The multiplication within Winograd convolution: 4 tiles by 2 output channels, in assembly, where
// the compiler keeps neither the registers nor the schedule; and its portable twin.
#include "ink_winograd.h"

#if INK_HAVE_DSP

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

INK_FIELD_AT(ink_winograd_multiply_t, inputs, 0);
INK_FIELD_AT(ink_winograd_multiply_t, pairs, 4);
INK_FIELD_AT(ink_winograd_multiply_t, positions, 8);

// r4-r7: sums of channel A for 4 tiles, r8-r11: of channel B, r0: inputs, r1: weights, r2 and r3: a
// word of weights of A and of B, r12 and lr: inputs of two tiles. Loads are issued while the word
// before is at work. In the stack frame: 0 products, 4 end of products, 8 bytes of a position's
// inputs, 12 end of this position's inputs.
__attribute__((naked)) void ink_winograd_multiply(
    const ink_winograd_multiply_t *multiply, const int32_t *weights, int32_t *products) {
    __asm volatile(
        // Word i of a block; then the registers where sums come from.
        ".macro word i, a0=r4, a1=r5, a2=r6, a3=r7, b0=r8, b1=r9, b2=r10, b3=r11\n"
        "smlad r4, r2, r12, \\a0\n"
        "ldr.w r3, [r1, #8 * \\i + 4]\n"
        "smlad r5, r2, lr, \\a1\n"
        "smlad r8, r3, r12, \\b0\n"
        "ldr.w r12, [r0, #16 * \\i + 8]\n"
        "smlad r9, r3, lr, \\b1\n"
        "ldr.w lr, [r0, #16 * \\i + 12]\n"
        "smlad r6, r2, r12, \\a2\n"
        "smlad r7, r2, lr, \\a3\n"
        "ldr.w r2, [r1, #8 * \\i + 8]\n"
        "smlad r10, r3, r12, \\b2\n"
        "ldr.w r12, [r0, #16 * \\i + 16]\n"
        "smlad r11, r3, lr, \\b3\n"
        "ldr.w lr, [r0, #16 * \\i + 20]\n"
        ".endm\n"

        "push {r4-r11, lr}\n"
        "sub sp, sp, #20\n"
        "ldm r0, {r3, r4, r5}\n" // inputs, pairs, positions
        "mov r0, r3\n"
        "add r5, r2, r5, lsl #5\n"
        "strd r2, r5, [sp]\n"
        "lsl r4, r4, #4\n"
        "add r5, r0, r4\n"
        "strd r4, r5, [sp, #8]\n"
        "ldr r11, [r1, #4]\n"
        "ldr r2, [r1, #8]\n"
        "ldr r10, [r1], #8\n"
        "ldr.w r12, [r0]\n"
        "ldr.w lr, [r0, #4]\n"

        // a position; its first word starts from the two words in r10 and r11
        ".balign 4\n"
        "0:\n"
        "word 0, r10, r10, r10, r10, r11, r11, r11, r11\n"
        "b 2f\n"
        "1:\n"
        "word 0\n"
        "2:\n"
        "word 1\n"
        "word 2\n"
        "word 3\n"
        "word 4\n"
        "word 5\n"
        "word 6\n"
        "word 7\n"
        "ldr r3, [sp, #12]\n"
        "add r0, r0, #128\n"
        "add r1, r1, #64\n"
        "cmp r0, r3\n"
        "bne.w 1b\n"
        "ldr r3, [sp]\n"
        "ldr r2, [r1, #8]\n"
        "stm r3!, {r4-r11}\n"
        "ldr r4, [sp, #8]\n"
        "ldr r6, [sp, #4]\n"
        "ldr r11, [r1, #4]\n"
        "add r4, r4, r0\n"
        "ldr r10, [r1], #8\n"
        "str r4, [sp, #12]\n"
        "cmp r3, r6\n"
        "str r3, [sp]\n"
        "bne.w 0b\n"

        "add sp, sp, #20\n"
        "pop {r4-r11, pc}\n"
        ".purgem word\n");
}

#else

static int32_t half(int32_t word, int32_t shift) {
    return (int16_t)(word >> shift & 0xFFFF);
}

void ink_winograd_multiply(
    const ink_winograd_multiply_t *multiply, const int32_t *weights, int32_t *products) {
    const int32_t *inputs = multiply->inputs;
    for (int32_t position = 0; position < multiply->positions; position++) {
        for (int32_t i = 0; i < 2 * INK_WINOGRAD_TILES; i++) {
            int32_t channel = i / INK_WINOGRAD_TILES;
            int32_t tile = i % INK_WINOGRAD_TILES;
            uint32_t sum = (uint32_t)weights[channel];
            for (int32_t pair = 0; pair < multiply->pairs; pair++) {
                int32_t weight = weights[2 + 2 * pair + channel];
                int32_t input = inputs[INK_WINOGRAD_TILES * pair + tile];
                sum += (uint32_t)(half(weight, 0) * half(input, 0));
                sum += (uint32_t)(half(weight, 16) * half(input, 16));
            }
            *products++ = (int32_t)sum;
        }
        inputs += INK_WINOGRAD_TILES * multiply->pairs;
        weights += 2 + 2 * multiply->pairs;
    }
}

#endif
