// SPDX-License-Identifier: MIT
// Window, transform, bands and logarithm. What only the microfrontend does is in ink_micro.c.
#include "ink_features.h"

#include <string.h>

#include "ink_audio_arithmetic.h"
#include "ink_fft.h"
#include "ink_micro.h"

// a function of its own, which has all registers
#define APART __attribute__((noinline))
#define LINES 9       // 2^9 steps between two entries of the table of logarithms
#define POWER_BITS 15 // what is left out of a bin's power
// sqrt(1 + t) - 1 from 0 to 1 is t times CUBIC1 + t (CUBIC2 + t CUBIC3), times 2^32, 2^34, 2^36
#define CUBIC1 2138483888
#define CUBIC2 (-1879330973)
#define CUBIC3 1774175399
#define HEARD 32        // a peak below this: nothing was heard yet
#define USUAL_PEAK 8192 // what is then expected

static const void *table(const ink_features_t *features, uint32_t offset) {
    return features->blob + offset;
}

static inline int32_t log2_of(uint64_t value, const uint16_t *parts, uint32_t steps) {
    const uint32_t upper = (uint32_t)(value >> 32);
    if (upper == 0) {
        return ink_log2_of((uint32_t)value | (value == 0), parts, steps);
    }
    const uint32_t zeros = ink_leading_zeros(upper);
    const uint32_t top = upper << zeros | (uint32_t)value >> 1 >> (31 - zeros);
    return ink_add(ink_log2_of(top, parts, steps), (int32_t)((32 - zeros) << 16));
}

int32_t ink_log2(uint64_t value, const uint16_t *parts, uint32_t steps) {
    return log2_of(value, parts, steps);
}

// --- on 32 bits

#if INK_AUDIO_DSP

