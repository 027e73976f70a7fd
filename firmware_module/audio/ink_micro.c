// SPDX-License-Identifier: MIT
// What TensorFlow's microfrontend does its own way: a spectrum on 16 bits, roots of the bands'
// sums, noise reduction, gain control and logarithm, with its roundings.
#include "ink_micro.h"

#include "ink_audio_arithmetic.h"

#define HALF (1 << 15)
#define HALVED 32766 // 32767 / 2, times 2
#define NOISE_BITS 14
#define SNR_BITS 12
#define OUTPUT_BITS 6
#define LN2 45426 // times 2^16
#define STEPS 16
#define LAST_GAIN 122 // of 125
#define MOST_ROOT 0xFFFFu

// Without this the compiler computes it anew, or with an upper word of 0.
#define kept(value) __asm("" : "+r"(value))

#if INK_AUDIO_DSP

uint32_t ink_micro_window(
    const int16_t *samples, const int16_t *window, uint32_t *out, uint32_t points) {
    uint32_t seen = 0;
    uint32_t a, b, c, d, t;
    __asm volatile(".macro windowed pair, weights\n"
                   "smulbb %[t], \\pair, \\weights\n"
                   "smultt \\pair, \\pair, \\weights\n"
                   "asr %[t], %[t], #12\n"
                   "pkhbt \\pair, %[t], \\pair, lsl #4\n"
                   "ssub16 %[t], %[zero], \\pair\n"
                   "sel %[t], %[t], \\pair\n"
                   "orr %[seen], %[seen], %[t]\n"
                   ".endm\n"
                   "1:\n"
                   ".rept 2\n"
                   "ldrd %[a], %[b], [%[samples]], #8\n"
                   "ldrd %[c], %[d], [%[window]], #8\n"
                   "windowed %[a], %[c]\n"
                   "windowed %[b], %[d]\n"
                   "strd %[a], %[b], [%[out]], #8\n"
                   ".endr\n"
                   "cmp %[out], %[end]\n"
                   "bne 1b\n"
                   ".purgem windowed\n"
        : [samples] "+&r"(samples), [window] "+&r"(window), [out] "+&r"(out), [seen] "+&r"(seen),
        [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [t] "=&r"(t)
        : [end] "r"(out + points), [zero] "r"(0)
        : "cc", "memory");
    seen = (seen | seen >> 16) & 0x7FFFu; // -32768 does not count there
    return ink_leading_zeros(seen) - 17;
}

#else

uint32_t ink_micro_window(
    const int16_t *samples, const int16_t *window, uint32_t *out, uint32_t points) {
    uint32_t seen = 0;
    for (uint32_t *end = out + points; out < end;) {
        const uint32_t two = ink_load_pair(samples);
        const uint32_t weights = ink_load_pair(window);
        const uint32_t pair = ink_pair_12(ink_lower_half(two) * ink_lower_half(weights),
            ink_upper_half(two) * ink_upper_half(weights));
        samples += 2;
        window += 2;
        seen |= ink_magnitude_pairs(pair);
        *out++ = pair;
    }
    seen = (seen | seen >> 16) & 0x7FFFu;
    return ink_leading_zeros(seen) - 17;
}

#endif

void ink_micro_spectrum(uint32_t *data, uint32_t points, uint32_t first, const uint32_t *twiddle) {
    uint32_t *low = data + first;
    twiddle += first - 1;
    for (uint32_t *high = data + points - first; low <= high; high--) {
        // both parts times 16383 / 32768, rounded; of the conjugate of the other
        const uint32_t a = ink_upper_halves(
            ink_sum_lower(*low, HALVED, HALF), ink_sum_upper_lower(*low, HALVED, HALF));
        const uint32_t b = ink_upper_halves(ink_sum_lower(*high, HALVED, HALF),
            ink_sum_upper_lower(*high, (uint32_t)-HALVED, HALF));
        const uint32_t sum = ink_add_pairs(a, b);
        const uint32_t difference = ink_subtract_pairs(a, b);
        const int32_t real = ink_sum_difference(difference, *twiddle, HALF / 2);
        const int32_t imaginary = ink_sum_crossed(difference, *twiddle, HALF / 2);
        twiddle++;
        // the other's real part and the one's imaginary, the one's imaginary part less than 0 and
        // the other's real: what is halved and rounded down is their sum, and the conjugate of
        // their difference
        const uint32_t mixed = ink_with_doubled(sum, imaginary);
        const uint32_t turned = ink_with_doubled(-(sum >> 16), real);
        const uint32_t lower = ink_half_subtract_turned(mixed, turned);
        *low++ = (uint32_t)ink_sum_both(lower, lower, 0);
        const uint32_t upper = ink_half_add_turned(mixed, turned);
        *high = (uint32_t)ink_sum_both(upper, upper, 0);
    }
}

// The square root of a number of 2^30 or more, rounded down or 1 more: a straight line, then
// Newton's method twice.
static inline uint32_t near_root(uint32_t value) {
    uint32_t root = (value >> 17) + (value >> 19) + 0x5E00;
    root = (root + value / root) >> 1;
    return (root + value / root) >> 1;
}

// The square root of a sum below 2^58, rounded to the nearest.
static inline uint32_t nearest_root(uint64_t sum) {
    // shifted by an even number of bits to the top, a word of it
    const uint32_t upper = (uint32_t)(sum >> 32);
    const uint32_t lower = (uint32_t)sum;
    uint32_t top, rest, back;
    if (upper != 0) {
        const uint32_t zeros = ink_leading_zeros(upper) & ~1u;
        top = upper << zeros | lower >> 1 >> (31 - zeros);
        rest = lower << zeros;
        back = zeros / 2;
    } else if (lower > MOST_ROOT * MOST_ROOT) {
        return MOST_ROOT; // not 2^16
    } else if (lower != 0) {
        const uint32_t zeros = ink_leading_zeros(lower) & ~1u;
        top = lower << zeros;
        rest = 0;
        back = 16 + zeros / 2;
    } else {
        return 0;
    }
    // Newton's method a third time gives 30 bits of the root, of which 28 are right, and those that
    // are taken are at most 1 away from it
    const uint32_t near = near_root(top);
    const int32_t more = (int32_t)(((top - near * near) << 13) + (rest >> 19)) / (int32_t)near;
    const uint32_t wide = (near << 14) + (uint32_t)more;
    const uint32_t root = ((wide >> (back - 3)) + 1) >> 1;
    const int32_t left = (int32_t)(lower - root * root);
    return root + (left > (int32_t)root) - (left <= -(int32_t)root);
}

// a * b >> bits, its lower word; bits is 0 to 31.
static inline uint32_t scaled(uint32_t a, uint32_t b, uint32_t bits) {
    const uint64_t product = (uint64_t)a * b;
    return (uint32_t)product >> bits | (uint32_t)(product >> 32) << 1 << (31 - bits);
}

// The gain for a noise, by parabolas between powers of 2, of which `last` is for the greatest.
static inline uint32_t gain_for(uint32_t noise, const int16_t *last) {
    if (noise <= 2) {
        return (uint32_t)(int32_t)last[(int32_t)noise - LAST_GAIN];
    }
    const uint32_t zeros = ink_leading_zeros(noise);
    const int16_t *part = last - 4 * zeros;
    const int32_t fraction = (int32_t)(noise << zeros >> 21 & 0x3FF);
    int32_t result = (part[2] * fraction) >> 5;
    result = ink_add(result, (int32_t)((uint32_t)part[1] << 5));
    result = (int32_t)((uint32_t)result * (uint32_t)fraction);
    result = ink_add(result, 1 << 14) >> 15;
    return (uint32_t)(int32_t)(int16_t)ink_add(result, part[0]);
}

static inline uint32_t shrunk(uint32_t ratio) {
    return ratio < 2u << SNR_BITS ? (ratio * ratio) >> (2 + 2 * SNR_BITS - OUTPUT_BITS)
                                  : (ratio >> (SNR_BITS - OUTPUT_BITS)) - (1u << OUTPUT_BITS);
}

void ink_micro_features(
    const ink_features_t *features, const uint64_t *sums, uint32_t shift, int32_t *out) {
    const ink_front_end_t *record = features->record;
    const int16_t *gains = (const int16_t *)(features->blob + record->gains) + LAST_GAIN;
    const uint16_t *parts = (const uint16_t *)(features->blob + record->logarithm);
    kept(parts);
    uint32_t *estimate = features->estimate;
    uint32_t smoothing = record->even_smoothing;
    for (const int32_t *end = out + record->bands; out < end;) {
        uint32_t signal = nearest_root(*sums++) >> shift;
        kept(signal);
        const uint32_t raised = signal << record->smoothing_bits;
        const uint32_t noise =
            (uint32_t)(((uint64_t)raised * smoothing +
                           (uint64_t)*estimate * ((1u << NOISE_BITS) - smoothing)) >>
                       NOISE_BITS);
        *estimate++ = noise;
        smoothing ^= record->even_smoothing ^ record->odd_smoothing;
        const uint32_t least = scaled(signal, record->min_signal_remaining, NOISE_BITS);
        const uint32_t clean = (noise > raised ? 0 : raised - noise) >> record->smoothing_bits;
        uint32_t value = clean > least ? clean : least;
        if (record->gains != 0) {
            value = shrunk(scaled(value, gain_for(noise, gains), record->snr_shift));
        }
        value <<= record->correction_bits;
        uint32_t feature = 0;
        if (value > 1) {
            const uint32_t log2 = (uint32_t)ink_log2_of(value, parts, STEPS) << 10;
            const uint32_t natural = (uint32_t)ink_upper_rounded((int32_t)log2, LN2 << 6);
            feature = ((natural << record->scale_shift) + 0x8000) >> 16;
        }
        *out++ = (int32_t)(feature * (uint32_t)record->gain);
    }
}
