// SPDX-License-Identifier: MIT
// The transform on 16 bits: radix 4, decimation in time, each stage dividing its inputs by 4, with
// KISS FFT's order of roundings, because features must equal those of TensorFlow's microfrontend.
#include "ink_audio_arithmetic.h"
#include "ink_fft.h"

#define HALF (1 << 14)
#define QUARTER 8191 // 32767 / 4

// Both halves times 8191 / 32768, rounded.
static inline uint32_t quarter_of(uint32_t a) {
    return ink_pair_15(ink_sum_lower(a, QUARTER, HALF), ink_sum_upper_lower(a, QUARTER, HALF));
}

// The complex product, rounded.
static inline uint32_t turn(uint32_t a, uint32_t twiddle) {
    return ink_pair_15(ink_sum_difference(a, twiddle, HALF), ink_sum_crossed(a, twiddle, HALF));
}

static inline void put(
    uint32_t *out, uint32_t step, uint32_t sum02, uint32_t difference02, uint32_t a, uint32_t b) {
    const uint32_t sum13 = ink_add_pairs(a, b);
    const uint32_t difference13 = ink_subtract_pairs(a, b);
    out[0] = ink_add_pairs(sum02, sum13);
    out[step] = ink_subtract_turned(difference02, difference13);
    out[2 * step] = ink_subtract_pairs(sum02, sum13);
    out[3 * step] = ink_add_turned(difference02, difference13);
}

// Its twiddle is 32767 / 32768, and a quarter times that is itself again.
static void first_stage(const uint32_t *in, uint32_t *out, uint32_t points, uint32_t shift) {
    const uint32_t quarter = points / 4;
    const uint32_t step = quarter / 4; // of the indices' first digits
    const uint32_t kept = ((0xFFFFu << shift) & 0xFFFFu) * 0x10001u;
    uint32_t index = 0;
    for (uint32_t *end = out + points; out < end;) {
        const uint32_t *from = in + index;
        for (uint32_t digit = 0; digit < 4; digit++) {
            const uint32_t a = quarter_of((from[0] << shift) & kept);
            const uint32_t b = quarter_of((from[2 * quarter] << shift) & kept);
            put(out, 1, ink_add_pairs(a, b), ink_subtract_pairs(a, b),
                quarter_of((from[quarter] << shift) & kept),
                quarter_of((from[3 * quarter] << shift) & kept));
            from += step;
            out += 4;
        }
        index = ink_fft_next(index, step / 4);
    }
}

static inline const uint32_t *stage(
    uint32_t *data, uint32_t points, uint32_t step, const uint32_t *twiddles) {
    for (uint32_t *end = data + points; data < end; data += 3 * step) {
        const uint32_t *twiddle = twiddles;
        for (uint32_t *row = data + step; data < row; data++) {
            const uint32_t a = quarter_of(data[0]);
            const uint32_t b = turn(quarter_of(data[2 * step]), twiddle[1]);
            put(data, step, ink_add_pairs(a, b), ink_subtract_pairs(a, b),
                turn(quarter_of(data[step]), twiddle[0]),
                turn(quarter_of(data[3 * step]), twiddle[2]));
            twiddle += 3;
        }
    }
    return twiddles + 3 * step;
}

void ink_fft_s16(
    const uint32_t *in, uint32_t *out, uint32_t points, uint32_t shift, const uint32_t *twiddles) {
    first_stage(in, out, points, shift);
    for (uint32_t step = 4; step < points; step *= 4) {
        twiddles = stage(out, points, step, twiddles);
    }
}
