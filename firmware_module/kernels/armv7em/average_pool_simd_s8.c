// SPDX-License-Identifier: MIT
// Average pooling, 4 channels of a window at a time where there are as many; padding is not
// counted, and halves round away from zero.
#include "ink_pool_window.h"

static inline int8_t average(int32_t sum, int32_t count) {
    int32_t sign = sum >> 31;
    int32_t half = ((count >> 1) ^ sign) - sign;
    return (int8_t)((sum + half) / count);
}

#if INK_HAVE_DSP

#define CHANNELS 4

static int32_t average_words(const pool_window_t *window, int8_t *output) {
    int32_t count = window->rows * window->columns;
    int32_t channel = 0;
    for (; channel + CHANNELS <= window->channels; channel += CHANNELS) {
        const int8_t *row = window->from + channel;
        int32_t rows = window->rows;
        int32_t sums[CHANNELS] = {0};
        const int8_t *from;
        int32_t left, bytes;
        __asm volatile("1:\n"
                       "mov %[from], %[row]\n"
                       "mov %[left], %[columns]\n"
                       "2:\n"
                       "ldr %[bytes], [%[from]]\n"
                       "add %[from], %[from], %[step]\n"
                       "subs %[left], %[left], #1\n"
                       "sxtab %[sum0], %[sum0], %[bytes]\n"
                       "sxtab %[sum1], %[sum1], %[bytes], ror #8\n"
                       "sxtab %[sum2], %[sum2], %[bytes], ror #16\n"
                       "sxtab %[sum3], %[sum3], %[bytes], ror #24\n"
                       "bne 2b\n"
                       "subs %[rows], %[rows], #1\n"
                       "add %[row], %[row], %[row_step]\n"
                       "bne 1b\n"
            : [row] "+&r"(row), [rows] "+&r"(rows), [from] "=&r"(from), [left] "=&r"(left),
            [bytes] "=&r"(bytes), [sum0] "+&r"(sums[0]), [sum1] "+&r"(sums[1]),
            [sum2] "+&r"(sums[2]), [sum3] "+&r"(sums[3])
            : [columns] "r"(window->columns), [step] "r"(window->channels),
            [row_step] "r"(window->row_step)
            : "cc", "memory");
#pragma GCC unroll 4
        for (int32_t i = 0; i < CHANNELS; i++) {
            output[channel + i] = average(sums[i], count);
        }
    }
    return channel;
}

#else

static int32_t average_words(const pool_window_t *window, int8_t *output) {
    (void)window;
    (void)output;
    return 0;
}

#endif

static void average_pixel(const pool_window_t *window, int8_t *output) {
    for (int32_t channel = average_words(window, output); channel < window->channels; channel++) {
        const int8_t *row = window->from + channel;
        int32_t sum = 0;
        for (int32_t y = window->rows; y > 0; y--) {
            const int8_t *from = row;
            for (int32_t x = window->columns; x > 0; x--) {
                sum += *from;
                from += window->channels;
            }
            row += window->row_step;
        }
        output[channel] = average(sum, window->rows * window->columns);
    }
}

void ink_average_pool_simd_s8(const ink_pool_t *pool, const int8_t *input, int8_t *output) {
    pool_all(pool, input, output, average_pixel);
}
