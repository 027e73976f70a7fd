// SPDX-License-Identifier: MIT
// One input vector by pairs of output channels: see ink_packed_pairs.h.
#include "ink_packed_common.h"
#include "ink_packed_pairs.h"

#if INK_HAVE_DSP

void ink_packed_pairs(const ink_packed_pairs_t *pairs, const void *weights, int8_t *output) {
    const int32_t *taps = weights;
    for (int32_t units = pairs->units; units > 0; units -= 2) {
        ink_pair_t pair = {taps[0], taps[1]};
        taps += 2;
        const int32_t *from = pairs->inputs;
        int32_t group = pairs->groups;
        if (units == 1) {
            // B is of zeros, which need not be summed
#pragma GCC unroll 2
            for (; group > 0; group--) {
                pair.sum = multiply_add_pair(taps[0], from[0], pair.sum);
                pair.sum = multiply_add_pair(taps[1], from[1], pair.sum);
                from += pairs->step;
                taps += 2;
            }
        }
#pragma GCC unroll 2
        for (; group > 0; group--) {
            pair = add_group(pair, from[0], from[1], taps[0], taps[1]);
            from += pairs->step;
            taps += 2;
        }
        const ink_requantize_t *how = (const ink_requantize_t *)taps;
        *output++ = (int8_t)ink_packed_requantize(first_of(pair), &how[0], pairs->output_zero);
        if (units > 1) {
            *output++ = (int8_t)ink_packed_requantize(pair.b, &how[1], pairs->output_zero);
        }
        taps += 2 * sizeof(ink_requantize_t) / sizeof(*taps);
    }
}

#endif
