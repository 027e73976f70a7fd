// SPDX-License-Identifier: MIT
// What TensorFlow's microfrontend does its own way: a spectrum on 16 bits, roots of the bands'
// sums, noise reduction, gain control and logarithm, with its roundings.
#include "ink_micro.h"

#include "ink_audio_arithmetic.h"

#define HALF (1 << 14)
#define HALVED 16383 // 32767 / 2
#define NOISE_BITS 14
#define SNR_BITS 12
#define OUTPUT_BITS 6
#define LN2 45426 // times 2^16
#define STEPS 16

uint32_t ink_micro_window(
    const int16_t *samples, const int16_t *window, uint32_t size, uint32_t *out, uint32_t points) {
    uint32_t seen = 0;
#pragma GCC unroll 4
    for (uint32_t i = 0; i < size / 2; i++) {
        const uint32_t two = ink_load_pair(samples);
        const uint32_t weights = ink_load_pair(window);
        const uint32_t pair = ink_pair_12(ink_lower_half(two) * ink_lower_half(weights),
            ink_upper_half(two) * ink_upper_half(weights));
        samples += 2;
        window += 2;
        seen |= ink_magnitude_pairs(pair);
        out[i] = pair;
    }
    for (uint32_t i = size / 2; i < points; i++) {
        out[i] = 0;
    }
    seen = (seen | seen >> 16) & 0x7FFFu; // -32768 does not count there
    return ink_leading_zeros(seen) - 17;
}

// Both halves times 16383 / 32768, rounded.
static inline uint32_t half_of(uint32_t a) {
    return ink_pair_15(ink_sum_lower(a, HALVED, HALF), ink_sum_upper_lower(a, HALVED, HALF));
}

void ink_micro_spectrum(
    const uint32_t *data, uint32_t points, const uint32_t *twiddle, uint32_t *out) {
    for (uint32_t k = 1; k <= points / 2; k++) {
        const uint32_t other = data[points - k];
        const uint32_t a = half_of(data[k]);
        const uint32_t b = half_of(ink_conjugate(other));
        const uint32_t sum = ink_add_pairs(a, b);
        const uint32_t difference = ink_subtract_pairs(a, b);
        const uint32_t turned = ink_pair_15(ink_sum_difference(difference, *twiddle, HALF),
            ink_sum_crossed(difference, *twiddle, HALF));
        twiddle++;
        const uint32_t lower = ink_mean_pairs(sum, turned);
        out[k] = (uint32_t)ink_sum_both(lower, lower, 0);
        // the conjugate's imaginary part is rounded the other way
        const uint32_t upper = ink_with_upper(
            ink_half_difference_pairs(sum, turned), ink_half_difference_pairs(turned, sum));
        out[points - k] = (uint32_t)ink_sum_both(upper, upper, 0);
    }
}

// The square root of a sum, rounded to the nearest.
static uint32_t nearest_root(uint64_t sum) {
    if (sum == 0) {
        return 0;
    }
    // shifted by an even number of bits to the top
    const uint32_t upper = (uint32_t)(sum >> 32);
    uint32_t low = (uint32_t)sum;
    uint32_t top = upper;
    uint32_t zeros = 0;
    if (upper == 0) {
        top = low;
        low = 0;
        zeros = 32;
    }
    const uint32_t more = (uint32_t)__builtin_clz(top) & ~1u;
    top = top << more | low >> 1 >> (31 - more);
    low <<= more;
    zeros += more;
    const uint64_t shifted = (uint64_t)top << 32 | low;
    // the upper half of the root, then its lower half by division
    const uint32_t high_root = ink_square_root(top);
    const uint32_t rest = top - high_root * high_root; // at most 2 high_root
    uint32_t low_root = (rest << 15 | low >> 17) / high_root;
    low_root = low_root > 0xFFFF ? 0xFFFF : low_root;
    uint32_t root = (high_root << 16) + low_root;
    root -= (uint64_t)root * root > shifted;
    root >>= zeros / 2;
    const uint64_t left = sum - (uint64_t)root * root;
    const uint32_t most = upper == 0 ? 0xFFFFu : 0xFFFFFFFFu;
    return left > root && root != most ? root + 1 : root;
}

// The gain for a noise, by parabolas between powers of 2.
static uint32_t gain_for(uint32_t noise, const int16_t *gains) {
    if (noise <= 2) {
        return (uint32_t)(int32_t)gains[noise];
    }
    const uint32_t interval = 32 - ink_leading_zeros(noise);
    const int16_t *part = gains + 4 * interval - 6;
    const int32_t fraction =
        (int32_t)((interval < 11 ? noise << (11 - interval) : noise >> (interval - 11)) & 0x3FF);
    int32_t result = (part[2] * fraction) >> 5;
    result = ink_add(result, (int32_t)((uint32_t)part[1] << 5));
    result = (int32_t)((uint32_t)result * (uint32_t)fraction);
    result = ink_add(result, 1 << 14) >> 15;
    return (uint32_t)(int32_t)(int16_t)ink_add(result, part[0]);
}

static uint32_t shrunk(uint32_t ratio) {
    return ratio < 2u << SNR_BITS ? (ratio * ratio) >> (2 + 2 * SNR_BITS - OUTPUT_BITS)
                                  : (ratio >> (SNR_BITS - OUTPUT_BITS)) - (1u << OUTPUT_BITS);
}

uint32_t ink_micro_feature(
    const ink_features_t *features, uint32_t band, uint64_t sum, uint32_t shift) {
    const ink_front_end_t *record = features->record;
    const uint32_t signal = nearest_root(sum) >> shift;

    const uint32_t smoothing = band % 2 == 0 ? record->even_smoothing : record->odd_smoothing;
    const uint32_t raised = signal << record->smoothing_bits;
    uint32_t *estimate = &features->estimate[band];
    const uint32_t noise = (uint32_t)(((uint64_t)raised * smoothing +
                                          (uint64_t)*estimate * ((1u << NOISE_BITS) - smoothing)) >>
                                      NOISE_BITS);
    *estimate = noise;
    const uint32_t least =
        (uint32_t)(((uint64_t)signal * record->min_signal_remaining) >> NOISE_BITS);
    const uint32_t clean = (raised - (noise > raised ? raised : noise)) >> record->smoothing_bits;
    uint32_t value = clean > least ? clean : least;

    if (record->gains != 0) {
        const uint32_t gain = gain_for(noise, (const int16_t *)(features->blob + record->gains));
        value = shrunk((uint32_t)(((uint64_t)value * gain) >> record->snr_shift));
    }
    value <<= record->correction_bits;
    if (value <= 1) {
        return 0;
    }
    const uint16_t *parts = (const uint16_t *)(features->blob + record->logarithm);
    const uint32_t log2 = (uint32_t)ink_log2(value, parts, STEPS);
    const uint32_t natural = (uint32_t)(((uint64_t)LN2 * log2 + 0x8000) >> 16);
    value = ((natural << record->scale_shift) + 0x8000) >> 16;
    return value < 0xFFFF ? value : 0xFFFF;
}
