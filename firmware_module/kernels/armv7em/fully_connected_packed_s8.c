// SPDX-License-Identifier: MIT
// Fully connected layer on packed weights: widens an input row once, then takes 4 units at a time,
// and what is left of them by pairs.
#include "fully_connected_tile.h"
#include "packed_common.h"
#include "packed_pairs.h"

// The widened row.
size_t ink_fully_connected_packed_s8_scratch(const ink_packed_fully_connected_t *layer) {
    return (size_t)(((layer->depth + 3) & ~3) * 2 + INPUT_SLACK);
}

#if INK_HAVE_DSP

static void widen_row(int32_t *to, const int8_t *from, int32_t depth) {
    for (; depth >= 4; depth -= 4) {
        int32_t bytes = read_word(from);
        from += 4;
        to[0] = widen_even(bytes);
        to[1] = widen_odd(bytes);
        to += 2;
    }
    if (depth > 0) {
        int8_t rest[4] = {0};
        for (int32_t i = 0; i < depth; i++) {
            rest[i] = from[i];
        }
        int32_t bytes = read_word(rest);
        to[0] = widen_even(bytes);
        to[1] = widen_odd(bytes);
    }
}

void ink_fully_connected_packed_s8(const ink_packed_fully_connected_t *layer, const int8_t *input,
    const void *weights, int8_t *output, void *scratch) {
    ink_fully_connected_tile_t tile = {.inputs = scratch,
        .groups = (layer->depth + 3) >> 2,
        .blocks = layer->blocks,
        .output_zero = layer->output_zero};
    memcpy(&tile.how, weights, sizeof(tile.how));
    const uint8_t *first = (const uint8_t *)weights + sizeof(tile.how);
    int32_t in_blocks = layer->blocks * BLOCK_UNITS;
    int8_t *to = output;
    for (int32_t row = 0; row < layer->rows; row++) {
        widen_row(scratch, input, layer->depth);
        const void *next = first;
        if (layer->blocks > 0) {
            next = ink_fully_connected_tile(&tile, next, to);
        }
        ink_packed_pairs_t pairs = {.inputs = scratch,
            .groups = tile.groups,
            .step = 2,
            .units = layer->units - in_blocks,
            .output_zero = layer->output_zero};
        ink_packed_pairs(&pairs, next, to + in_blocks);
        input += layer->depth;
        to += layer->units;
    }
    ink_packed_clamp(output, (size_t)(to - output), layer->act_min, layer->act_max);
}

#endif
