// SPDX-License-Identifier: MIT
// Makes ink_requantize.h's inline functions callable by the tests, on arrays.
#include "ink_requantize.h"

void probe_multiply(const int32_t *sums, const int32_t *multipliers, const int32_t *shifts,
    int32_t *results, int32_t count) {
    for (int32_t i = 0; i < count; ++i) {
        results[i] = ink_multiply((uint32_t)sums[i], multipliers[i], shifts[i]);
    }
}

void probe_requantize(const int32_t *sums, const int32_t *multipliers, const int32_t *shifts,
    int32_t offset, int8_t *results, int32_t count) {
    for (int32_t i = 0; i < count; ++i) {
        results[i] =
            ink_requantize((uint32_t)sums[i], multipliers[i], shifts[i], offset, -128, 127);
    }
}
