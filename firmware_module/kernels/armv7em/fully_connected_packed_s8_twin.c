// SPDX-License-Identifier: MIT
// The portable twin of fully_connected_packed_s8.c: the same packed weights, the same bits.
#include "ink_packed_common.h"

#if !INK_HAVE_DSP

// Where tap `lane` of a group of 4 lies: the order in which SXTB16 widens.
static const uint8_t place[4] = {0, 2, 1, 3};

typedef struct {
    int32_t sum, b; // 256 x A + B, and B
} pair_t;

// `step`: bytes from one group of 4 taps of this pair of units to the next.
static void accumulate(
    pair_t *pair, const int8_t *input, int32_t depth, const uint8_t *taps, int32_t step) {
    for (int32_t i = 0; i < depth; i++) {
        int16_t both;
        memcpy(&both, taps + (i >> 2) * step + 2 * place[i & 3], sizeof(both));
        pair->sum = (int32_t)((uint32_t)pair->sum + (uint32_t)(both * input[i]));
        pair->b = (int32_t)((uint32_t)pair->b + (uint32_t)((int8_t)(both & 0xFF) * input[i]));
    }
}

static int32_t a_of(const pair_t *pair) {
    return (int32_t)((uint32_t)pair->sum - (uint32_t)pair->b) >> 8;
}

static void run_row(const ink_packed_fully_connected_t *layer, const int8_t *input,
    const uint8_t *weights, int8_t *output) {
    int32_t taps_size = ((layer->depth + 3) & ~3) * 2;
    ink_requantize_t how[2];
    memcpy(how, weights, sizeof(how[0]));
    weights += sizeof(how[0]);
    int32_t unit = 0;
    for (int32_t block = 0; block < layer->blocks; block++) {
        for (int32_t half = 0; half < 2; half++) {
            pair_t pair = {read_word(weights + 4 * half), read_word(weights + 8 + 4 * half)};
            accumulate(&pair, input, layer->depth, weights + 16 + 8 * half, 16);
            output[unit++] = (int8_t)ink_packed_requantize(a_of(&pair), how, layer->output_zero);
            output[unit++] = (int8_t)ink_packed_requantize(pair.b, how, layer->output_zero);
        }
        weights += 16 + 2 * taps_size;
    }
    for (; unit < layer->units; unit += 2) {
        pair_t pair = {read_word(weights), read_word(weights + 4)};
        accumulate(&pair, input, layer->depth, weights + 8, 8);
        memcpy(how, weights + 8 + taps_size, sizeof(how));
        output[unit] = (int8_t)ink_packed_requantize(a_of(&pair), &how[0], layer->output_zero);
        if (unit + 1 < layer->units) {
            output[unit + 1] = (int8_t)ink_packed_requantize(pair.b, &how[1], layer->output_zero);
        }
        weights += 8 + taps_size + sizeof(how);
    }
}

void ink_fully_connected_packed_s8(const ink_packed_fully_connected_t *layer, const int8_t *input,
    const void *weights, int8_t *output, void *scratch) {
    for (int32_t row = 0; row < layer->rows; row++) {
        // the output may lie over the row that it comes from
        memcpy(scratch, input + row * layer->depth, (size_t)layer->depth);
        run_row(layer, scratch, weights, output + row * layer->units);
    }
    ink_packed_clamp(output, (size_t)(layer->rows * layer->units), layer->act_min, layer->act_max);
}

#endif
