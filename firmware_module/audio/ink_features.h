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

// The features of record->window samples, record->coefficients values times 2^16, to `out`.
// record->fft_size samples are read, at a multiple of 4. `peak`
// is the loudest sample so far, at least 1. Before the first frame the estimate is zeros.
void ink_features_frame(
    const ink_features_t *features, const int16_t *samples, uint32_t peak, int32_t *out);

// What is to be taken from coefficient 0 for this peak, INK_FRONT_END_MFCC.
int32_t ink_features_peak_gain(const ink_features_t *features, uint32_t peak);

// The greatest of `count` samples, or 0: not their magnitude.
int16_t ink_features_loudest(const int16_t *samples, uint32_t count);

// `count` values times 2^16 as they are stored in the input.
void ink_features_store(const ink_front_end_t *record, int32_t zero_point, const int32_t *values,
    uint8_t *stored, uint32_t count);

// The logarithm of `value` (1 or more) to the base 2, times 2^16, by a table of 129 parts: `steps`
// is 9 for its straight lines, 16 for the microfrontend's steps.
int32_t ink_log2(uint64_t value, const uint16_t *table, uint32_t steps);

// The same of a word.
static inline int32_t ink_log2_of(uint32_t value, const uint16_t *table, uint32_t steps) {
    const uint32_t zeros = (uint32_t)__builtin_clz(value);
    const uint32_t top = value << zeros;
    const int32_t fraction = (int32_t)(top << 1 >> 16);
    const uint16_t *part = table + (fraction >> 9); // 2^9 steps between two entries
    const int32_t rise = (int32_t)part[1] - part[0];
    return (int32_t)((31 - zeros) << 16) + fraction + part[0] +
           ((rise * (fraction & 511)) >> steps);
}

#endif
