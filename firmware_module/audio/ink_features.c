// SPDX-License-Identifier: MIT
// Window, transform, bands and logarithm. What only the microfrontend does is in ink_micro.c.
#include "ink_features.h"

#include <string.h>

#include "ink_audio_arithmetic.h"
#include "ink_fft.h"
#include "ink_micro.h"

#define LINES 9         // 2^9 steps between two entries of the table of logarithms
#define POWER_BITS 15   // what is left out of a bin's power
#define HEARD 32        // a peak below this: nothing was heard yet
#define USUAL_PEAK 8192 // what is then expected

static const void *table(const ink_features_t *features, uint32_t offset) {
    return features->blob + offset;
}

static inline int32_t log2_of(uint64_t value, const uint16_t *parts, uint32_t steps) {
    const uint32_t upper = (uint32_t)(value >> 32);
    uint32_t top = (uint32_t)value;
    uint32_t exponent = 31;
    if (upper != 0) {
        const uint32_t zeros = (uint32_t)__builtin_clz(upper);
        top = upper << zeros | top >> 1 >> (31 - zeros);
        exponent = 63 - zeros;
    } else {
        const uint32_t zeros = (uint32_t)__builtin_clz(top | 1);
        top <<= zeros;
        exponent -= zeros;
    }
    const int32_t fraction = (int32_t)(top << 1 >> 16);
    const uint16_t *part = parts + (fraction >> LINES);
    const int32_t within = fraction & ((1 << LINES) - 1);
    const int32_t rise = (int32_t)part[1] - part[0];
    return (int32_t)(exponent << 16) + fraction + part[0] + ((rise * within) >> steps);
}

int32_t ink_log2(uint64_t value, const uint16_t *parts, uint32_t steps) {
    return log2_of(value, parts, steps);
}

uint32_t ink_square_root(uint32_t value) {
    const uint32_t root = ink_near_root(value);
    return (uint64_t)root * root > value ? root - 1 : root;
}

// The square root of a power, on 16 bits, put back where it belongs.
static inline uint32_t root_of(uint64_t power) {
    const uint32_t upper = (uint32_t)(power >> 32);
    const uint32_t lower = (uint32_t)power;
    if (upper != 0) {
        const uint32_t zeros = (uint32_t)__builtin_clz(upper) & ~1u;
        const uint32_t top = upper << zeros | lower >> 1 >> (31 - zeros);
        return ink_near_root(top) << 15 >> (zeros / 2) << 1;
    }
    if (lower == 0) {
        return 0;
    }
    const uint32_t zeros = (uint32_t)__builtin_clz(lower) & ~1u;
    return ink_near_root(lower << zeros) >> (zeros / 2);
}

// --- on 32 bits

// Windowed samples, raised so that the loudest of them takes 28 bits at most; sets by how much.
// False for silence.
static bool apply_window(const ink_front_end_t *record, const int16_t *samples,
    const int16_t *window, int32_t *out, uint32_t *shift) {
    const uint32_t size = record->window;
    uint32_t seen = 0;
#pragma GCC unroll 8
    for (uint32_t i = 0; i < size; i += 2) {
        seen |= ink_magnitude_pairs(ink_load_pair(samples + i));
    }
    seen = (seen | seen >> 16) & 0xFFFF;
    const uint32_t raised = seen >= 0x8000 ? 0 : ink_leading_zeros(seen) - 17;
    const uint32_t kept = ((0xFFFFu << raised) & 0xFFFFu) * 0x10001u;
    const int32_t *end = out + size;
#pragma GCC unroll 4
    while (out < end) {
        const uint32_t pair = (ink_load_pair(samples) << raised) & kept;
        const uint32_t weights = ink_load_pair(window);
        samples += 2;
        window += 2;
        *out++ = ink_lower_half(pair) * ink_lower_half(weights);
        *out++ = ink_upper_half(pair) * ink_upper_half(weights);
    }
    for (end += record->fft_size - size; out < end;) {
        *out++ = 0;
    }
    *shift = raised;
    return seen != 0;
}

