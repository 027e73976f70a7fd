// SPDX-License-Identifier: MIT
// Bounds a tensor that a packed kernel wrote: the few networks whose activation is not int8's own
// range pay for it here, so that the others do not.
#include "ink_packed_common.h"

#if INK_HAVE_DSP

static inline uint32_t bound_four(uint32_t values, uint32_t min, uint32_t max) {
    uint32_t result = values;
    uint32_t unused;
    __asm("ssub8 %1, %0, %2\n sel %0, %0, %2\n ssub8 %1, %3, %0\n sel %0, %0, %3"
        : "+&r"(result), "=&r"(unused)
        : "r"(min), "r"(max));
    return result;
}

#endif

void ink_packed_bound(int8_t *values, size_t count, int32_t min, int32_t max) {
    size_t done = 0;
#if INK_HAVE_DSP
    uint32_t four_min = (uint32_t)(min & 0xFF) * 0x01010101u;
    uint32_t four_max = (uint32_t)(max & 0xFF) * 0x01010101u;
    for (; done + 4 <= count; done += 4) {
        uint32_t bounded = bound_four((uint32_t)read_word(values + done), four_min, four_max);
        memcpy(values + done, &bounded, sizeof(bounded));
    }
#endif
    for (; done < count; done++) {
        int32_t value = values[done];
        values[done] = (int8_t)(value < min ? min : value > max ? max : value);
    }
}
