// SPDX-License-Identifier: MIT
// Winograd convolution 3x3: walks over the tiles of outputs, row by row from the top, four at a
// time, and finishes all their channels before the next four. Stride 1, dilation 1, one group,
// input channels a multiple of 4.
#include <stdbool.h>

#include "../ink_copy_bytes.h"
#include "ink_rest.h"
#include "ink_winograd.h"

typedef struct {
    int32_t y, x; // the first of its outputs
    const int8_t *image;
    int8_t *output;
} tile_t;

typedef struct {
    ink_winograd_place_t place;
    int32_t rows, columns; // of its outputs that exist
} target_t;

static int32_t pairs_of(int32_t input_c) {
    int32_t block = 2 * INK_WINOGRAD_BLOCK;
    return (input_c + block - 1) / block * INK_WINOGRAD_BLOCK;
}

// In order: the inputs' transforms, then either the products or one window with padding in it.
size_t ink_winograd_scratch(int32_t side, int32_t input_c) {
    int32_t positions = (side + 2) * (side + 2);
    int32_t inputs = positions * pairs_of(input_c) * INK_WINOGRAD_TILES * 4;
    int32_t products = positions * 2 * INK_WINOGRAD_TILES * 4;
    int32_t window = positions * input_c;
    return (size_t)inputs + (size_t)(products > window ? products : window);
}

static void next_tile(tile_t *tile, const ink_packed_conv_t *conv, int32_t side) {
    tile->x += side;
    if (tile->x >= conv->output_w) {
        tile->x = 0;
        tile->y += side;
        if (tile->y >= conv->output_h) {
            tile->y = 0;
            tile->image += conv->input_h * conv->input_w * conv->input_c;
            tile->output += conv->output_h * conv->output_w * conv->output_c;
        }
    }
}

int8_t *ink_winograd_fill(int8_t *to, int32_t value, int32_t size) {
    uint32_t word = (uint8_t)value * 0x01010101u;
#pragma GCC unroll 4
    for (; size > 0; size -= 4) {
        memcpy(to, &word, 4);
        to += 4;
    }
    return to;
}

// Copies a window of `size` x `size` pixels that starts at row y, column x of the input.
static void copy_window(const ink_packed_conv_t *conv, const int8_t *image, int32_t y, int32_t x,
    int32_t size, int8_t *window) {
    int32_t depth = conv->input_c;
    int32_t value = conv->pad_value;
    int32_t left = ink_winograd_bound(-x, 0, size);
    int32_t right = ink_winograd_bound(conv->input_w - x, left, size);
    const int8_t *from = image + (y * conv->input_w + x + left) * depth;
    for (int32_t row = y; row < y + size; row++) {
        if (row < 0 || row >= conv->input_h) {
            window = ink_winograd_fill(window, value, size * depth);
        } else {
            window = ink_winograd_fill(window, value, left * depth);
            window = ink_copy_bytes(window, from, (size_t)((right - left) * depth));
            window = ink_winograd_fill(window, value, (size - right) * depth);
        }
        from += conv->input_w * depth;
    }
}

static void transform_input(const ink_winograd_t *method, const ink_packed_conv_t *conv,
    const tile_t *tile, int32_t *to, int8_t *window) {
    int32_t size = method->side + 2;
    int32_t y = tile->y - conv->pad_top;
    int32_t x = tile->x - conv->pad_left;
    int32_t depth = conv->input_c;
    const int8_t *from = window;
    int32_t row_size = size * depth;
    if (y < 0 || x < 0 || y + size > conv->input_h || x + size > conv->input_w) {
        copy_window(conv, tile->image, y, x, size, window);
    } else {
        row_size = conv->input_w * depth;
        from = tile->image + y * row_size + x * depth;
    }
    method->input(from, depth, row_size, to, pairs_of(depth));
}

static target_t find_target(const ink_packed_conv_t *conv, const tile_t *tile, int32_t side) {
    int32_t pixel = conv->output_c;
    int32_t row = conv->output_w * pixel;
    return (target_t){.place = {.to = tile->output + tile->y * row + tile->x * pixel,
                          .pixel = pixel,
                          .row = row,
                          .zero_point = conv->output_zero},
        .rows = ink_winograd_bound(conv->output_h - tile->y, 1, side),
        .columns = ink_winograd_bound(conv->output_w - tile->x, 1, side)};
}

// Writes the next channel of a tile that leaves the output.
static void transform_part(const ink_winograd_t *method, const target_t *target,
    const int32_t *products, const ink_requantize_t *how) {
    const ink_winograd_place_t *place = &target->place;
    int32_t side = method->side;
    int8_t whole[4 * 4];
    const ink_winograd_place_t aside = {
        .to = whole, .pixel = 1, .row = side, .zero_point = place->zero_point};
    method->output(products, how, &aside);
    for (int32_t y = 0; y < target->rows; y++) {
        for (int32_t x = 0; x < target->columns; x++) {
            place->to[y * place->row + x * place->pixel] = whole[y * side + x];
        }
    }
}

// Writes a tile's next channels, one or two.
static void transform_output(const ink_winograd_t *method, target_t *target,
    const int32_t *products, const ink_requantize_t *how, int32_t channels) {
    bool whole = target->rows == method->side && target->columns == method->side;
    for (; channels > 0; channels--) {
        if (whole) {
            method->output(products, how, &target->place);
        } else {
            transform_part(method, target, products, how);
        }
        target->place.to++;
        products += INK_WINOGRAD_TILES;
        how++;
    }
}

void ink_winograd_run(const ink_winograd_t *method, const ink_packed_conv_t *conv,
    const int8_t *input, const int32_t *weights, int8_t *output, int32_t *scratch) {
    int32_t side = method->side;
    ink_winograd_multiply_t multiply = {
        .inputs = scratch, .pairs = pairs_of(conv->input_c), .positions = (side + 2) * (side + 2)};
    int32_t *products = scratch + multiply.positions * multiply.pairs * INK_WINOGRAD_TILES;
    int32_t left =
        conv->batch * ((conv->output_h + side - 1) / side) * ((conv->output_w + side - 1) / side);
    target_t targets[INK_WINOGRAD_TILES];
    tile_t next = {.image = input, .output = output};
    const uint32_t steps =
        (uint32_t)(multiply.positions * multiply.pairs * conv->output_c) * (2 * INK_WINOGRAD_TILES);
    uint32_t done = 0;
    for (; left > 0; left -= INK_WINOGRAD_TILES) {
        done = ink_rest_after(done, steps);
        int32_t count = left < INK_WINOGRAD_TILES ? left : INK_WINOGRAD_TILES;
        for (int32_t i = 0; i < count; i++) {
            targets[i] = find_target(conv, &next, side);
            transform_input(method, conv, &next, scratch + i, (int8_t *)products);
            next_tile(&next, conv, side);
        }
        const int32_t *from = weights;
        for (int32_t channel = 0; channel < conv->output_c; channel += 2) {
            ink_winograd_multiply(&multiply, from, products);
            from += multiply.positions * (2 + 2 * multiply.pairs);
            const ink_requantize_t *how = (const ink_requantize_t *)from;
            int32_t channels = channel + 1 < conv->output_c ? 2 : 1;
            for (int32_t i = 0; i < count; i++) {
                transform_output(method, &targets[i], products + i, how, channels);
            }
            from = (const int32_t *)(how + 2);
        }
    }
    size_t size = (size_t)(conv->batch * conv->output_h * conv->output_w * conv->output_c);
    ink_packed_clamp(output, size, conv->act_min, conv->act_max);
}
