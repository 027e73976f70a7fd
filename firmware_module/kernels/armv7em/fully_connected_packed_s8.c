// SPDX-License-Identifier: MIT
// Fully connected layer on packed weights: widens an input row once, then takes 4 units at a time,
// and what is left of them by pairs.
#include "ink_fully_connected_tile.h"
#include "ink_packed_common.h"
#include "ink_packed_pairs.h"

// The widened row.
size_t ink_fully_connected_packed_s8_scratch(const ink_packed_fully_connected_t *layer) {
    return (size_t)(((layer->depth + 3) & ~3) * 2 + INK_INPUT_SLACK);
}

#if INK_HAVE_DSP

// The last 1 to 3 bytes of a row, filled up with 0.
static int32_t read_some(const int8_t *from, int32_t count) {
    int8_t bytes[4] = {0};
    for (int32_t i = 0; i < count; i++) {
        bytes[i] = from[i];
    }
    return read_word(bytes);
}

static void widen_row(int32_t *to, const int8_t *from, int32_t depth) {
    for (; depth >= 4; depth -= 4) {
        int32_t bytes = read_word(from);
        to[0] = widen_even(bytes);
        to[1] = widen_odd(bytes);
        from += 4;
        to += 2;
    }
    if (depth > 0) {
        int32_t bytes = read_some(from, depth);
        to[0] = widen_even(bytes);
        to[1] = widen_odd(bytes);
    }
}

// Rows of so few units have a loop of their own, where size does not count.
#ifdef __OPTIMIZE_SIZE__
#define FEW_UNITS 0
#else
#define FEW_UNITS 3
#endif

// Few units: a row that is used once or twice is widened on the way. The last of an odd
// number has a B of zeros, which need not be summed. The outputs may lie over the row: they are
// written when it has been read.
static void run_few(const ink_packed_fully_connected_t *layer, const int8_t *input,
    const int32_t *taps, int8_t *output) {
    int8_t outputs[3];
    int8_t *to = outputs;
    for (int32_t units = layer->units; units > 0; units -= 2) {
        ink_pair_t pair = {taps[0], taps[1]};
        taps += 2;
        const int8_t *from = input;
        int32_t depth = layer->depth;
        if (units > 1) {
#pragma GCC unroll 2
            for (; depth >= 4; depth -= 4) {
                int32_t bytes = read_word(from);
                pair = add_group(pair, widen_even(bytes), widen_odd(bytes), taps[0], taps[1]);
                from += 4;
                taps += 2;
            }
        } else {
#pragma GCC unroll 2
            for (; depth >= 4; depth -= 4) {
                int32_t bytes = read_word(from);
                pair.sum = multiply_add_pair(taps[0], widen_even(bytes), pair.sum);
                pair.sum = multiply_add_pair(taps[1], widen_odd(bytes), pair.sum);
                from += 4;
                taps += 2;
            }
        }
        if (depth > 0) {
            int32_t bytes = read_some(from, depth);
            pair = add_group(pair, widen_even(bytes), widen_odd(bytes), taps[0], taps[1]);
            taps += 2;
        }
        const ink_requantize_t *how = (const ink_requantize_t *)taps;
        *to++ = (int8_t)ink_packed_requantize(first_of(pair), &how[0], layer->output_zero);
        if (units > 1) {
            *to++ = (int8_t)ink_packed_requantize(pair.b, &how[1], layer->output_zero);
        }
        taps = (const int32_t *)(how + 2);
    }
    for (int32_t unit = 0; unit < layer->units; unit++) {
        output[unit] = outputs[unit];
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
    int32_t in_blocks = layer->blocks * INK_BLOCK_UNITS;
    int8_t *to = output;
    for (int32_t row = 0; row < layer->rows; row++) {
        if (FEW_UNITS > 0 && layer->units <= FEW_UNITS) {
            run_few(layer, input, (const int32_t *)first, to);
        } else {
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
        }
        input += layer->depth;
        to += layer->units;
    }
    ink_packed_clamp(output, (size_t)(to - output), layer->act_min, layer->act_max);
}

#endif
