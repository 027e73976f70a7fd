// SPDX-License-Identifier: MIT
// One input vector by pairs of output channels: see packed_pairs.h.
#include "packed_pairs.h"
#include "packed_common.h"

#if INK_HAVE_DSP

void ink_packed_pairs(const ink_packed_pairs_t *pairs, const void *weights, int8_t *output) {
    const int32_t *taps = weights;
    for (int32_t units = pairs->units; units > 0; units -= 2) {
        int32_t sum = taps[0];
        int32_t b = taps[1];
        taps += 2;
        const int32_t *from = pairs->inputs;
        for (int32_t group = pairs->groups; group > 0; group--) {
            int32_t even = from[0];
            int32_t odd = from[1];
            from += pairs->step;
            int32_t even_taps = taps[0];
            int32_t odd_taps = taps[1];
            taps += 2;
            sum = multiply_add_pair(even_taps, even, sum);
            b = multiply_add_pair(widen_even(even_taps), even, b);
            sum = multiply_add_pair(odd_taps, odd, sum);
            b = multiply_add_pair(widen_even(odd_taps), odd, b);
        }
        int32_t a = (int32_t)((uint32_t)sum - (uint32_t)b) >> 8;
        *output++ = (int8_t)requantize(a, (const ink_requantize_t *)taps, pairs->output_zero);
        if (units > 1) {
            *output++ =
                (int8_t)requantize(b, (const ink_requantize_t *)taps + 1, pairs->output_zero);
        }
        taps += 2 * sizeof(ink_requantize_t) / sizeof(*taps);
    }
}

#endif
