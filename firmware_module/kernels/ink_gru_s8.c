// SPDX-License-Identifier: MIT
// A step of a GRU as converters write one unrolled: two fully connected layers and the elementwise
// operators behind them, each to the bits of its own.
#include "armv7em/ink_packed_common.h"
#include "ink_four_rows.h"
#include "ink_kernels.h"

#include <string.h>

static int8_t with_offset(int32_t scaled, int32_t offset) {
    return (int8_t)saturate_s8((int32_t)((uint32_t)scaled + (uint32_t)offset));
}

// All rows of weights by one input vector.
static void dense(const ink_gru_dense_t *dense, const int8_t *input, int32_t depth, int32_t rows,
    int16_t *wide, int8_t *output) {
    const ink_requantize_t *how = (const ink_requantize_t *)dense->scales;
    const int8_t *weights = dense->weights;
    ink_widen_groups(wide, input, depth);
    for (int32_t row = 0; row < rows; row += INK_ROWS) {
        uint32_t sums[INK_ROWS];
        memcpy(sums, dense->start + row, sizeof(sums));
        weights = ink_four_rows(sums, wide, weights, ink_groups(depth));
        for (int32_t i = 0; i < INK_ROWS && row + i < rows; i++) {
            output[row + i] = with_offset(rescale((int32_t)sums[i], how++), dense->offset);
        }
    }
}

static inline int32_t term(int32_t value, const ink_gru_term_t *how) {
    const uint32_t shifted = ((uint32_t)value + (uint32_t)how->offset) << 20;
    return rescale((int32_t)shifted, (const ink_requantize_t *)how->scale);
}

static inline int8_t sum(int32_t a, int32_t b, const ink_gru_sum_t *how) {
    const uint32_t both = (uint32_t)term(a, &how->terms[0]) + (uint32_t)term(b, &how->terms[1]);
    return with_offset(
        rescale((int32_t)both, (const ink_requantize_t *)how->scale), how->output_offset);
}

static inline int8_t product(int32_t a, int32_t b, const ink_gru_product_t *how) {
    const uint32_t whole =
        ((uint32_t)a + (uint32_t)how->offsets[0]) * ((uint32_t)b + (uint32_t)how->offsets[1]);
    return with_offset(
        rescale((int32_t)whole, (const ink_requantize_t *)how->scale), how->output_offset);
}

void ink_gru_s8(const ink_gru_t *layer, const int8_t *input, const int8_t *hidden, int8_t *output,
    int16_t *scratch) {
    const int32_t units = layer->units;
    const int32_t longest = layer->depth > units ? layer->depth : units;
    int8_t *const ours = (int8_t *)(scratch + ink_groups(longest) * INK_GROUP);
    int8_t *const theirs = ours + 3 * units;
    dense(&layer->input, input, layer->depth, 3 * units, scratch, ours);
    dense(&layer->hidden, hidden, units, 3 * units, scratch, theirs);
    const ink_gru_elements_t *e = layer->elements;
    const int8_t *const update_table = layer->tables;
    const int8_t *const rest_table = update_table + 256;
    const int8_t *const reset_table = rest_table + 256;
    const int8_t *const tanh_table = reset_table + 256;
    for (int32_t i = 0; i < units; i++) {
        const uint8_t update = (uint8_t)sum(ours[i], theirs[i], &e->update);
        const uint8_t reset = (uint8_t)sum(ours[units + i], theirs[units + i], &e->reset);
        const int8_t left = product(reset_table[reset], theirs[2 * units + i], &e->kept_of_hidden);
        const uint8_t candidate = (uint8_t)sum(ours[2 * units + i], left, &e->candidate);
        output[i] = sum(product(update_table[update], hidden[i], &e->old),
            product(rest_table[update], tanh_table[candidate], &e->fresh), &e->output);
    }
}
