// SPDX-License-Identifier: MIT
// Requantization where a channel may have a shift to the left (an effective scale of 0.5 and more),
// which few networks have: apart from the kernels, so that the others do not pay for it.
#include "ink_packed_common.h"

static inline int32_t requantize_any(int32_t acc, const ink_requantize_t *how, int32_t zero_point) {
    return shifts_left(how) ? requantize_left(acc, how, zero_point)
                            : requantize(acc, how, zero_point);
}

int32_t ink_packed_requantize(int32_t acc, const ink_requantize_t *how, int32_t zero_point) {
    return requantize_any(acc, how, zero_point);
}

#if INK_HAVE_DSP

void ink_packed_requantize_four(
    int32_t *sums, const ink_requantize_t *how, int32_t step, int32_t zero_point) {
    for (int32_t *end = sums + 4; sums < end; sums++) {
        *sums = 2 * (requantize_any(*sums, how, zero_point) - zero_point);
        how += step;
    }
}

#endif
