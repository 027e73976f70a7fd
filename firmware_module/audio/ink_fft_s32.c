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
#endif

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

static inline ink_complex_t quarter_of(ink_complex_t a) {
    return (ink_complex_t){a.real >> 2, a.imaginary >> 2};
}

static void first_stage(const ink_complex_t *in, ink_complex_t *out, uint32_t points) {
    const uint32_t quarter = points / 4;
    uint32_t index = 0;
    for (ink_complex_t *end = out + points; out < end; out += 4) {
        const ink_complex_t *from = in + index;
        ink_complex_t a = quarter_of(from[0]);
        ink_complex_t b = quarter_of(from[2 * quarter]);
        const ink_complex_t sum02 = add(a, b);
        const ink_complex_t difference02 = subtract(a, b);
        a = quarter_of(from[quarter]);
        b = quarter_of(from[3 * quarter]);
        put(out, 1, sum02, difference02, add(a, b), subtract(a, b));
        index = ink_fft_next(index, quarter / 4);
    }
}

#if INK_AUDIO_DSP

// The butterflies of a group: in C it has too few registers.
static const int32_t *group(ink_complex_t *data, uint32_t step, const int32_t *twiddle) {
    const ink_complex_t *end = data + step;
    uint32_t leg, a, b, c, d, e, f, g, h, i;
    __asm volatile("1:\n"
                   // legs 1 and 3 turned: their sum to f and g, their difference to c and d
                   " add %[leg], %[data], %[step]\n"
                   " ldrd %[a], %[b], [%[leg]]\n"
                   " ldrd %[h], %[i], [%[twiddle]], #8\n"
                   " smmul %[c], %[a], %[h]\n"
                   " smmla %[c], %[b], %[i], %[c]\n"
                   " smmul %[d], %[b], %[h]\n"
                   " smmls %[d], %[a], %[i], %[d]\n"
                   " add %[leg], %[leg], %[step], lsl #1\n"
                   " ldrd %[a], %[b], [%[leg]]\n"
                   " ldrd %[h], %[i], [%[twiddle]], #8\n"
                   " smmul %[e], %[a], %[h]\n"
                   " smmla %[e], %[b], %[i], %[e]\n"
                   " smmul %[b], %[b], %[h]\n"
                   " smmls %[b], %[a], %[i], %[b]\n"
                   " add %[f], %[c], %[e]\n"
                   " sub %[c], %[c], %[e]\n"
                   " add %[g], %[d], %[b]\n"
                   " sub %[d], %[d], %[b]\n"
                   // leg 2 turned, and a quarter of leg 0: their sum to a and h, their difference
                   // to e and b
                   " sub %[leg], %[leg], %[step]\n"
                   " ldrd %[a], %[b], [%[leg]]\n"
                   " ldrd %[h], %[i], [%[twiddle]], #8\n"
                   " smmul %[e], %[a], %[h]\n"
                   " smmla %[e], %[b], %[i], %[e]\n"
                   " smmul %[b], %[b], %[h]\n"
                   " smmls %[b], %[a], %[i], %[b]\n"
                   " ldrd %[h], %[i], [%[data]]\n"
                   " add %[a], %[e], %[h], asr #2\n"
                   " rsb %[e], %[e], %[h], asr #2\n"
                   " add %[h], %[b], %[i], asr #2\n"
                   " rsb %[b], %[b], %[i], asr #2\n"
                   " sub %[i], %[a], %[f]\n"
                   " add %[a], %[a], %[f]\n"
                   " sub %[f], %[h], %[g]\n"
                   " add %[h], %[h], %[g]\n"
                   " strd %[i], %[f], [%[leg]]\n"
                   " strd %[a], %[h], [%[data]], #8\n"
                   " add %[leg], %[leg], %[step]\n"
                   " sub %[a], %[e], %[d]\n"
                   " add %[h], %[b], %[c]\n"
                   " strd %[a], %[h], [%[leg]]\n"
                   " sub %[leg], %[leg], %[step], lsl #1\n"
                   " add %[e], %[e], %[d]\n"
                   " sub %[b], %[b], %[c]\n"
                   " strd %[e], %[b], [%[leg]]\n"
                   " cmp %[data], %[end]\n"
                   " bne 1b\n"
        : [data] "+r"(data), [twiddle] "+r"(twiddle), [leg] "=&r"(leg), [a] "=&r"(a), [b] "=&r"(b),
        [c] "=&r"(c), [d] "=&r"(d), [e] "=&r"(e), [f] "=&r"(f), [g] "=&r"(g), [h] "=&r"(h),
        [i] "=&r"(i)
        : [step] "r"(8 * step), [end] "r"(end)
        : "cc", "memory");
    return twiddle;
}

#else

static const int32_t *group(ink_complex_t *data, uint32_t step, const int32_t *twiddle) {
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
            next = group(out + i, step, twiddles);
        }
        twiddles = next;
    }
}
