// SPDX-License-Identifier: MIT
// Convolution 5x5 by Winograd F(4,5) along its rows, exact in integers: 8 products a row of the
// window and channel in place of 20. Stride 1, dilation 1, one group, input channels a multiple
// of 4.
//
// Walks down strips of 16 outputs a row (8 or 4 where no more are left). At a place four tiles lie
// beside each other, two by two, or one below another. A tile's transformed inputs stay in scratch,
// so that it transforms a row once on its way down.
#include "../ink_copy_bytes.h"
#include "ink_rest.h"
#include "ink_winograd_f45.h"

typedef struct {
    const ink_packed_conv_t *conv;
    const int8_t *image;
    int8_t *output;
    int32_t *scratch;         // room for 9 positions
    int32_t *inputs;          // in it, transformed: [positions][rows][pairs of channels][tiles]
    int32_t *products;        // behind it; or 8 pixels of inputs, padding among them
    int32_t row, position;    // words of inputs
    int32_t x, columns, rows; // first column of outputs; tiles beside and below each other
    uint32_t done;            // since the last rest, of all strips
} strip_t;

typedef struct {
    int32_t y, x, count; // the first of its outputs, and how many of them exist
    int8_t *to;
} tile_t;

static int32_t pairs_of(int32_t input_c) {
    int32_t pairs = INK_F45_ROWS * input_c / 2;
    return (pairs + INK_WINOGRAD_BLOCK - 1) / INK_WINOGRAD_BLOCK * INK_WINOGRAD_BLOCK;
}

size_t ink_winograd_f45_s8_scratch(const ink_packed_conv_t *conv) {
    size_t inputs = (size_t)pairs_of(conv->input_c) * ((INK_F45_SIZE + 1) * INK_WINOGRAD_TILES * 4);
    size_t products = INK_F45_SIZE * 2 * INK_WINOGRAD_TILES * 4;
    size_t window = (size_t)conv->input_c * INK_F45_SIZE;
    return inputs + (products > window ? products : window);
}

// 8 pixels of row y of the input from column x on, copied where some are padding.
static const int8_t *find_pixels(const strip_t *strip, int32_t y, int32_t x) {
    const ink_packed_conv_t *conv = strip->conv;
    int32_t depth = conv->input_c;
    bool row_inside = y >= 0 && y < conv->input_h;
    if (row_inside && x >= 0 && x + INK_F45_SIZE <= conv->input_w) {
        return strip->image + (y * conv->input_w + x) * depth;
    }
    int8_t *to = (int8_t *)strip->products;
    int32_t left = row_inside ? ink_winograd_bound(-x, 0, INK_F45_SIZE) : INK_F45_SIZE;
    int32_t right = ink_winograd_bound(conv->input_w - x, left, INK_F45_SIZE);
    to = ink_winograd_fill(to, conv->pad_value, left * depth);
    if (right > left) {
        const int8_t *from = strip->image + (y * conv->input_w + x + left) * depth;
        to = ink_copy_bytes(to, from, (size_t)((right - left) * depth));
    }
    ink_winograd_fill(to, conv->pad_value, (INK_F45_SIZE - right) * depth);
    return (const int8_t *)strip->products;
}

// Makes the inputs start with the first row that the next place reads. Where its new rows come to
// lie in a position, the next position had its first rows, which are done with: only at the end of
// the room all of them move back.
static void advance(strip_t *strip) {
    int32_t *start = strip->scratch;
    int32_t *next = strip->inputs + strip->rows * strip->row;
    int32_t *end = strip->inputs + INK_F45_SIZE * strip->position;
    int32_t distance = (int32_t)(next - start);
    if (end + strip->rows * strip->row <= strip->products) {
        strip->inputs = next;
        return;
    }
    for (strip->inputs = start; next < end; next += distance) {
        int32_t size = (int32_t)(end - next);
        size = size < distance ? size : distance;
        start = ink_copy_bytes(start, next, (size_t)size * sizeof(int32_t));
    }
}

// Finds the tiles at row y of the output.
static void find_tiles(const strip_t *strip, int32_t y, tile_t *tiles) {
    const ink_packed_conv_t *conv = strip->conv;
    for (int32_t row = 0; row < strip->rows; row++) {
        int32_t x = strip->x;
        for (int32_t column = 0; column < strip->columns; column++) {
            int32_t count = y < conv->output_h ? conv->output_w - x : 0;
            *tiles++ = (tile_t){.y = y,
                .x = x,
                .count = ink_winograd_bound(count, 0, INK_F45_SIDE),
                .to = strip->output + (y * conv->output_w + x) * conv->output_c};
            x += INK_F45_SIDE;
        }
        y++;
    }
}

