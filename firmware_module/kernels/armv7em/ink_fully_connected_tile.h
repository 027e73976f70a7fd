// SPDX-License-Identifier: MIT
// The inner kernel of the packed fully connected layer: one input vector by blocks of 4 units.
#ifndef INK_FULLY_CONNECTED_TILE_H
#define INK_FULLY_CONNECTED_TILE_H

#include "ink_packed_common.h"

#define INK_BLOCK_UNITS 4
#define INK_INPUT_SLACK 8 // bytes past the input vector that are read, and not used

// `inputs`: for each group of 4 taps two words (taps 0 and 2, taps 1 and 3).
typedef struct {
    const int32_t *inputs;
    int32_t groups, blocks; // each at least 1
    ink_requantize_t how;
    int32_t output_zero;
} ink_fully_connected_tile_t;

// Writes 4 x blocks bytes. Returns the end of the weights.
const void *ink_fully_connected_tile(
    const ink_fully_connected_tile_t *tile, const void *weights, int8_t *output);

#endif
