// SPDX-License-Identifier: MIT
// What TensorFlow's microfrontend does its own way, to the bit.
#ifndef INK_MICRO_H
#define INK_MICRO_H

#include "ink_features.h"

// `points` pairs of windowed samples, both at multiples of 4; returns by how much the transform is
// to shift them to the left.
uint32_t ink_micro_window(
    const int16_t *samples, const int16_t *window, uint32_t *out, uint32_t points);

// The powers of the bins from `first`, 1 or more, until `points` - `first` + 1 in place of a
// transform of `points` pairs.
void ink_micro_spectrum(uint32_t *data, uint32_t points, uint32_t first, const uint32_t *twiddle);

// The bands' features times 2^16, from the weighted sums of their bins.
void ink_micro_features(
    const ink_features_t *features, const uint64_t *sums, uint32_t shift, int32_t *out);

#endif