// Transforms the rows of the window from `first` on of the inputs of four tiles.
static void read_rows(const strip_t *strip, const tile_t *tiles, int32_t first) {
    const ink_packed_conv_t *conv = strip->conv;
    for (int32_t tile = 0; tile < INK_WINOGRAD_TILES; tile++) {
        int32_t y = tiles[tile].y - conv->pad_top;
        int32_t x = tiles[tile].x - conv->pad_left;
        for (int32_t i = tiles[tile].count > 0 ? first : INK_F45_ROWS; i < INK_F45_ROWS; i++) {
            ink_winograd_f45_input(find_pixels(strip, y + i, x), conv->input_c,
                strip->inputs + i * strip->row + tile, strip->position);
        }
    }
}

// Copies one channel of the tiles of which some outputs do not exist, from where all were written.
static void copy_parts(const tile_t *tiles, int32_t channel, ink_winograd_line_t *lines,
    int8_t parts[INK_WINOGRAD_TILES][INK_F45_SIDE], int32_t pixel) {
    for (int32_t tile = 0; tile < INK_WINOGRAD_TILES; tile++) {
        if (tiles[tile].count < INK_F45_SIDE) {
            for (int32_t x = 0; x < tiles[tile].count; x++) {
                tiles[tile].to[x * pixel + channel] = parts[tile][x];
            }
            lines[tile].to = parts[tile];
        }
    }
}

// Multiplies by the weights, and writes all channels of four tiles.
static void write_outputs(const strip_t *strip, const tile_t *tiles, const int32_t *weights) {
    const ink_packed_conv_t *conv = strip->conv;
    const ink_winograd_multiply_t multiply = {.inputs = strip->inputs,
        .pairs = strip->position / INK_WINOGRAD_TILES,
        .positions = INK_F45_SIZE};
    int8_t parts[INK_WINOGRAD_TILES][INK_F45_SIDE];
    ink_winograd_line_t lines[INK_WINOGRAD_TILES];
    bool cut = false;
    for (int32_t tile = 0; tile < INK_WINOGRAD_TILES; tile++) {
        bool whole = tiles[tile].count == INK_F45_SIDE;
        lines[tile] = whole ? (ink_winograd_line_t){tiles[tile].to, conv->output_c}
                            : (ink_winograd_line_t){parts[tile], 1};
        cut |= !whole;
    }
    for (int32_t channel = 0; channel < conv->output_c;) {
        ink_winograd_multiply(&multiply, weights, strip->products);
        weights += INK_F45_SIZE * (2 + 2 * multiply.pairs);
        const ink_requantize_t *how = (const ink_requantize_t *)weights;
        const int32_t *products = strip->products;
        for (int32_t end = channel + 2; channel < end && channel < conv->output_c; channel++) {
            ink_winograd_f45_output(products, how++, lines, conv->output_zero);
            if (cut) {
                copy_parts(tiles, channel, lines, parts, conv->output_c);
            }
            products += INK_WINOGRAD_TILES;
        }
        weights += 2 * sizeof(*how) / sizeof(*weights);
    }
}

static void run_strip(strip_t *strip, const int32_t *weights) {
    const ink_packed_conv_t *conv = strip->conv;
    tile_t tiles[INK_WINOGRAD_TILES];
    strip->inputs = strip->scratch;
    const uint32_t steps =
        (uint32_t)(conv->input_c * conv->output_c) * (5 * INK_F45_SIZE * INK_WINOGRAD_TILES);
    for (int32_t y = 0; y < conv->output_h; y += strip->rows) {
        if (y > 0) {
            advance(strip);
        }
        find_tiles(strip, y, tiles);
        read_rows(strip, tiles, y > 0 ? INK_F45_ROWS - strip->rows : 0);
        write_outputs(strip, tiles, weights);
        strip->done = ink_rest_after(strip->done, steps);
    }
}

void ink_winograd_f45_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch) {
    strip_t strip = {.conv = conv,
        .image = input,
        .output = output,
        .scratch = scratch,
        .row = conv->input_c / 2 * INK_WINOGRAD_TILES,
        .position = pairs_of(conv->input_c) * INK_WINOGRAD_TILES};
    strip.products = strip.scratch + (INK_F45_SIZE + 1) * strip.position;
    for (int32_t i = 0; i < conv->batch; i++) {
        for (strip.x = 0; strip.x < conv->output_w; strip.x += strip.columns * INK_F45_SIDE) {
            int32_t tiles = (conv->output_w - strip.x + INK_F45_SIDE - 1) / INK_F45_SIDE;
            strip.columns = tiles > 2 ? INK_WINOGRAD_TILES : tiles;
            strip.rows = INK_WINOGRAD_TILES / strip.columns;
            run_strip(&strip, weights);
        }
        strip.image += conv->input_h * conv->input_w * conv->input_c;
        strip.output += conv->output_h * conv->output_w * conv->output_c;
    }
    size_t size = (size_t)(conv->batch * conv->output_h * conv->output_w * conv->output_c);
    ink_packed_clamp(output, size, conv->act_min, conv->act_max);
}
