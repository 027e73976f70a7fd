// SPDX-License-Identifier: MIT
// The transform on 32 bits: radix 4, decimation in time. Each stage divides by 4 and so has room
// for what it adds.
#include "ink_audio_arithmetic.h"
#include "ink_fft.h"

#if !INK_AUDIO_DSP
// a times a twiddle of 30 bits, cosine and sine, divided by 4.
static inline ink_complex_t turn(ink_complex_t a, int32_t cosine, int32_t sine) {
    return (ink_complex_t){
        ink_add_upper(ink_upper(a.real, cosine), a.imaginary, sine),
        ink_subtract_upper(ink_upper(a.imaginary, cosine), a.real, sine),
    };
}

static inline ink_complex_t add(ink_complex_t a, ink_complex_t b) {
    return (ink_complex_t){ink_add(a.real, b.real), ink_add(a.imaginary, b.imaginary)};
}

static inline ink_complex_t subtract(ink_complex_t a, ink_complex_t b) {
    return (ink_complex_t){ink_subtract(a.real, b.real), ink_subtract(a.imaginary, b.imaginary)};
}

// The butterfly's outputs go to out[0], out[step], out[2 step] and out[3 step].
static inline void put(ink_complex_t *out, uint32_t step, ink_complex_t sum02,
    ink_complex_t difference02, ink_complex_t sum13, ink_complex_t difference13) {
    out[0] = add(sum02, sum13);
    out[2 * step] = subtract(sum02, sum13);
    out[step] = (ink_complex_t){
        ink_add(difference02.real, difference13.imaginary),
        ink_subtract(difference02.imaginary, difference13.real),
    };
    out[3 * step] = (ink_complex_t){
        ink_subtract(difference02.real, difference13.imaginary),
        ink_add(difference02.imaginary, difference13.real),
    };
}
#endif

#if INK_AUDIO_DSP

// The first stage's butterfly of four legs `quarter` bytes apart; returns where the next goes.
static inline ink_complex_t *first(
    const ink_complex_t *from, ink_complex_t *out, uint32_t quarter) {
    uint32_t a, b, c, d, e, f, g, h, i, j;
    __asm volatile(" ldrd %[a], %[b], [%[from]]\n"
                   " add %[g], %[from], %[quarter], lsl #1\n"
                   " ldrd %[c], %[d], [%[g]]\n"
                   " asr %[a], %[a], #2\n"
                   " asr %[b], %[b], #2\n"
                   // sum of legs 0 and 2 to e and f, difference to a and b
                   " add %[e], %[a], %[c], asr #2\n"
                   " sub %[a], %[a], %[c], asr #2\n"
                   " add %[f], %[b], %[d], asr #2\n"
                   " sub %[b], %[b], %[d], asr #2\n"
                   " sub %[g], %[g], %[quarter]\n"
                   " ldrd %[c], %[d], [%[g]]\n"
                   " add %[g], %[g], %[quarter], lsl #1\n"
                   " ldrd %[g], %[h], [%[g]]\n"
                   " asr %[c], %[c], #2\n"
                   " asr %[d], %[d], #2\n"
                   // of legs 1 and 3 to i and j, and to c and d
                   " add %[i], %[c], %[g], asr #2\n"
                   " sub %[c], %[c], %[g], asr #2\n"
                   " add %[j], %[d], %[h], asr #2\n"
                   " sub %[d], %[d], %[h], asr #2\n"
                   " add %[g], %[e], %[i]\n"
                   " add %[h], %[f], %[j]\n"
                   " strd %[g], %[h], [%[out]], #8\n"
                   " add %[g], %[a], %[d]\n"
                   " sub %[h], %[b], %[c]\n"
                   " strd %[g], %[h], [%[out]], #8\n"
                   " sub %[e], %[e], %[i]\n"
                   " sub %[f], %[f], %[j]\n"
                   " strd %[e], %[f], [%[out]], #8\n"
                   " sub %[a], %[a], %[d]\n"
                   " add %[b], %[b], %[c]\n"
                   " strd %[a], %[b], [%[out]], #8\n"
        : [out] "+r"(out), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [e] "=&r"(e),
        [f] "=&r"(f), [g] "=&r"(g), [h] "=&r"(h), [i] "=&r"(i), [j] "=&r"(j)
        : [from] "r"(from), [quarter] "r"(quarter)
        : "memory");
    return out;
}

#else

static inline ink_complex_t quarter_of(ink_complex_t a) {
    return (ink_complex_t){a.real >> 2, a.imaginary >> 2};
}

static inline ink_complex_t *first(
    const ink_complex_t *from, ink_complex_t *out, uint32_t quarter) {
    const uint32_t apart = quarter / sizeof(*from);
    const ink_complex_t leg0 = quarter_of(from[0]);
    const ink_complex_t leg1 = quarter_of(from[apart]);
    const ink_complex_t leg2 = quarter_of(from[2 * apart]);
    const ink_complex_t leg3 = quarter_of(from[3 * apart]);
    put(out, 1, add(leg0, leg2), subtract(leg0, leg2), add(leg1, leg3), subtract(leg1, leg3));
    return out + 4;
}

#endif

static void first_stage(const ink_complex_t *in, ink_complex_t *out, uint32_t points) {
    const uint32_t quarter = points / 4;
    const uint32_t step = quarter / 4; // of the indices' first digits
    uint32_t index = 0;
    for (const ink_complex_t *end = out + points; out < end;) {
        const ink_complex_t *from = in + index;
        for (const ink_complex_t *last = from + quarter; from < last; from += step) {
            out = first(from, out, quarter * (uint32_t)sizeof(*from));
        }
        index = ink_fft_next(index, step / 4);
    }
}