APART static void multiply(const int16_t *samples, const int16_t *window, int32_t *out,
    uint32_t size, uint32_t raised, uint32_t kept) {
    const int32_t *end = out + size;
    uint32_t a, b, c, d, product;
    __asm volatile(".macro windowed pair, weights\n"
                   "lsl \\pair, \\pair, %[raised]\n"
                   "and \\pair, \\pair, %[kept]\n"
                   "smulbb %[product], \\pair, \\weights\n"
                   "smultt \\pair, \\pair, \\weights\n"
                   "strd %[product], \\pair, [%[out]], #8\n"
                   ".endm\n"
                   "1:\n"
                   ".rept 2\n"
                   "ldrd %[a], %[b], [%[samples]], #8\n"
                   "ldrd %[c], %[d], [%[window]], #8\n"
                   "windowed %[a], %[c]\n"
                   "windowed %[b], %[d]\n"
                   ".endr\n"
                   "cmp %[out], %[end]\n"
                   "bne 1b\n"
                   ".purgem windowed\n"
        : [samples] "+&r"(samples), [window] "+&r"(window), [out] "+&r"(out), [a] "=&r"(a),
        [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [product] "=&r"(product)
        : [end] "r"(end), [raised] "r"(raised), [kept] "r"(kept)
        : "cc", "memory");
}

#else

APART static void multiply(const int16_t *samples, const int16_t *window, int32_t *out,
    uint32_t size, uint32_t raised, uint32_t kept) {
    for (const int32_t *end = out + size; out < end;) {
        const uint32_t pair = (ink_load_pair(samples) << raised) & kept;
        const uint32_t weights = ink_load_pair(window);
        samples += 2;
        window += 2;
        *out++ = ink_lower_half(pair) * ink_lower_half(weights);
        *out++ = ink_upper_half(pair) * ink_upper_half(weights);
    }
}

#endif

// Windowed samples, raised as far as int16 has room; sets by how much. False for silence.
static bool apply_window(const ink_front_end_t *record, const int16_t *samples,
    const int16_t *window, int32_t *out, uint32_t *shift) {
    uint32_t seen = 0;
#pragma GCC unroll 8
    for (uint32_t i = 0; i < record->window; i += 2) {
        // a bit less after the sign is a one; what comes from the lower half does not count
        const uint32_t pair = ink_load_pair(samples + i);
        seen |= pair ^ pair << 1;
    }
    seen |= seen >> 16;
    const uint32_t raised = ink_leading_zeros(seen << 16 | 0x10000);
    const uint32_t kept = ((0xFFFFu << raised) & 0xFFFFu) * 0x10001u;
    multiply(samples, window, out, record->fft_size, raised, kept);
    *shift = raised;
    return seen != 0;
}

// Where the next bin's twiddles are, and the two that it is made of in the transform of half as
// many complex numbers.
typedef struct {
    const int32_t *low, *high, *twiddle;
} bins_t;

static inline bins_t bins_from(
    const ink_complex_t *data, uint32_t points, const int32_t *twiddle, uint32_t first) {
    return (bins_t){&data[first].real, &data[points - first].real, twiddle};
}

static inline ink_complex_t next_bin(bins_t *bins) {
    const ink_words_t a = ink_next_words(&bins->low);
    const ink_words_t b = ink_last_words(&bins->high);
    const ink_words_t turn = ink_next_words(&bins->twiddle);
    const int32_t real_difference = ink_subtract(a.first, b.first);
    const int32_t imaginary_sum = ink_add(a.second, b.second);
    const int32_t real = ink_add(a.first, b.first) >> 1;
    const int32_t imaginary = ink_subtract(a.second, b.second) >> 1;
    return (ink_complex_t){
        ink_add_upper(
            ink_subtract_upper(real, real_difference, turn.second), imaginary_sum, turn.first),
        ink_subtract_upper(
            ink_subtract_upper(imaginary, real_difference, turn.first), imaginary_sum, turn.second),
    };
}

// Its length: the greater part, and its product with a cubic in the square of the parts' ratio,
// which is right within 0.01 %.
static inline uint32_t length_of(ink_complex_t bin) {
    const int32_t a = ink_magnitude(bin.real);
    const int32_t b = ink_magnitude(bin.imaginary);
    const int32_t difference = ink_subtract(a, b);
    const int32_t below = difference & (difference >> 31);
    const uint32_t greater = (uint32_t)ink_subtract(a, below);
    const uint32_t smaller = (uint32_t)ink_add(b, below);
    const uint32_t zeros = (uint32_t)__builtin_clz(greater | 1);
    const uint32_t ratio = (smaller << zeros) / ((greater | 1) << zeros >> 16);
    const int32_t root = (int32_t)(ratio << 14);
    const int32_t square = (int32_t)((uint32_t)ink_upper(root, root) << 2);
    const int32_t cubic = ink_add_upper(CUBIC1, square, ink_add_upper(CUBIC2, square, CUBIC3));
    const uint32_t more = (uint32_t)ink_upper(square, cubic) << 2;
    return (uint32_t)ink_add_upper((int32_t)greater, (int32_t)greater, (int32_t)more);
}

// The lengths of `count` bins.
APART static void find_lengths(bins_t bins, uint32_t count, uint32_t *out) {
    for (const uint32_t *end = out + count; out < end;) {
        *out++ = length_of(next_bin(&bins));
    }
}

// Their powers, on two words each.
APART static void find_powers(bins_t bins, uint32_t count, uint64_t *out) {
    for (const uint64_t *end = out + count; out < end;) {
        const ink_complex_t bin = next_bin(&bins);
        const uint64_t power = (uint64_t)((int64_t)bin.real * bin.real) +
                               (uint64_t)((int64_t)bin.imaginary * bin.imaginary);
        *out++ = power >> POWER_BITS;
    }
}

// --- bands

// Sums of a segment's bins, each with its two weights: rising into the band above, falling in the
// one below.
typedef struct {
    uint64_t rising, falling;
} sums_t;

static inline void add_bin(sums_t *sums, const uint32_t **bins, const uint32_t **weights) {
    const uint32_t bin = *(*bins)++;
    sums->rising += (uint64_t)bin * *(*weights)++;
    sums->falling += (uint64_t)bin * *(*weights)++;
}

static inline void add_two_bins(sums_t *sums, const uint32_t **bins, const uint32_t **weights) {
#if INK_AUDIO_DSP
    uint32_t bin0, bin1, weight0, weight1;
    __asm volatile(" ldrd %[bin0], %[bin1], [%[bins]], #8\n"
                   " ldrd %[weight0], %[weight1], [%[weights]], #8\n"
                   " umlal %Q[rising], %R[rising], %[bin0], %[weight0]\n"
                   " umlal %Q[falling], %R[falling], %[bin0], %[weight1]\n"
                   " ldrd %[weight0], %[weight1], [%[weights]], #8\n"
                   " umlal %Q[rising], %R[rising], %[bin1], %[weight0]\n"
                   " umlal %Q[falling], %R[falling], %[bin1], %[weight1]\n"
        : [rising] "+&r"(sums->rising), [falling] "+&r"(sums->falling), [bins] "+&r"(*bins),
        [weights] "+&r"(*weights), [bin0] "=&r"(bin0), [bin1] "=&r"(bin1), [weight0] "=&r"(weight0),
        [weight1] "=&r"(weight1)
        :
        : "memory");
#else
    add_bin(sums, bins, weights);
    add_bin(sums, bins, weights);
#endif
}

// The bands' sums to `out`, behind what falls below the first of them.
static void add_bins(const ink_features_t *features, const uint32_t *bins, uint64_t *out) {
    const ink_front_end_t *record = features->record;
    const uint16_t *edge = table(features, record->edges);
    const uint32_t *weights = table(features, record->weights);
    const uint32_t *base = bins - *edge++;
    sums_t sums = {0, 0};
    for (const uint64_t *end = out + record->bands; out <= end;) {
        sums = (sums_t){0, sums.rising};
        const uint32_t *next = base + *edge++;
        if ((next - bins) % 2 != 0) {
            add_bin(&sums, &bins, &weights);
        }
        while (bins != next) {
            add_two_bins(&sums, &bins, &weights);
        }
        *out++ = sums.falling;
    }
}

// The same of powers on 64 bits.
static void add_powers(const ink_features_t *features, const uint64_t *bins, uint64_t *out) {
    const ink_front_end_t *record = features->record;
    const uint16_t *edge = table(features, record->edges);
    const uint32_t *weights = table(features, record->weights);
    const uint64_t *base = bins - *edge++;
    uint64_t rising = 0;
    for (const uint64_t *end = out + record->bands; out <= end;) {
        uint64_t falling = rising;
        rising = 0;
        for (const uint64_t *next = base + *edge++; bins != next;) {
            const uint64_t bin = *bins++;
            rising += bin * *weights++;
            falling += bin * *weights++;
        }
        *out++ = falling;
    }
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

APART static void cosine_transform(
    const ink_features_t *features, const int32_t *logarithms, int32_t *out) {
    const ink_front_end_t *record = features->record;
    const int32_t *cosines = table(features, record->cosines);
    const int32_t *end = logarithms + (record->bands + 3) / 4 * 2;
    for (uint32_t i = 0; i < record->coefficients; i++) {
        int64_t sum = 0;
        for (const int32_t *next = logarithms; next != end;) {
            const ink_words_t these = ink_next_words(&next);
            const ink_words_t those = ink_next_words(&cosines);
            sum = ink_wide_sum_both(sum, (uint32_t)these.first, (uint32_t)those.first);
            sum = ink_wide_sum_both(sum, (uint32_t)these.second, (uint32_t)those.second);
        }
        out[i] = (int32_t)(sum >> record->gain_shift);
    }
}

int32_t ink_features_peak_gain(const ink_features_t *features, uint32_t peak) {
    const ink_front_end_t *record = features->record;
    const int32_t log2 = ink_log2(peak, table(features, record->logarithm), LINES);
    return (int32_t)(((int64_t)log2 * record->gain) >> 16);
}

// Of the bands' sums, then of the transform, in two places.
static uint32_t sums_words(const ink_front_end_t *record) {
    return 2 * (record->bands + 1);
}

uint32_t ink_features_work(const ink_front_end_t *record) {
    const bool micro = record->kind == INK_FRONT_END_MICRO;
    return sums_words(record) + (micro ? record->fft_size : 2 * record->fft_size);
}

// The bands' sums of a window go to features->work; sets by how much it was shifted. False for
// silence.
static bool find_bands(const ink_features_t *features, const int16_t *samples, uint32_t *shift) {
    const ink_front_end_t *record = features->record;
    const uint16_t *edges = table(features, record->edges);
    const uint32_t first = edges[0];
    const uint32_t count = edges[record->bands + 1] - first;
    uint64_t *sums = (uint64_t *)(void *)features->work;
    uint32_t *before = features->work + sums_words(record);
    ink_complex_t *after = (ink_complex_t *)(before + record->fft_size);
    const uint32_t points = record->fft_size / 2;
    const bool heard = apply_window(
        record, samples, table(features, record->window_table), (int32_t *)before, shift);
    ink_fft_s32((const ink_complex_t *)before, after, points, table(features, record->twiddles));
    const bins_t bins = bins_from(after, points, table(features, record->real_twiddles), first);
    if (record->kind == INK_FRONT_END_MFCC) {
        find_lengths(bins, count, before);
        add_bins(features, before, sums);
    } else {
        uint64_t *powers = (uint64_t *)(void *)before;
        find_powers(bins, count, powers);
        add_powers(features, powers, sums);
    }
    return heard;
}

static void mfcc_or_log_mel(
    const ink_features_t *features, const int16_t *samples, uint32_t peak, int32_t *out) {
    const ink_front_end_t *record = features->record;
    const uint16_t *parts = table(features, record->logarithm);
    const bool mfcc = record->kind == INK_FRONT_END_MFCC;
    uint32_t shift;
    const bool heard = find_bands(features, samples, &shift);
    peak = !mfcc || !heard ? 1 : peak < HEARD ? USUAL_PEAK : peak;
    const uint64_t floor = floor_of(record, peak, shift);
    // by how much the sums are larger, times 2^16
    const int32_t unit = (int32_t)((mfcc ? 22 + shift : 14 + 2 * shift) << 16);
    const uint64_t *sum = (const uint64_t *)(const void *)features->work + 1;
    // where the window was, which is no longer needed
    int32_t *pairs = (int32_t *)features->work + sums_words(record);
    int16_t *logarithms = (int16_t *)pairs;
    for (uint32_t i = 0; i < record->bands; i++) {
        const int32_t log2 = ink_subtract(log2_of(*sum++ + floor, parts, LINES), unit);
        if (mfcc) {
            logarithms[i] = (int16_t)ink_within_int16((log2 + 32) >> 6);
        } else {
            out[i] = scaled(record, log2);
        }
    }
    if (mfcc) {
        for (uint32_t i = record->bands; i % 4 != 0; i++) {
            logarithms[i] = 0;
        }
        cosine_transform(features, pairs, out);
    }
}

static void micro(const ink_features_t *features, const int16_t *samples, int32_t *out) {
    const ink_front_end_t *record = features->record;
    const uint16_t *edges = table(features, record->edges);
    const uint32_t points = record->fft_size / 2;
    uint64_t *sums = (uint64_t *)(void *)features->work;
    uint32_t *before = features->work + sums_words(record);
    uint32_t *after = before + points;
    const uint32_t shift =
        ink_micro_window(samples, table(features, record->window_table), before, points);
    ink_fft_s16(before, after, points, shift, table(features, record->twiddles));
    const uint32_t first = edges[0];
    const uint32_t above = points - edges[record->bands + 1] + 1;
    ink_micro_spectrum(
        after, points, first < above ? first : above, table(features, record->real_twiddles));
    add_bins(features, after + first, sums);
    ink_micro_features(features, sums + 1, shift, out);
}

void ink_features_frame(
    const ink_features_t *features, const int16_t *samples, uint32_t peak, int32_t *out) {
    if (features->record->kind == INK_FRONT_END_MICRO) {
        micro(features, samples, out);
    } else {
        mfcc_or_log_mel(features, samples, peak, out);
    }
}

void ink_features_store(const ink_front_end_t *record, int32_t zero_point, const int32_t *values,
    uint8_t *stored, uint32_t count) {
    const int32_t min = record->min;
    const int32_t max = record->max;
    const int32_t below_zero = record->toward_zero == 0 ? 0 : 0xFFFF;
    const int32_t bias = zero_point * 65536 + (record->toward_zero == 0 ? 0x8000 : 0);
    for (const int32_t *end = values + count; values < end;) {
        // what is past 32 bits is held within the bounds all the same
        int32_t value = ink_add_saturated(*values++, bias);
        value = (value + ((value >> 31) & below_zero)) >> 16;
        value = value < min ? min : value;
        *stored++ = (uint8_t)(value > max ? max : value);
    }
}

int16_t ink_features_loudest(const int16_t *samples, uint32_t count) {
    uint32_t pairs = 0;
#pragma GCC unroll 4
    for (uint32_t i = 1; i < count; i += 2) {
        pairs = ink_greater_pairs(pairs, ink_load_pair(samples));
        samples += 2;
    }
    int32_t most = count % 2 == 0 ? 0 : *samples;
    most = ink_lower_half(pairs) > most ? ink_lower_half(pairs) : most;
    return (int16_t)(ink_upper_half(pairs) > most ? ink_upper_half(pairs) : most);
}
