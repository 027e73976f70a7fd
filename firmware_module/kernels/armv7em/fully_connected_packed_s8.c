// SPDX-License-Identifier: MIT
// Fully connected layer on packed weights: widens an input row once, then takes 4 units at a time,
// and what is left of them by pairs.
#include "ink_fully_connected_tile.h"
#include "ink_packed_common.h"
#include "ink_packed_pairs.h"
#include "ink_rest.h"

// The widened row.
size_t ink_fully_connected_packed_s8_scratch(const ink_packed_fully_connected_t *layer) {
    return (size_t)(((layer->depth + 3) & ~3) * 2 + INK_INPUT_SLACK);
}

#if INK_HAVE_DSP

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
#define APART inline __attribute__((always_inline))
#else
#define FEW_UNITS 3
#define APART __attribute__((noinline)) // so that a single unit does not save their registers

// A row by one unit: the other of its pair is of zeros, which need not be summed.
static int32_t run_one(
    const ink_packed_fully_connected_t *layer, const int8_t *from, const int32_t *taps) {
    int32_t groups = layer->depth >> 2;
    int32_t sum = ink_packed_alone(taps[0], from, taps + 2, groups);
    taps += 2 + 2 * groups;
    if (layer->depth & 3) {
        int32_t bytes = read_some(from + 4 * groups, layer->depth & 3);
        sum = multiply_add_pair(taps[0], widen_even(bytes), sum);
        sum = multiply_add_pair(taps[1], widen_odd(bytes), sum);
        taps += 2;
    }
    const ink_requantize_t *how = (const ink_requantize_t *)taps;
    return ink_packed_requantize(sum >> 8, how, layer->output_zero);
}

// A row by two units or three: used so seldom, it is widened on the way. The outputs may lie over
// the row: they are written when it has been read.
static APART void run_few(const ink_packed_fully_connected_t *layer, const int8_t *input,
    const int32_t *taps, int8_t *output) {
    const int8_t *from = input;
    ink_pair_t pair = {taps[0], taps[1]};
    taps += 2;
#pragma GCC unroll 2
    for (int32_t groups = layer->depth >> 2; groups > 0; groups--) {
        int32_t bytes = read_word(from);
        pair = add_group(pair, widen_even(bytes), widen_odd(bytes), taps[0], taps[1]);
        from += 4;
        taps += 2;
    }
    if (layer->depth & 3) {
        int32_t bytes = read_some(from, layer->depth & 3);
        pair = add_group(pair, widen_even(bytes), widen_odd(bytes), taps[0], taps[1]);
        taps += 2;
    }
    const ink_requantize_t *how = (const ink_requantize_t *)taps;
    int32_t first = ink_packed_requantize(first_of(pair), &how[0], layer->output_zero);
    int32_t second = ink_packed_requantize(pair.b, &how[1], layer->output_zero);
    if (layer->units > 2) {
        output[2] = (int8_t)run_one(layer, input, (const int32_t *)(how + 2));
    }
    output[0] = (int8_t)first;
    output[1] = (int8_t)second;
}

static void run_rows_of_few(const ink_packed_fully_connected_t *layer, const int8_t *input,
    const void *weights, int8_t *output) {
    const int32_t *few = (const int32_t *)weights + sizeof(ink_requantize_t) / sizeof(int32_t);
    uint32_t done = 0;
    for (int32_t row = layer->rows; row > 0; row--) {
        if (layer->units == 1) {
            *output = (int8_t)run_one(layer, input, few);
        } else {
            run_few(layer, input, few, output);
        }
        input += layer->depth;
        output += layer->units;
        done = ink_rest_after(done, (uint32_t)(layer->depth * layer->units));
    }
}

#endif

// Rows by 4 units at a time, then by pairs.
static APART void run_blocks(const ink_packed_fully_connected_t *layer, const int8_t *input,
    const void *weights, int8_t *output, void *scratch) {
    ink_fully_connected_tile_t tile = {.inputs = scratch,
        .groups = (layer->depth + 3) >> 2,
        .blocks = layer->blocks,
        .output_zero = layer->output_zero};
    memcpy(&tile.how, weights, sizeof(tile.how));
    const void *first = (const uint8_t *)weights + sizeof(tile.how);
    int32_t in_blocks = layer->blocks * INK_BLOCK_UNITS;
    ink_packed_pairs_t pairs = {.inputs = scratch,
        .groups = tile.groups,
        .step = 2,
        .units = layer->units - in_blocks,
        .output_zero = layer->output_zero};
    uint32_t done = 0;
    for (int32_t row = layer->rows; row > 0; row--) {
        widen_row(scratch, input, layer->depth);
        const void *next = first;
        if (layer->blocks > 0) {
            next = ink_fully_connected_tile(&tile, next, output);
        }
        ink_packed_pairs(&pairs, next, output + in_blocks);
        input += layer->depth;
        output += layer->units;
        done = ink_rest_after(done, (uint32_t)(layer->depth * layer->units));
    }
}

void ink_fully_connected_packed_s8(const ink_packed_fully_connected_t *layer, const int8_t *input,
    const void *weights, int8_t *output, void *scratch) {
#if FEW_UNITS > 0
    if (layer->units <= FEW_UNITS) {
        run_rows_of_few(layer, input, weights, output);
    } else
#endif
    {
        run_blocks(layer, input, weights, output, scratch);
    }
    ink_packed_clamp(output, (size_t)(layer->rows * layer->units), layer->act_min, layer->act_max);
}

#endif
