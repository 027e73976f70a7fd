// SPDX-License-Identifier: MIT
// SVDF of int8: features of an input, each kept for `memory` runs, by weights over time.
#include <string.h>

#include "ink_four_rows.h"
#include "ink_kernels.h"
#include "ink_requantize.h"
#include "ink_rest.h"

// Lets the newest feature in, the oldest go, and gives the sum over time. Elements have 8 bits, or
// 16 where they are `wide`.
static uint32_t remember(
    const ink_svdf_params_t *p, int8_t *state, const int8_t *weights, int32_t feature) {
    const int32_t last = p->memory - 1;
    uint32_t sum = 0;
    if (p->wide) {
        int16_t *const kept = (int16_t *)state;
        const int16_t *const time = (const int16_t *)weights;
        for (int32_t i = 0; i < last; i++) {
            kept[i] = kept[i + 1];
            sum += (uint32_t)(kept[i] * time[i]);
        }
        kept[last] = (int16_t)feature;
        return sum + (uint32_t)(kept[last] * time[last]);
    }
    const int32_t zero = p->state_zero_point;
    for (int32_t i = 0; i < last; i++) {
        state[i] = state[i + 1];
        sum += (uint32_t)((state[i] - zero) * weights[i]);
    }
    state[last] = (int8_t)(feature + zero);
    return sum + (uint32_t)((state[last] - zero) * weights[last]);
}

// Returns what is done since the last rest.
static uint32_t run_batch(
    const ink_svdf_t *layer, int8_t *state, int8_t *output, const int16_t *inputs, uint32_t done) {
    const ink_svdf_params_t *p = layer->params;
    const int32_t groups = ink_groups(p->depth);
    const int32_t step = p->memory * (p->wide ? 2 : 1);
    const int32_t least = p->wide ? INT16_MIN : INT8_MIN;
    const int8_t *weights = layer->weights;
    const int8_t *time = layer->time;
    int32_t in_unit = 0;
    uint32_t total = 0;
    for (int32_t filter = 0; filter < p->filters; filter += INK_ROWS) {
        uint32_t sums[INK_ROWS];
        memcpy(sums, layer->start + filter, sizeof(sums));
        weights = ink_four_rows(sums, inputs, weights, groups);
        for (int32_t i = 0; i < INK_ROWS && filter + i < p->filters; i++) {
            const int32_t feature = ink_multiply(sums[i], p->feature_multiplier, p->feature_shift);
            total += remember(p, state, time, ink_clamp(feature, least, -least - 1));
            state += step;
            time += step;
            if (++in_unit == p->rank) {
                const int32_t unit = (filter + i) / p->rank;
                *output++ = ink_requantize(total + (uint32_t)layer->bias[unit],
                    p->output_multiplier, p->output_shift, p->output_offset, INT8_MIN, INT8_MAX);
                in_unit = 0;
                total = 0;
            }
        }
        done = ink_rest_after(done, (uint32_t)(INK_ROWS * (p->depth + p->memory)));
    }
    return done;
}

void ink_svdf_s8(
    const ink_svdf_t *layer, const int8_t *input, int8_t *state, int8_t *output, int16_t *scratch) {
    const ink_svdf_params_t *p = layer->params;
    uint32_t done = 0;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        ink_widen_groups(scratch, input, p->depth);
        done = run_batch(layer, state, output, scratch, done);
        input += p->depth;
        output += p->filters / p->rank;
        state += p->filters * p->memory * (p->wide ? 2 : 1);
    }
}