// The power of bin k, from the transform of half as many complex numbers.
static inline uint64_t power_of(
    const ink_complex_t *low, const ink_complex_t *high, const int32_t *twiddle) {
    const ink_complex_t a = *low;
    const ink_complex_t b = *high;
    const int32_t cosine = twiddle[0];
    const int32_t sine = twiddle[1];
    const int32_t real_difference = ink_subtract(a.real, b.real);
    const int32_t imaginary_sum = ink_add(a.imaginary, b.imaginary);
    int32_t real = ink_add(a.real, b.real) >> 1;
    int32_t imaginary = ink_subtract(a.imaginary, b.imaginary) >> 1;
    real = ink_add_upper(ink_subtract_upper(real, real_difference, sine), imaginary_sum, cosine);
    imaginary = ink_subtract_upper(
        ink_subtract_upper(imaginary, real_difference, cosine), imaginary_sum, sine);
    return (uint64_t)((int64_t)real * real) + (uint64_t)((int64_t)imaginary * imaginary);
}

// The roots of the powers of the bins from `first` until `end`.
static void find_roots(const ink_complex_t *data, uint32_t points, const int32_t *twiddle,
    uint32_t first, uint32_t end, uint32_t *out) {
    const ink_complex_t *high = data + points - first;
    for (const ink_complex_t *low = data + first; low < data + end; low++) {
        *out++ = root_of(power_of(low, high--, twiddle));
        twiddle += 2;
    }
}

// The powers, on two words each.
static void find_powers(const ink_complex_t *data, uint32_t points, const int32_t *twiddle,
    uint32_t first, uint32_t end, uint64_t *out) {
    const ink_complex_t *high = data + points - first;
    for (const ink_complex_t *low = data + first; low < data + end; low++) {
        *out++ = power_of(low, high--, twiddle) >> POWER_BITS;
        twiddle += 2;
    }
}

// --- bands

// Adds the bins of a segment, each with its two weights: rising into the band above, falling in the
// one below.
static inline void add_segment(const uint32_t *bins, const uint16_t *weights, uint32_t count,
    uint64_t *rising, uint64_t *falling) {
    uint64_t up = 0;
    uint64_t down = *falling;
#pragma GCC unroll 2
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t bin = *bins++;
        up += (uint64_t)bin * *weights++;
        down += (uint64_t)bin * *weights++;
    }
    *rising = up;
    *falling = down;
}

// The same of powers on 64 bits.
static inline void add_powers(const uint64_t *bins, const uint16_t *weights, uint32_t count,
    uint64_t *rising, uint64_t *falling) {
    uint64_t up = 0;
    uint64_t down = *falling;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t bin = *bins++;
        up += bin * *weights++;
        down += bin * *weights++;
    }
    *rising = up;
    *falling = down;
}

static uint64_t floor_of(const ink_front_end_t *record, uint32_t peak, uint32_t shift) {
    const uint64_t floor = (uint64_t)record->floor * peak;
    const uint32_t power = record->kind == INK_FRONT_END_MFCC ? 1 : 2;
    const int32_t left = record->floor_shift + (int32_t)(shift * power);
    return left >= 0 ? floor << left : floor >> -left;
}

static int32_t scaled(const ink_front_end_t *record, int32_t value) {
    return ink_add(
        (int32_t)(((int64_t)value * record->gain) >> record->gain_shift), record->offset);
}

static void cosine_transform(
    const ink_features_t *features, const uint32_t *logarithms, int32_t *out) {
    const ink_front_end_t *record = features->record;
    const uint32_t *cosines = table(features, record->cosines);
    const uint32_t pairs = (record->bands + 1) / 2;
    for (uint32_t i = 0; i < record->coefficients; i++) {
        int64_t sum = 0;
#pragma GCC unroll 4
        for (uint32_t j = 0; j < pairs; j++) {
            sum = ink_wide_sum_both(sum, logarithms[j], *cosines++);
        }
        out[i] = (int32_t)(sum >> record->gain_shift);
    }
}

int32_t ink_features_peak_gain(const ink_features_t *features, uint32_t peak) {
    const ink_front_end_t *record = features->record;
    const int32_t log2 = ink_log2(peak, table(features, record->logarithm), LINES);
    return (int32_t)(((int64_t)log2 * record->gain) >> 16);
}

uint32_t ink_features_work(const ink_front_end_t *record) {
    return record->kind == INK_FRONT_END_MICRO ? record->fft_size : 2 * record->fft_size;
}

// A window's bins from `first` until `end` go to features->work, on two words each for log-mel;
// sets by how much they were shifted. False for silence.
static bool find_bins(const ink_features_t *features, const int16_t *samples, uint32_t first,
    uint32_t end, uint32_t *shift) {
    const ink_front_end_t *record = features->record;
    uint32_t *before = features->work;
    ink_complex_t *after = (ink_complex_t *)(before + record->fft_size);
    const uint32_t points = record->fft_size / 2;
    const bool heard = apply_window(
        record, samples, table(features, record->window_table), (int32_t *)before, shift);
    ink_fft_s32((const ink_complex_t *)before, after, points, table(features, record->twiddles));
    const int32_t *twiddles = table(features, record->real_twiddles);
    if (record->kind == INK_FRONT_END_MFCC) {
        find_roots(after, points, twiddles, first, end, before);
    } else {
        find_powers(after, points, twiddles, first, end, (uint64_t *)(void *)before);
    }
    return heard;
}

