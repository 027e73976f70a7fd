// SPDX-License-Identifier: MIT
// Winograd F(4,5) along the rows of 5x5 windows: what its files share. A tile is 4 outputs of a
// row, from 8 inputs of each of the window's rows; four tiles are computed at a time, as in
// winograd.h.
#ifndef INK_WINOGRAD_F45_H
#define INK_WINOGRAD_F45_H

#include "ink_winograd.h"

#define INK_F45_ROWS 5 // of a window
#define INK_F45_SIDE 4 // outputs of a tile
#define INK_F45_SIZE 8 // inputs of a tile in a row, and positions

// Transforms 8 pixels of a row at `from` and writes for each position a word for each pair of
// channels, INK_WINOGRAD_TILES words apart; `step` is how many words lie from a position to the
// next.
void ink_winograd_f45_input(const int8_t *from, int32_t channels, int32_t *to, int32_t step);

// Where a tile's outputs go, `pixel` bytes apart.
typedef struct {
    int8_t *to;
    int32_t pixel;
} ink_winograd_line_t;

// Transforms one channel's products of four tiles, 2 x INK_WINOGRAD_TILES words apart, back to
// outputs, requantizes them, and makes each of `lines` the next channel's.
void ink_winograd_f45_output(const int32_t *products, const ink_requantize_t *how,
    ink_winograd_line_t *lines, int32_t zero_point);

#endif
