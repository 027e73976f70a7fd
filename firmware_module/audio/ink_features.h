// SPDX-License-Identifier: MIT
// A front end: from a window of samples to one frame of features, as docs/blob-format.md has it to
// the bit. In integers alone.
#ifndef INK_FEATURES_H
#define INK_FEATURES_H

#include "inkling.h"

// A verified front end, its tables found, and the memory it works in.
typedef struct {
    const ink_front_end_t *record;
    const uint8_t *blob;
    uint32_t *work;     // ink_features_work() words
    uint32_t *estimate; // of the noise: one a band, INK_FRONT_END_MICRO
} ink_features_t;

// Words of memory that a frame is computed in.
uint32_t ink_features_work(const ink_front_end_t *record);

// The features of record->window samples, record->coefficients values times 2^16, to `out`. `peak`
// is the loudest sample so far, at least 1. Before the first frame the estimate is zeros.
void ink_features_frame(
    const ink_features_t *features, const int16_t *samples, uint32_t peak, int32_t *out);

// What is to be taken from coefficient 0 for this peak, INK_FRONT_END_MFCC.
int32_t ink_features_peak_gain(const ink_features_t *features, uint32_t peak);

// A value times 2^16 as it is stored in the input.
uint8_t ink_features_store(const ink_front_end_t *record, int32_t zero_point, int32_t value);

// The logarithm of `value` (1 or more) to the base 2, times 2^16, by a table of 129 parts: `steps`
// is 9 for its straight lines, 16 for the microfrontend's steps.
int32_t ink_log2(uint64_t value, const uint16_t *table, uint32_t steps);

// The square root of a number of 2^30 or more, rounded down or 1 more: a straight line, then
// Newton's method twice.
static inline uint32_t ink_near_root(uint32_t value) {
    uint32_t root = (value >> 17) + (value >> 19) + 24000;
    root = (root + value / root) >> 1;
    return (root + value / root) >> 1;
}

// Rounded down.
uint32_t ink_square_root(uint32_t value);

#endif
