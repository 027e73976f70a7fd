// SPDX-License-Identifier: MIT
// Winograd F(2x2,3x3): tiles of 2 x 2 outputs from windows of 4 x 4 inputs, with 16 products a
// channel in place of 36. Its transforms; the rest is in winograd.c.
#include "ink_winograd.h"

#define SIDE 2
#define SIZE 4

// As in winograd_f4_input.c; here the low channel is -510 or more.
#define BASE 0x00800080u
#define LIFTED (BASE + 510u)

typedef struct {
    uint32_t v[SIZE];
} line_t;

// A row of the window: the first and third channel of four, or rotated by 8 bits the others; `last`
// is added to pixels 2 and 3.
static inline line_t transform_row(
    const int8_t *from, int32_t channels, uint32_t rotate, uint32_t last) {
    uint32_t d[SIZE];
#pragma GCC unroll 4
    for (int32_t i = 0; i < SIZE; i++) {
        uint32_t bytes = (uint32_t)read_word(from + i * channels);
        bytes = bytes >> rotate | bytes << (-rotate & 31);
        d[i] = add_even(i < 2 ? BASE : last, bytes);
    }
    return (line_t){{d[2] - d[0], d[1] + d[2], d[2] - d[1], d[3] - d[1]}};
}

static inline void write_sums(line_t a, line_t b, int32_t *to, int32_t step) {
#pragma GCC unroll 4
    for (int32_t i = 0; i < SIZE; i++) {
        to[i * step] = (int32_t)(a.v[i] + b.v[i]);
    }
}

static inline void write_differences(line_t a, line_t b, int32_t *to, int32_t step) {
#pragma GCC unroll 4
    for (int32_t i = 0; i < SIZE; i++) {
        to[i * step] = (int32_t)(a.v[i] - b.v[i]);
    }
}

// Rows in an order in which at most two are in registers.
static void transform_pair(const int8_t *from, int32_t channels, int32_t row_size, uint32_t rotate,
    int32_t *to, int32_t step) {
    line_t row0 = transform_row(from, channels, rotate, BASE);
    line_t row2 = transform_row(from + 2 * row_size, channels, rotate, LIFTED);
    write_differences(row2, row0, to, step);
    line_t row1 = transform_row(from + row_size, channels, rotate, BASE);
    write_sums(row1, row2, to + SIZE * step, step);
    write_differences(row2, row1, to + 2 * SIZE * step, step);
    line_t row3 = transform_row(from + 3 * row_size, channels, rotate, LIFTED);
    write_differences(row3, row1, to + 3 * SIZE * step, step);
}

static void transform_input(
    const int8_t *from, int32_t channels, int32_t row_size, int32_t *to, int32_t pairs) {
    int32_t step = pairs * INK_WINOGRAD_TILES;
    for (int32_t channel = 0; channel < channels; channel += 4) {
        for (uint32_t rotate = 0; rotate <= 8; rotate += 8) {
            transform_pair(from + channel, channels, row_size, rotate, to, step);
            to += INK_WINOGRAD_TILES;
        }
    }
}

// 4 x output, modulo 2^32: exact while |output| < 2^29
static inline int8_t finish(uint32_t product, const ink_requantize_t *how, int32_t zero_point) {
    return (int8_t)requantize((int32_t)product >> 2, how, zero_point);
}

// The same for four outputs of a channel that shifts to the left.
static __attribute__((noinline)) void finish_left(
    const uint32_t products[4], const ink_requantize_t *how, const ink_winograd_place_t *place) {
    for (int32_t i = 0; i < 4; i++) {
        int32_t output = (int32_t)products[i] >> 2;
        place->to[(i & 1) * place->pixel + (i >> 1) * place->row] =
            (int8_t)requantize_left(output, how, place->zero_point);
    }
}

static void transform_output(
    const int32_t *products, const ink_requantize_t *how, const ink_winograd_place_t *place) {
    enum { STEP = 2 * INK_WINOGRAD_TILES };
    const uint32_t *from = (const uint32_t *)products;
    uint32_t left[SIZE], right[SIZE];
#pragma GCC unroll 4
    for (int32_t i = 0; i < SIZE; i++) {
        uint32_t m1 = from[STEP];
        uint32_t m2 = from[2 * STEP];
        left[i] = from[0] + m1 + m2;
        right[i] = m1 - m2 + from[3 * STEP];
        from += SIZE * STEP;
    }
    if (shifts_left(how)) {
        const uint32_t all[4] = {left[0] + left[1] + left[2], right[0] + right[1] + right[2],
            left[1] - left[2] + left[3], right[1] - right[2] + right[3]};
        finish_left(all, how, place);
        return;
    }
    const ink_requantize_t copy = *how;
    int32_t zero_point = place->zero_point;
    int8_t *to = place->to;
    int8_t *below = to + place->row;
    int32_t pixel = place->pixel;
    to[0] = finish(left[0] + left[1] + left[2], &copy, zero_point);
    to[pixel] = finish(right[0] + right[1] + right[2], &copy, zero_point);
    below[0] = finish(left[1] - left[2] + left[3], &copy, zero_point);
    below[pixel] = finish(right[1] - right[2] + right[3], &copy, zero_point);
}

size_t ink_winograd_f2_s8_scratch(const ink_packed_conv_t *conv) {
    return ink_winograd_scratch(SIDE, conv->input_c);
}

void ink_winograd_f2_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch) {
    static const ink_winograd_t method = {
        .side = SIDE, .input = transform_input, .output = transform_output};
    ink_winograd_run(&method, conv, input, weights, output, scratch);
}
