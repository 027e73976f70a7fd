// SPDX-License-Identifier: MIT
// Winograd F(2x2,3x3): tiles of 2 x 2 outputs from windows of 4 x 4 inputs, with 16 products a
// channel in place of 36. Its transforms; the rest is in winograd.c.
#include "winograd.h"

#define SIDE 2
#define SIZE 4

// As in winograd_f4_s8.c; here the low channel is -510 or more.
#define BASE 0x00800080u
#define LIFTED (BASE + 510u)

typedef struct {
    uint32_t v[SIZE];
} line_t;

static inline line_t transform(uint32_t d0, uint32_t d1, uint32_t d2, uint32_t d3) {
    return (line_t){{d2 - d0, d1 + d2, d2 - d1, d3 - d1}};
}

static void transform_pair(const uint32_t *from, int32_t *to, int32_t step) {
    for (int32_t column = 0; column < SIZE; column++) {
        line_t line = transform(from[0], from[SIZE], from[2 * SIZE], from[3 * SIZE]);
        for (int32_t i = 0; i < SIZE; i++) {
            to[i * SIZE * step] = (int32_t)line.v[i];
        }
        to += step;
        from++;
    }
}

static void transform_input(
    const int8_t *from, int32_t channels, int32_t row_size, int32_t *to, int32_t pairs) {
    uint32_t rows[2 * SIZE * SIZE];
    for (int32_t channel = 0; channel < channels; channel += 4) {
        for (int32_t row = 0; row < SIZE; row++) {
            const int8_t *at = from + row * row_size + channel;
            uint32_t last = row < 2 ? BASE : LIFTED;
            uint32_t d[SIZE];
            for (int32_t i = 0; i < SIZE; i++) {
                d[i] = (uint32_t)read_word(at + i * channels);
            }
            line_t even = transform(add_even(BASE, d[0]), add_even(BASE, d[1]),
                add_even(last, d[2]), add_even(last, d[3]));
            line_t odd = transform(add_odd(BASE, d[0]), add_odd(BASE, d[1]), add_odd(last, d[2]),
                add_odd(last, d[3]));
            for (int32_t i = 0; i < SIZE; i++) {
                rows[row * SIZE + i] = even.v[i];
                rows[SIZE * SIZE + row * SIZE + i] = odd.v[i];
            }
        }
        transform_pair(rows, to, pairs * WINOGRAD_TILES);
        transform_pair(rows + SIZE * SIZE, to + WINOGRAD_TILES, pairs * WINOGRAD_TILES);
        to += 2 * WINOGRAD_TILES;
    }
}

// 4 x output, modulo 2^32: exact while |output| < 2^29
static inline int8_t finish(uint32_t product, const ink_requantize_t *how) {
    return (int8_t)requantize((int32_t)product >> 2, how);
}

static void transform_output(const int32_t *products, const ink_requantize_t *how, int8_t *to,
    int32_t pixel, int32_t row) {
    enum { STEP = 2 * WINOGRAD_TILES };
    const uint32_t *from = (const uint32_t *)products;
    uint32_t left[SIZE], right[SIZE];
    for (int32_t i = 0; i < SIZE; i++) {
        uint32_t m1 = from[STEP];
        uint32_t m2 = from[2 * STEP];
        left[i] = from[0] + m1 + m2;
        right[i] = m1 - m2 + from[3 * STEP];
        from += SIZE * STEP;
    }
    const ink_requantize_t copy = *how;
    to[0] = finish(left[0] + left[1] + left[2], &copy);
    to[pixel] = finish(right[0] + right[1] + right[2], &copy);
    to[row] = finish(left[1] - left[2] + left[3], &copy);
    to[row + pixel] = finish(right[1] - right[2] + right[3], &copy);
}

size_t ink_winograd_f2_s8_scratch(const ink_packed_conv_t *conv) {
    return ink_winograd_scratch(SIDE, conv->input_c);
}

void ink_winograd_f2_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch) {
    const ink_winograd_t method = {
        .side = SIDE, .input = transform_input, .output = transform_output};
    ink_winograd_run(&method, conv, input, weights, output, scratch);
}
