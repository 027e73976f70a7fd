// SPDX-License-Identifier: MIT
// A function of int8 for each channel, of two parts: a table that all channels share, and a line of
// each channel's own between two other tables. A threshold or the greater says which counts.
#include "ink_kernels.h"
#include "ink_rest.h"
#include "ink_simd.h"

typedef struct {
    int32_t threshold;
    uint32_t shift, channels;
    const int32_t *lines;
    const int8_t *above, *inner, *below; // entries for 0
} lines_t;

static inline int32_t on_line(const lines_t *l, const int32_t *line, int32_t value) {
    const uint32_t sum = (uint32_t)l->inner[value] * (uint32_t)line[0] + (uint32_t)line[1];
    return l->below[ink_saturate_s8((int32_t)sum >> l->shift)];
}

static void choose(const lines_t *lines, const int8_t *input, int8_t *output) {
    const lines_t l = *lines;
    const int32_t *line = l.lines;
    for (uint32_t i = 0; i < l.channels; i++) {
        const int32_t value = input[i];
        output[i] = (int8_t)(value >= l.threshold ? l.above[value] : on_line(&l, line, value));
        line += 2;
    }
}

static void take_greater(const lines_t *lines, const int8_t *input, int8_t *output) {
    const lines_t l = *lines;
    const int32_t *line = l.lines;
    for (uint32_t i = 0; i < l.channels; i++) {
        const int32_t first = l.above[input[i]];
        const int32_t second = on_line(&l, line, input[i]);
        output[i] = (int8_t)(first > second ? first : second);
        line += 2;
    }
}

void ink_channel_lines_s8(const ink_channel_lines_params_t *params, const int32_t *lines,
    const int8_t above[256], const int8_t inner[256], const int8_t below[256], uint32_t channels,
    uint32_t pixels, const int8_t *input, int8_t *output) {
    const lines_t all = {
        .threshold = params->threshold,
        .shift = (uint32_t)params->shift,
        .channels = channels,
        .lines = lines,
        .above = above + 128,
        .inner = inner + 128,
        .below = below + 128,
    };
    uint32_t done = 0;
    for (; pixels > 0; pixels--) {
        if (params->greater != 0) {
            take_greater(&all, input, output);
        } else {
            choose(&all, input, output);
        }
        input += channels;
        output += channels;
        done = ink_rest_after(done, channels);
    }
}
