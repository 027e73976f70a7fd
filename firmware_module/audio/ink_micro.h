// SPDX-License-Identifier: MIT
// What TensorFlow's microfrontend does its own way, to the bit.
#ifndef INK_MICRO_H
#define INK_MICRO_H

#include "ink_features.h"

// Windowed samples, filled up with zeros to `points` pairs; returns by how much the transform is to
// shift them to the left.
uint32_t ink_micro_window(
    const int16_t *samples, const int16_t *window, uint32_t size, uint32_t *out, uint32_t points);

// The powers of bins 1 until `points`, from a transform of as many pairs.
void ink_micro_spectrum(
    const uint32_t *data, uint32_t points, const uint32_t *twiddle, uint32_t *out);

// A band's feature, from the weighted sum of its bins.
uint32_t ink_micro_feature(
    const ink_features_t *features, uint32_t band, uint64_t sum, uint32_t shift);

#endif
