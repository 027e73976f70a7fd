// SPDX-License-Identifier: MIT
// One input vector by pairs of output channels: see ink_packed_pairs.h.
#include "ink_packed_common.h"
#include "ink_packed_pairs.h"

#if INK_HAVE_DSP

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

// r0: sum, r1: bytes, r2: taps, r3: groups left, r4-r7: taps, r8, r9, r12 and lr: inputs.
__attribute__((naked)) int32_t ink_packed_alone(
    int32_t sum, const int8_t *bytes, const int32_t *taps, int32_t groups) {
    __asm volatile("push {r4-r9, lr}\n"
                   "lsrs r3, r3, #1\n"
                   "bcc 1f\n"
                   "ldr.w r8, [r1], #4\n"
                   "ldm r2!, {r4, r5}\n"
                   "sxtb16.w r9, r8\n"
                   "sxtb16.w r8, r8, ror #8\n"
                   "smlad r0, r4, r9, r0\n"
                   "smlad r0, r5, r8, r0\n"
                   "1:\n"
                   "cbz r3, 3f\n"
                   "2:\n"
                   "ldr.w r8, [r1], #4\n"
                   "ldr.w r12, [r1], #4\n"
                   "ldm r2!, {r4-r7}\n"
                   "sxtb16.w r9, r8\n"
                   "sxtb16.w r8, r8, ror #8\n"
                   "smlad r0, r4, r9, r0\n"
                   "sxtb16.w lr, r12\n"
                   "smlad r0, r5, r8, r0\n"
                   "sxtb16.w r12, r12, ror #8\n"
                   "smlad r0, r6, lr, r0\n"
                   "subs r3, r3, #1\n"
                   "smlad r0, r7, r12, r0\n"
                   "bne 2b\n"
                   "3:\n"
                   "pop {r4-r9, pc}\n");
}

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
