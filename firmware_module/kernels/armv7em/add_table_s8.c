// SPDX-License-Identifier: MIT
// Addition by two tables, of what each input's values contribute, and one requantization. Runs
// flat; the output may be either input.
#include "ink_packed_common.h"

// What the loop over words takes.
typedef struct {
    const int8_t *input0, *input1;
    int8_t *output;
    const int32_t *table0, *table1;
    ink_requantize_t how;
    int32_t output_zero;
    const int8_t *end; // of input 0's whole words
} adder_t;

#if INK_HAVE_DSP

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

INK_FIELD_AT(adder_t, input0, 0);
INK_FIELD_AT(adder_t, input1, 4);
INK_FIELD_AT(adder_t, output, 8);
INK_FIELD_AT(adder_t, table0, 12);
INK_FIELD_AT(adder_t, table1, 16);
INK_FIELD_AT(adder_t, how, 20);
INK_FIELD_AT(adder_t, output_zero, 28);
INK_FIELD_AT(adder_t, end, 32);

// Adds whole words, at least one. r8 and r9: four bytes of each input, r8 and r10-r12: sums.
// Not static, or the compiler might take its parameter away.
void ink_add_table_words(const adder_t *adder);

__attribute__((naked)) void ink_add_table_words(const adder_t *adder) {
    __asm volatile("push {r4-r11, lr}\n"
                   "ldr r1, [r0, #32]\n"
                   "push {r1}\n"
                   "ldm r0, {r0-r7}\n"
                   "0:\n"
                   "ldr r9, [r1], #4\n"
                   "ldr r8, [r0], #4\n"
                   "uxtb lr, r9\n"
                   "uxtb r10, r8\n"
                   "uxtb r11, r8, ror #8\n"
                   "ldr r10, [r3, r10, lsl #2]\n"
                   "ldr lr, [r4, lr, lsl #2]\n"
                   "uxtb r12, r8, ror #16\n"
                   "add r10, r10, lr\n"
                   "uxtb lr, r9, ror #8\n"
                   "uxtb r8, r8, ror #24\n"
                   "ldr r11, [r3, r11, lsl #2]\n"
                   "ldr lr, [r4, lr, lsl #2]\n"
                   "add r11, r11, lr\n"
                   "ldr r12, [r3, r12, lsl #2]\n"
                   "uxtb lr, r9, ror #16\n"
                   "smmlar r10, r10, r5, r10\n"
                   "uxtb r9, r9, ror #24\n"
                   "ldr r8, [r3, r8, lsl #2]\n"
                   "smmlar r11, r11, r5, r11\n"
                   "ldr lr, [r4, lr, lsl #2]\n"
                   "ldr r9, [r4, r9, lsl #2]\n"
                   "add r12, r12, lr\n"
                   "smmlar r12, r12, r5, r12\n"
                   "add r8, r8, r9\n"
                   "smmlar r8, r8, r5, r8\n"
                   "add r10, r10, r10, asr #31\n"
                   "smmlsr r10, r10, r6, r7\n"
                   "add r11, r11, r11, asr #31\n"
                   "add r12, r12, r12, asr #31\n"
                   "smmlsr r11, r11, r6, r7\n"
                   "smmlsr r12, r12, r6, r7\n"
                   "add r8, r8, r8, asr #31\n"
                   "ssat r10, #8, r10\n"
                   "smmlsr r8, r8, r6, r7\n"
                   "ssat r11, #8, r11\n"
                   "ldr lr, [sp]\n"
                   "ssat r12, #8, r12\n"
                   "ssat r8, #8, r8\n"
                   "bfi r10, r11, #8, #8\n"
                   "cmp r0, lr\n"
                   "bfi r10, r12, #16, #8\n"
                   "bfi r10, r8, #24, #8\n"
                   "str r10, [r2], #4\n"
                   "bne 0b\n"
                   "add sp, sp, #4\n"
                   "pop {r4-r11, pc}\n");
}

#endif

void ink_add_table_s8(const ink_add_t *add, const int8_t *input0, const int8_t *input1,
    const void *weights, int8_t *output) {
    adder_t adder = {.input0 = input0,
        .input1 = input1,
        .output = output,
        .table0 = (const int32_t *)weights + 2,
        .output_zero = add->output_zero,
        .end = input0 + (add->size & ~3)};
    adder.table1 = adder.table0 + 256;
    memcpy(&adder.how, weights, sizeof(adder.how));
    int32_t done = 0;
#if INK_HAVE_DSP
    if (add->size >= 4 && !shifts_left(&adder.how)) {
        ink_add_table_words(&adder);
        done = add->size & ~3;
    }
#endif
    for (; done < add->size; done++) {
        uint32_t sum = (uint32_t)adder.table0[(uint8_t)input0[done]] +
                       (uint32_t)adder.table1[(uint8_t)input1[done]];
        output[done] = (int8_t)ink_packed_requantize((int32_t)sum, &adder.how, adder.output_zero);
    }
    ink_packed_clamp(output, (size_t)add->size, add->act_min, add->act_max);
}