static void mfcc_or_log_mel(
    const ink_features_t *features, const int16_t *samples, uint32_t peak, int32_t *out) {
    const ink_front_end_t *record = features->record;
    const uint16_t *edges = table(features, record->edges);
    const uint16_t *weights = table(features, record->weights);
    const uint16_t *parts = table(features, record->logarithm);
    const bool mfcc = record->kind == INK_FRONT_END_MFCC;
    uint32_t shift;
    const bool heard = find_bins(features, samples, edges[0], edges[record->bands + 1], &shift);
    peak = !mfcc || !heard ? 1 : peak < HEARD ? USUAL_PEAK : peak;
    const uint64_t floor = floor_of(record, peak, shift);
    // by how much the sums are larger, times 2^16
    const int32_t unit = (int32_t)((mfcc ? 22 + shift : 14 + 2 * shift) << 16);
    const uint64_t *powers = (const uint64_t *)(const void *)features->work;
    const uint32_t *roots = features->work;
    // where the transform was, which is no longer needed
    int16_t *logarithms = (int16_t *)(features->work + record->fft_size);

    uint64_t sum = 0;
    uint64_t above;
    for (uint32_t i = 0; i <= record->bands; i++) {
        const uint32_t count = (uint32_t)edges[i + 1] - edges[i];
        if (mfcc) {
            add_segment(roots, weights, count, &above, &sum);
        } else {
            add_powers(powers, weights, count, &above, &sum);
        }
        roots += count;
        powers += count;
        weights += 2 * count;
        if (i > 0) {
            const int32_t log2 = ink_subtract(log2_of(sum + floor, parts, LINES), unit);
            if (mfcc) {
                const int32_t value = (log2 + 32) >> 6;
                logarithms[i - 1] = (int16_t)(value < -32768  ? -32768
                                              : value > 32767 ? 32767
                                                              : value);
            } else {
                out[i - 1] = scaled(record, log2);
            }
        }
        sum = above;
    }
    if (mfcc) {
        logarithms[record->bands] = 0;
        cosine_transform(features, features->work + record->fft_size, out);
    }
}

static void micro(const ink_features_t *features, const int16_t *samples, int32_t *out) {
    const ink_front_end_t *record = features->record;
    const uint16_t *edges = table(features, record->edges);
    const uint16_t *weights = table(features, record->weights);
    const uint32_t points = record->fft_size / 2;
    uint32_t *before = features->work;
    const uint32_t shift = ink_micro_window(
        samples, table(features, record->window_table), record->window, before, points);
    ink_fft_s16(before, before + points, points, shift, table(features, record->twiddles));
    ink_micro_spectrum(before + points, points, table(features, record->real_twiddles), before);
    const uint32_t *bins = before + edges[0];
    uint64_t sum = 0;
    uint64_t above;
    for (uint32_t i = 0; i <= record->bands; i++) {
        const uint32_t count = (uint32_t)edges[i + 1] - edges[i];
        add_segment(bins, weights, count, &above, &sum);
        bins += count;
        weights += 2 * count;
        if (i > 0) {
            const uint32_t value = ink_micro_feature(features, i - 1, sum, shift);
            out[i - 1] = scaled(record, (int32_t)value);
        }
        sum = above;
    }
}

void ink_features_frame(
    const ink_features_t *features, const int16_t *samples, uint32_t peak, int32_t *out) {
    if (features->record->kind == INK_FRONT_END_MICRO) {
        micro(features, samples, out);
    } else {
        mfcc_or_log_mel(features, samples, peak, out);
    }
}

uint8_t ink_features_store(const ink_front_end_t *record, int32_t zero_point, int32_t value) {
    const int64_t exact = (int64_t)value + zero_point * 65536;
    const int32_t rounded = (int32_t)((exact + (record->toward_zero == 0 ? 0x8000
                                                   : exact < 0           ? 0xFFFF
                                                                         : 0)) >>
                                      16);
    return (uint8_t)(rounded < record->min   ? record->min
                     : rounded > record->max ? record->max
                                             : rounded);
}
