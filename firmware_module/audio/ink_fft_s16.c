// SPDX-License-Identifier: MIT
// The transform on 16 bits: radix 4, decimation in time, each stage dividing its inputs by 4, with
// KISS FFT's order of roundings, because features must equal those of TensorFlow's microfrontend.
#include "ink_audio_arithmetic.h"
#include "ink_fft.h"

#define QUARTER 16382 // 32767 / 4, times 2
#define HALF (1 << 15)

#if INK_AUDIO_DSP

// Four butterflies of the first stage: in C they take a third more instructions.
static uint32_t *first(
    const uint32_t *from, uint32_t *out, uint32_t quarter, uint32_t shift, uint32_t kept) {
    uint32_t a, b, c, d, t;
    __asm volatile(".macro shifted_quarter leg\n"
                   "lsl \\leg, \\leg, %[shift]\n"
                   "and \\leg, \\leg, %[kept]\n"
                   "smlabb %[t], \\leg, %[k], %[half]\n"
                   "smlatb \\leg, \\leg, %[k], %[half]\n"
                   "pkhtb \\leg, \\leg, %[t], asr #16\n"
                   ".endm\n"
                   "1:\n"
                   "ldr %[a], [%[from]]\n"
                   "ldr %[c], [%[from], %[quarter], lsl #1]\n"
                   "add %[from], %[from], %[quarter]\n"
                   "ldr %[b], [%[from]]\n"
                   "ldr %[d], [%[from], %[quarter], lsl #1]\n"
                   "sub %[from], %[from], %[back]\n"
                   "shifted_quarter %[a]\n"
                   "shifted_quarter %[b]\n"
                   "shifted_quarter %[c]\n"
                   "shifted_quarter %[d]\n"
                   "sadd16 %[t], %[a], %[c]\n"
                   "ssub16 %[a], %[a], %[c]\n"
                   "sadd16 %[c], %[b], %[d]\n"
                   "ssub16 %[b], %[b], %[d]\n"
                   "sadd16 %[d], %[t], %[c]\n"
                   "ssub16 %[c], %[t], %[c]\n"
                   "ssax %[t], %[a], %[b]\n"
                   "sasx %[a], %[a], %[b]\n"
                   "strd %[d], %[t], [%[out]], #8\n"
                   "strd %[c], %[a], [%[out]], #8\n"
                   "cmp %[from], %[end]\n"
                   "bne 1b\n"
                   ".purgem shifted_quarter\n"
        : [from] "+&r"(from), [out] "+&r"(out), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c),
        [d] "=&r"(d), [t] "=&r"(t)
        : [quarter] "r"(quarter), [back] "r"(quarter - quarter / 4), [end] "r"(from + quarter / 4),
        [shift] "r"(shift), [kept] "r"(kept), [k] "r"(QUARTER), [half] "r"(HALF)
        : "cc", "memory");
    return out;
}

#else

// Both halves times 8191 / 32768, rounded.
static inline uint32_t quarter_of(uint32_t a) {
    return ink_upper_halves(ink_sum_lower(a, QUARTER, HALF), ink_sum_upper_lower(a, QUARTER, HALF));
}

// The butterfly of legs that are ready.
static inline void put(
    uint32_t *out, uint32_t step, uint32_t leg0, uint32_t leg1, uint32_t leg2, uint32_t leg3) {
    const uint32_t sum02 = ink_add_pairs(leg0, leg2);
    const uint32_t difference02 = ink_subtract_pairs(leg0, leg2);
    const uint32_t sum13 = ink_add_pairs(leg1, leg3);
    const uint32_t difference13 = ink_subtract_pairs(leg1, leg3);
    out[0] = ink_add_pairs(sum02, sum13);
    out[step] = ink_subtract_turned(difference02, difference13);
    out[2 * step] = ink_subtract_pairs(sum02, sum13);
    out[3 * step] = ink_add_turned(difference02, difference13);
}

static uint32_t *first(
    const uint32_t *from, uint32_t *out, uint32_t quarter, uint32_t shift, uint32_t kept) {
    const uint32_t points = quarter / 4; // between legs
    for (const uint32_t *end = from + points; from < end; from += points / 4) {
        put(out, 1, quarter_of((from[0] << shift) & kept),
            quarter_of((from[points] << shift) & kept),
            quarter_of((from[2 * points] << shift) & kept),
            quarter_of((from[3 * points] << shift) & kept));
        out += 4;
    }
    return out;
}

#endif

// Its twiddle is 32767 / 32768, and a quarter times that is itself again.
static void first_stage(const uint32_t *in, uint32_t *out, uint32_t points, uint32_t shift) {
    const uint32_t quarter = points / 4;
    const uint32_t kept = ((0xFFFFu << shift) & 0xFFFFu) * 0x10001u;
    uint32_t index = 0;
    for (const uint32_t *end = out + points; out < end;) {
        out = first(in + index, out, quarter * (uint32_t)sizeof(*in), shift, kept);
        index = ink_fft_next(index, quarter / 16);
    }
}

#if INK_AUDIO_DSP

