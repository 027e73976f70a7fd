// SPDX-License-Identifier: MIT
// Winograd convolution 3x3, exact in integers: what its files share. Four tiles of outputs are
// computed at a time: their inputs are transformed, multiplied by the transformed weights of two
// output channels, and each tile's products are transformed back.
#ifndef INK_WINOGRAD_H
#define INK_WINOGRAD_H

#include "ink_packed_common.h"

#define INK_WINOGRAD_TILES 4
#define INK_WINOGRAD_BLOCK 8 // pairs of input channels: the multiplication takes whole blocks

// Transforms a window of inputs at `from`, whose rows are `row_size` bytes apart, and writes for
// each of the window's positions a word for each pair of channels, INK_WINOGRAD_TILES words apart;
// `pairs` is how many words a position has room for.
typedef void ink_winograd_input_t(
    const int8_t *from, int32_t channels, int32_t row_size, int32_t *to, int32_t pairs);

// Transforms one channel's products of a tile, 2 x INK_WINOGRAD_TILES words apart, back to outputs,
// and requantizes them.
typedef struct {
    int8_t *to;
    int32_t pixel, row; // bytes between outputs in a row, and between rows
    int32_t zero_point;
} ink_winograd_place_t;

typedef void ink_winograd_output_t(
    const int32_t *products, const ink_requantize_t *how, const ink_winograd_place_t *place);

#define INK_WINOGRAD_F4_SIDE 4
ink_winograd_input_t ink_winograd_f4_input;
ink_winograd_output_t ink_winograd_f4_output;

typedef struct {
    int32_t side; // outputs of a tile in each direction
    ink_winograd_input_t *input;
    ink_winograd_output_t *output;
} ink_winograd_t;

size_t ink_winograd_scratch(int32_t side, int32_t input_c);
void ink_winograd_run(const ink_winograd_t *method, const ink_packed_conv_t *conv,
    const int8_t *input, const int32_t *weights, int8_t *output, int32_t *scratch);

// For each of `positions` of the window: two words where the sums of both output channels start,
// then, a pair of input channels after another, a word of each output channel's weights.
// Writes 4 tiles' sums of the first channel, then of the second. Reads, but does not use, two words
// past `inputs`, and three past the weights, where the requantizations lie.
typedef struct {
    const int32_t *inputs;
    int32_t pairs, positions;
} ink_winograd_multiply_t;

void ink_winograd_multiply(
    const ink_winograd_multiply_t *multiply, const int32_t *weights, int32_t *products);

static inline int32_t ink_winograd_bound(int32_t value, int32_t least, int32_t most) {
    return value < least ? least : value > most ? most : value;
}

// Writes `size` bytes of `value`, whole words. Returns their end.
int8_t *ink_winograd_fill(int8_t *to, int32_t value, int32_t size);

// Bytes 0 and 2 (1 and 3) of `bytes`, added to the halves of `base`.
#if INK_HAVE_DSP

static inline uint32_t add_even(uint32_t base, uint32_t bytes) {
    uint32_t result;
    __asm("sxtab16 %0, %1, %2" : "=r"(result) : "r"(base), "r"(bytes));
    return result;
}

static inline uint32_t add_odd(uint32_t base, uint32_t bytes) {
    uint32_t result;
    __asm("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(base), "r"(bytes));
    return result;
}

#else

static inline uint32_t add_even(uint32_t base, uint32_t bytes) {
    uint32_t low = base + (uint32_t)(int8_t)(bytes & 0xFF);
    uint32_t high = (base >> 16) + (uint32_t)(int8_t)(bytes >> 16 & 0xFF);
    return high << 16 | (low & 0xFFFF);
}

static inline uint32_t add_odd(uint32_t base, uint32_t bytes) {
    return add_even(base, bytes >> 8);
}

#endif

#endif
