// SPDX-License-Identifier: MIT
// Fourier transforms of `points` complex numbers, 64, 256 or 1024, as docs/blob-format.md has them
// to the bit. `in` and `out` do not overlap.
#ifndef INK_FFT_H
#define INK_FFT_H

#include <stdint.h>

typedef struct {
    int32_t real, imaginary;
} ink_complex_t;

// On 32 bits: the transform divided by `points`. Inputs are of 30 bits beside the sign.
void ink_fft_s32(
    const ink_complex_t *in, ink_complex_t *out, uint32_t points, const int32_t *twiddles);

// On pairs of 16 bits, with the roundings of KISS FFT: the transform of in * 2^shift / points.
void ink_fft_s16(
    const uint32_t *in, uint32_t *out, uint32_t points, uint32_t shift, const uint32_t *twiddles);

// The next index in the order of reversed base-4 digits; `quarter` is a quarter of how many.
static inline uint32_t ink_fft_next(uint32_t index, uint32_t quarter) {
    while (index >= 3 * quarter && quarter != 0) {
        index -= 3 * quarter;
        quarter >>= 2;
    }
    return index + quarter;
}

#endif
