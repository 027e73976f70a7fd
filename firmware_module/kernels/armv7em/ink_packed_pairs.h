// SPDX-License-Identifier: MIT
// One input vector by pairs of output channels in the layout of conv_packed.py: what is left over
// where a kernel takes several pixels or several pairs at a time.
#ifndef INK_PACKED_PAIRS_H
#define INK_PACKED_PAIRS_H

#include <stdint.h>

// `inputs`: for each group of 4 taps two words (taps 0 and 2, taps 1 and 3), `step` words from the
// group before.
typedef struct {
    const int32_t *inputs;
    int32_t groups, step, units, output_zero;
} ink_packed_pairs_t;

// Writes `units` bytes.
void ink_packed_pairs(const ink_packed_pairs_t *pairs, const void *weights, int8_t *output);

// `sum` and the products of the input's bytes as they are stored, 4 a group, by the words of one
// channel alone.
int32_t ink_packed_alone(int32_t sum, const int8_t *bytes, const int32_t *taps, int32_t groups);

#endif