#if INK_AUDIO_DSP

// The butterflies of a group, the first with a twiddle of 1: in C it has too few registers.
static const int32_t *group(ink_complex_t *data, uint32_t step, const int32_t *twiddle) {
    const ink_complex_t *end = data + step;
    uint32_t leg, a, b, c, d, e, f, g, h, i;
    // legs 1 and 3: their sum to f and g, their difference to c and d; leg 2 to e and b
    __asm volatile(".macro turn real, imaginary\n"
                   "ldrd %[a], \\imaginary, [%[leg]]\n"
                   "ldrd %[h], %[i], [%[twiddle]], #8\n"
                   "smmul \\real, %[a], %[h]\n"
                   "smmla \\real, \\imaginary, %[i], \\real\n"
                   "smmul \\imaginary, \\imaginary, %[h]\n"
                   "smmls \\imaginary, %[a], %[i], \\imaginary\n"
                   ".endm\n"
                   ".macro put\n"
                   "ldrd %[h], %[i], [%[data]]\n"
                   "add %[a], %[e], %[h], asr #2\n"
                   "rsb %[e], %[e], %[h], asr #2\n"
                   "add %[h], %[b], %[i], asr #2\n"
                   "rsb %[b], %[b], %[i], asr #2\n"
                   "sub %[i], %[a], %[f]\n"
                   "add %[a], %[a], %[f]\n"
                   "sub %[f], %[h], %[g]\n"
                   "add %[h], %[h], %[g]\n"
                   "strd %[i], %[f], [%[leg]]\n"
                   "strd %[a], %[h], [%[data]], #8\n"
                   "add %[leg], %[leg], %[step]\n"
                   "sub %[a], %[e], %[d]\n"
                   "add %[h], %[b], %[c]\n"
                   "strd %[a], %[h], [%[leg]]\n"
                   "sub %[leg], %[leg], %[step], lsl #1\n"
                   "add %[e], %[e], %[d]\n"
                   "sub %[b], %[b], %[c]\n"
                   "strd %[e], %[b], [%[leg]]\n"
                   ".endm\n"
                   "add %[leg], %[data], %[step]\n"
                   "ldrd %[a], %[b], [%[leg]]\n"
                   "asr %[a], %[a], #2\n"
                   "asr %[b], %[b], #2\n"
                   "add %[leg], %[leg], %[step], lsl #1\n"
                   "ldrd %[c], %[d], [%[leg]]\n"
                   "add %[f], %[a], %[c], asr #2\n"
                   "sub %[c], %[a], %[c], asr #2\n"
                   "add %[g], %[b], %[d], asr #2\n"
                   "sub %[d], %[b], %[d], asr #2\n"
                   "sub %[leg], %[leg], %[step]\n"
                   "ldrd %[e], %[b], [%[leg]]\n"
                   "asr %[e], %[e], #2\n"
                   "asr %[b], %[b], #2\n"
                   "put\n"
                   "1:\n"
                   "add %[leg], %[data], %[step]\n"
                   "turn %[c], %[d]\n"
                   "add %[leg], %[leg], %[step], lsl #1\n"
                   "turn %[e], %[b]\n"
                   "add %[f], %[c], %[e]\n"
                   "sub %[c], %[c], %[e]\n"
                   "add %[g], %[d], %[b]\n"
                   "sub %[d], %[d], %[b]\n"
                   "sub %[leg], %[leg], %[step]\n"
                   "turn %[e], %[b]\n"
                   "put\n"
                   "cmp %[data], %[end]\n"
                   "bne 1b\n"
                   ".purgem turn\n"
                   ".purgem put\n"
        : [data] "+&r"(data), [twiddle] "+&r"(twiddle), [leg] "=&r"(leg), [a] "=&r"(a),
        [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [e] "=&r"(e), [f] "=&r"(f), [g] "=&r"(g),
        [h] "=&r"(h), [i] "=&r"(i)
        : [step] "r"(8 * step), [end] "r"(end)
        : "cc", "memory");
    return twiddle;
}

#else

static const int32_t *group(ink_complex_t *data, uint32_t step, const int32_t *twiddle) {
    twiddle -= 6; // those of the first butterfly, which are 1
    for (ink_complex_t *end = data + step; data < end; data++) {
        const ink_complex_t quarter = quarter_of(data[0]);
        const ink_complex_t leg1 = turn(data[step], twiddle[0], twiddle[1]);
        const ink_complex_t leg3 = turn(data[3 * step], twiddle[2], twiddle[3]);
        const ink_complex_t leg2 = turn(data[2 * step], twiddle[4], twiddle[5]);
        put(data, step, add(quarter, leg2), subtract(quarter, leg2), add(leg1, leg3),
            subtract(leg1, leg3));
        twiddle += 6;
    }
    return twiddle;
}

#endif

void ink_fft_s32(
    const ink_complex_t *in, ink_complex_t *out, uint32_t points, const int32_t *twiddles) {
    first_stage(in, out, points);
    for (uint32_t step = 4; step < points; step *= 4) {
        const int32_t *next = twiddles;
        for (uint32_t i = 0; i < points; i += 4 * step) {
            next = group(out + i, step, twiddles + 6);
        }
        twiddles = next;
    }
}
