// SPDX-License-Identifier: MIT
// Addition by two tables, of what each input's values contribute, and one requantization. Runs
// flat; the output may be either input.
#include "packed_common.h"

typedef struct {
    const int32_t *table0, *table1;
    ink_requantize_t how;
    int32_t output_zero;
} adder_t;

// Adds byte `lane` of both words.
static inline int32_t add_lane(
    const adder_t *adder, uint32_t bytes0, uint32_t bytes1, int32_t lane) {
    uint32_t sum = (uint32_t)adder->table0[(bytes0 >> (8 * lane)) & 0xFF] +
                   (uint32_t)adder->table1[(bytes1 >> (8 * lane)) & 0xFF];
    return requantize((int32_t)sum, &adder->how, adder->output_zero);
}

#if INK_HAVE_DSP

static inline int32_t join_bytes(int32_t a, int32_t b, int32_t c, int32_t d) {
    __asm("bfi %0, %1, #8, #8\n bfi %0, %2, #16, #8\n bfi %0, %3, #24, #8"
        : "+r"(a)
        : "r"(b), "r"(c), "r"(d));
    return a;
}

// Adds whole words. Returns how many elements that were.
static int32_t add_words(const adder_t *adder, const int8_t *input0, const int8_t *input1,
    int8_t *output, int32_t size) {
    const adder_t own = *adder; // so that the compiler keeps it in registers
    const int8_t *end = input0 + (size & ~3);
    while (input0 != end) {
        uint32_t a = (uint32_t)read_word(input0);
        uint32_t b = (uint32_t)read_word(input1);
        input0 += 4;
        input1 += 4;
        int32_t sums = join_bytes(add_lane(&own, a, b, 0), add_lane(&own, a, b, 1),
            add_lane(&own, a, b, 2), add_lane(&own, a, b, 3));
        memcpy(output, &sums, sizeof(sums));
        output += 4;
    }
    return size & ~3;
}

#else

static int32_t add_words(const adder_t *adder, const int8_t *input0, const int8_t *input1,
    int8_t *output, int32_t size) {
    (void)adder, (void)input0, (void)input1, (void)output, (void)size;
    return 0;
}

#endif

void ink_add_table_s8(const ink_add_t *add, const int8_t *input0, const int8_t *input1,
    const void *weights, int8_t *output) {
    adder_t adder = {.table0 = (const int32_t *)weights + 2, .output_zero = add->output_zero};
    adder.table1 = adder.table0 + 256;
    memcpy(&adder.how, weights, sizeof(adder.how));
    int32_t done = add_words(&adder, input0, input1, output, add->size);
    for (; done < add->size; done++) {
        output[done] = (int8_t)add_lane(&adder, (uint8_t)input0[done], (uint8_t)input1[done], 0);
    }
    ink_packed_clamp(output, (size_t)add->size, add->act_min, add->act_max);
}