// The butterflies of a group, `step` in bytes, the first without twiddles: in C it has too few
// registers.
static const uint32_t *group(uint32_t *data, uint32_t step, const uint32_t *twiddles) {
    register uint32_t w1 __asm("r4");
    register uint32_t w2 __asm("r5");
    register uint32_t w3 __asm("r6");
    uint32_t leg, t;
    uint32_t *far = data + step / 2;
    uint32_t *end = data + step / 4;
    // what follows the first is a multiple of 3
    __asm volatile(".macro quarter leg\n"
                   "smlabb %[t], \\leg, %[k], %[half]\n"
                   "smlatb \\leg, \\leg, %[k], %[half]\n"
                   "pkhtb \\leg, \\leg, %[t], asr #16\n"
                   ".endm\n"
                   ".macro turn leg, twiddle\n"
                   "quarter \\leg\n"
                   "smlsd %[t], \\leg, \\twiddle, %[less]\n"
                   "smladx \\leg, \\leg, \\twiddle, %[less]\n"
                   "asr %[t], %[t], #15\n"
                   "pkhbt \\twiddle, %[t], \\leg, lsl #1\n"
                   ".endm\n"
                   ".macro add_odd\n"
                   "sadd16 %[leg], %[w1], %[w3]\n"
                   "ssub16 %[w1], %[w1], %[w3]\n"
                   ".endm\n"
                   ".macro put\n"
                   "ldr %[w3], [%[data]]\n"
                   "quarter %[w3]\n"
                   "sadd16 %[t], %[w3], %[w2]\n"
                   "ssub16 %[w3], %[w3], %[w2]\n"
                   "ssub16 %[w2], %[t], %[leg]\n"
                   "sadd16 %[t], %[t], %[leg]\n"
                   "ssax %[leg], %[w3], %[w1]\n"
                   "str %[leg], [%[data], %[step]]\n"
                   "sasx %[leg], %[w3], %[w1]\n"
                   "str %[leg], [%[far], %[step]]\n"
                   "str %[w2], [%[far]], #4\n"
                   "str %[t], [%[data]], #4\n"
                   ".endm\n"
                   "ldr %[w1], [%[data], %[step]]\n"
                   "quarter %[w1]\n"
                   "ldr %[w3], [%[far], %[step]]\n"
                   "quarter %[w3]\n"
                   "add_odd\n"
                   "ldr %[w2], [%[far]]\n"
                   "quarter %[w2]\n"
                   "put\n"
                   "1:\n"
                   ".rept 3\n"
                   "ldm %[twiddles]!, {%[w1], %[w2], %[w3]}\n"
                   "ldr %[leg], [%[data], %[step]]\n"
                   "turn %[leg], %[w1]\n"
                   "ldr %[leg], [%[far], %[step]]\n"
                   "turn %[leg], %[w3]\n"
                   "add_odd\n"
                   "ldr %[w3], [%[far]]\n"
                   "turn %[w3], %[w2]\n"
                   "put\n"
                   ".endr\n"
                   "cmp %[data], %[end]\n"
                   "bne 1b\n"
                   ".purgem quarter\n"
                   ".purgem turn\n"
                   ".purgem add_odd\n"
                   ".purgem put\n"
        : [data] "+&r"(data), [far] "+&r"(far), [twiddles] "+&r"(twiddles), [w1] "=&r"(w1),
        [w2] "=&r"(w2), [w3] "=&r"(w3), [leg] "=&r"(leg), [t] "=&r"(t)
        : [step] "r"(step), [end] "r"(end), [k] "r"(QUARTER), [half] "r"(HALF), [less] "r"(HALF / 2)
        : "cc", "memory");
    return twiddles;
}

#else

// The complex product, rounded.
static inline uint32_t turn(uint32_t a, uint32_t twiddle) {
    return ink_with_doubled((uint32_t)(ink_sum_difference(a, twiddle, HALF / 2) >> 15),
        ink_sum_crossed(a, twiddle, HALF / 2));
}

static const uint32_t *group(uint32_t *data, uint32_t step, const uint32_t *twiddles) {
    const uint32_t apart = step / 4;
    put(data, apart, quarter_of(data[0]), quarter_of(data[apart]), quarter_of(data[2 * apart]),
        quarter_of(data[3 * apart]));
    for (uint32_t *end = data++ + apart; data < end; data++) {
        put(data, apart, quarter_of(data[0]), turn(quarter_of(data[apart]), twiddles[0]),
            turn(quarter_of(data[2 * apart]), twiddles[1]),
            turn(quarter_of(data[3 * apart]), twiddles[2]));
        twiddles += 3;
    }
    return twiddles;
}

#endif

void ink_fft_s16(
    const uint32_t *in, uint32_t *out, uint32_t points, uint32_t shift, const uint32_t *twiddles) {
    first_stage(in, out, points, shift);
    for (uint32_t step = 4; step < points; step *= 4) {
        const uint32_t *next = twiddles;
        for (uint32_t *data = out; data < out + points; data += 4 * step) {
            next = group(data, 4 * step, twiddles + 3); // the first is as in the first stage
        }
        twiddles = next;
    }
}
