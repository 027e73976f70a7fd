// SPDX-License-Identifier: MIT
// LSTM of int8 with cells of 16 bits: gates by a table of the logistic function, as TensorFlow
// Lite's reference kernels have it.
#include <string.h>

#include "armv7em/ink_packed_common.h"
#include "ink_four_rows.h"
#include "ink_kernels.h"
#include "ink_rest.h"

// The gates, in the order of the weights.
enum { INPUT, FORGET, CELL, OUTPUT };

// 1 / (1 + exp(-x)) in Q0.15 of x in Q3.12. The table has it for 0 to 10.7, in Q0.16.
static int32_t logistic(const uint16_t table[256], int32_t x) {
    const int32_t scaled = x * 3;
    const uint32_t size = (uint32_t)(scaled < 0 ? -scaled : scaled);
    const uint32_t at = size >> 9; // at most 192
    const uint32_t rest = size & 0x1ff;
    const uint32_t low = table[at];
    const uint32_t value = (low << 9) + rest * (table[at + 1] - low);
    return (int32_t)((scaled < 0 ? (1u << 25) - value + (1u << 9) - 1 : value + (1u << 9)) >> 10);
}

// tanh(x) = 2 / (1 + exp(-2x)) - 1 in Q0.15 of what is 3/4 of x in Q3.12.
static int32_t hyperbolic(const uint16_t table[256], int32_t scaled) {
    const uint32_t size = (uint32_t)(scaled < 0 ? -scaled : scaled);
    const uint32_t at = size >> 8;
    const uint32_t rest = size & 0xff;
    int32_t value = 0xffff << 8;
    if (at < 255) {
        const uint32_t low = table[at];
        value = (int32_t)((low << 8) + rest * (table[at + 1] - low));
    }
    const int32_t half = 1 << 23;
    return (scaled < 0 ? half - value + (1 << 7) - 1 : value - half + (1 << 7)) >> 8;
}

// Bias and inputs by the weights of a unit's gates, each to Q3.12.
static const int8_t *gate_inputs(const ink_requantize_t *how, const int32_t *bias,
    const int16_t *inputs, const int8_t *weights, int32_t groups, int32_t gates[INK_ROWS]) {
    uint32_t sums[INK_ROWS];
    memcpy(sums, bias, sizeof(sums));
    weights = ink_four_rows(sums, inputs, weights, groups);
#pragma GCC unroll 4
    for (int32_t gate = 0; gate < INK_ROWS; gate++) {
        gates[gate] = saturate_s16(rescale((int32_t)sums[gate], &how[gate]));
    }
    return weights;
}

// A time step of one sequence: `hidden` from the step before, and room for this one's.
static void step(const ink_lstm_t *layer, const int8_t *input, const int8_t *hidden, int16_t *cells,
    int8_t *output, int16_t *scratch) {
    const ink_lstm_params_t *p = layer->params;
    const int32_t groups = ink_groups(p->depth);
    const int32_t hidden_groups = ink_groups(p->units);
    int16_t *const wide_hidden = scratch + groups * INK_GROUP;
    ink_widen_groups(scratch, input, p->depth);
    ink_widen_groups(wide_hidden, hidden, p->units);
    const int8_t *weights = layer->weights;
    const int32_t *bias = layer->bias;
    const ink_requantize_t *const how = (const ink_requantize_t *)layer->scales;
    const ink_requantize_t *const products = how + 2 * INK_ROWS;
    for (int32_t unit = 0; unit < p->units; unit++) {
        int32_t gates[INK_ROWS];
        int32_t more[INK_ROWS];
        weights = gate_inputs(how, bias, scratch, weights, groups, gates);
        weights =
            gate_inputs(how + INK_ROWS, bias + INK_ROWS, wide_hidden, weights, hidden_groups, more);
        bias += 2 * INK_ROWS;
#pragma GCC unroll 4
        for (int32_t gate = 0; gate < INK_ROWS; gate++) {
            gates[gate] = saturate_s16(gates[gate] + more[gate]);
        }
        const int32_t kept = logistic(layer->table, gates[FORGET]) * cells[unit];
        const int32_t added =
            logistic(layer->table, gates[INPUT]) * hyperbolic(layer->table, gates[CELL] * 3);
        int32_t cell = saturate_s16(
            saturate_s16(rescale(kept, &products[0])) + saturate_s16(rescale(added, &products[1])));
        if (p->cell_clip > 0) {
            cell = cell < -p->cell_clip ? -p->cell_clip : cell > p->cell_clip ? p->cell_clip : cell;
        }
        cells[unit] = (int16_t)cell;
        const int32_t round = p->cell_shift > 0 ? 1 << (p->cell_shift - 1) : 0;
        const int32_t scaled = (cell * p->cell_multiplier + round) >> p->cell_shift;
        const int32_t out =
            hyperbolic(layer->table, scaled) * logistic(layer->table, gates[OUTPUT]);
        const uint32_t result = (uint32_t)p->output_offset + (uint32_t)rescale(out, &products[2]);
        output[unit] = (int8_t)saturate_s8((int32_t)result);
    }
}

void ink_lstm_s8(const ink_lstm_t *layer, const int8_t *input, int16_t *state, int8_t *output,
    int16_t *scratch) {
    const ink_lstm_params_t *p = layer->params;
    int8_t *const kept = (int8_t *)(state + p->batches * p->units);
    // rows from one step to the next, and from one sequence to the next
    const int32_t along = p->time_major ? p->batches : 1;
    const int32_t across = p->time_major ? 1 : p->steps;
    const uint32_t steps = (uint32_t)(p->units * (p->depth + p->units)) * 4;
    uint32_t done = 0;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        const int8_t *hidden = kept + batch * p->units;
        for (int32_t time = 0; time < p->steps; time++) {
            const int32_t row = batch * across + time * along;
            int8_t *to = output + row * p->units;
            step(layer, input + row * p->depth, hidden, state + batch * p->units, to, scratch);
            hidden = to;
            done = ink_rest_after(done, steps);
        }
        memcpy(kept + batch * p->units, hidden, (size_t)p->units);
    }
}
