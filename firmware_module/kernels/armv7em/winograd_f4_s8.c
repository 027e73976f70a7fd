// SPDX-License-Identifier: MIT
// Winograd F(4x4,3x3): tiles of 4 x 4 outputs from windows of 6 x 6 inputs, with 36 products a
// channel in place of 144. Its transforms; the rest is in winograd.c.
#include "winograd.h"

#define SIDE 4
#define SIZE 6

// Two channels travel in a word as the number 65536 * high + low, on which any sum is exact. At the
// end the low one must not be negative, or it borrows from the high one: 12750 added to four of the
// window's inputs adds 12750 to it at every position, and the weights' sums start that much lower.
#define BASE 0x00800080u // makes inputs 0 to 255
#define LIFTED (BASE + 12750u)

typedef struct {
    uint32_t v[SIZE];
} line_t;

static inline line_t transform(uint32_t d0, uint32_t d1, uint32_t d2, uint32_t d3, uint32_t d4,
    uint32_t d5) {
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
        line_t line = transform(from[0], from[SIZE], from[2 * SIZE], from[3 * SIZE],
            from[4 * SIZE], from[5 * SIZE]);
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
        transform_rows(from + channel, channels, row_size, rows);
        transform_columns(rows, to, pairs * WINOGRAD_TILES);
        transform_columns(rows + SIZE * SIZE, to + WINOGRAD_TILES, pairs * WINOGRAD_TILES);
        to += 2 * WINOGRAD_TILES;
    }
}

typedef struct {
    uint32_t v[SIDE];
} outputs_t;

// 24 times the outputs, divided by 1, 2, 4 and 4.
static inline outputs_t transform_back(uint32_t m0, uint32_t m1, uint32_t m2, uint32_t m3,
    uint32_t m4, uint32_t m5) {
    uint32_t sum1 = m1 + m2;
    uint32_t sum2 = m3 + m4;
    uint32_t difference1 = m1 - m2;
    uint32_t difference2 = m3 - m4;
    return (outputs_t){{sum2 - 4 * sum1 + m0, difference2 - 2 * difference1, sum2 - sum1,
        2 * difference2 - difference1 + m5}};
}

#define INVERSE_OF_9 0x38E38E39u // modulo 2^32

// 576 x output / 2^(6 - shift), modulo 2^32: 64 x output is exact while |output| < 2^25
static inline int8_t finish(uint32_t product, int32_t shift, const ink_requantize_t *how) {
    int32_t output = (int32_t)(product * INVERSE_OF_9) >> shift;
    return (int8_t)requantize(output, how);
}

static inline void finish_column(const uint32_t *from, int32_t shift, const ink_requantize_t *how,
    int8_t *to, int32_t row) {
    outputs_t column = transform_back(from[0], from[SIDE], from[2 * SIDE], from[3 * SIDE],
        from[4 * SIDE], from[5 * SIDE]);
    to[0] = finish(column.v[0], shift, how);
    to[row] = finish(column.v[1], shift - 1, how);
    to[2 * row] = finish(column.v[2], shift - 2, how);
    to[3 * row] = finish(column.v[3], shift - 2, how);
}

static void transform_output(const int32_t *products, const ink_requantize_t *how, int8_t *to,
    int32_t pixel, int32_t row) {
    enum { STEP = 2 * WINOGRAD_TILES };
    uint32_t rows[SIZE * SIDE];
    const uint32_t *from = (const uint32_t *)products;
    for (int32_t i = 0; i < SIZE; i++) {
        outputs_t line = transform_back(
            from[0], from[STEP], from[2 * STEP], from[3 * STEP], from[4 * STEP], from[5 * STEP]);
        for (int32_t x = 0; x < SIDE; x++) {
            rows[i * SIDE + x] = line.v[x];
        }
        from += SIZE * STEP;
    }
    const ink_requantize_t copy = *how;
    finish_column(rows, 6, &copy, to, row);
    finish_column(rows + 1, 5, &copy, to + pixel, row);
    finish_column(rows + 2, 4, &copy, to + 2 * pixel, row);
    finish_column(rows + 3, 4, &copy, to + 3 * pixel, row);
}

size_t ink_winograd_f4_s8_scratch(const ink_packed_conv_t *conv) {
    return ink_winograd_scratch(SIDE, conv->input_c);
}

void ink_winograd_f4_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch) {
    const ink_winograd_t method = {
        .side = SIDE, .input = transform_input, .output = transform_output};
    ink_winograd_run(&method, conv, input, weights, output, scratch);
}
