// SPDX-License-Identifier: MIT
// The inner kernels of the general convolution: a pair of output channels A and B, whose weights
// lie beside each other in 16 bits, B's in the low byte.
#ifndef INK_CONV_GENERAL_TILE_H
#define INK_CONV_GENERAL_TILE_H

#include <stdint.h>

#define INK_TILE_SUMS 8 // of A for 4 pixels, then of B

// Both start from the record's two biases, take `groups` of 4 taps, and return the end of the
// weights. `panel`: as ink_conv_packed_widen() writes it, of at least one group.
const int32_t *ink_conv_general_four(
    const int32_t *panel, const int32_t *record, int32_t groups, int32_t sums[INK_TILE_SUMS]);

// One pixel, whose taps are `bytes`: writes sums[0], of A, and sums[4], of B.
const int32_t *ink_conv_general_one(
    const int8_t *bytes, const int32_t *record, int32_t groups, int32_t sums[INK_TILE_SUMS]);

#endif
