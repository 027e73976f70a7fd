// SPDX-License-Identifier: MIT
// The inner kernels of direct convolution: 4 pixels' inputs into a panel, and the panel by all
// pairs of output channels.
#ifndef INK_CONV_PACKED_TILE_H
#define INK_CONV_PACKED_TILE_H

#include <stdint.h>

#define INK_TILE_PIXELS 4
#define INK_GROUP_SIZE 32  // bytes of 4 taps of 4 pixels in the panel
#define INK_PANEL_SLACK 16 // bytes past the panel's end that are read, and not used

// For each of `rows`, `row_bytes` (a multiple of 4, and not 0) from each of four places, which then
// move on by `row_step`.
typedef struct {
    const int8_t *from[INK_TILE_PIXELS];
    int32_t row_bytes, rows, row_step;
} ink_conv_widen_t;

// Writes the panel: for each group of 4 taps a pixel's taps (0, 2, 1, 3) as int16, then the next
// pixel's. Returns the end of what it wrote.
int32_t *ink_conv_packed_widen(int32_t *panel, const ink_conv_widen_t *widen);

// `weights`: the stream of conv_packed.py for `pairs` pairs of output channels.
// Writes 2 x pairs bytes at output, output + stride, output + 2 x stride, output + 3 x stride.
typedef struct {
    const int32_t *panel;
    int32_t groups; // of 4 taps, at least 1
    int32_t stride, pairs;
    int32_t output_zero;
} ink_conv_tile_t;

void ink_conv_packed_tile(const ink_conv_tile_t *tile, const void *weights, int8_t *output);

#endif
