// SPDX-License-Identifier: MIT
// Average pooling, 8 channels of a window at a time where there are as many; padding is not
// counted, and halves round away from zero.
#include "pool_window.h"

static int8_t average(int32_t sum, int32_t count) {
    int32_t half = count >> 1;
    return (int8_t)((sum < 0 ? sum - half : sum + half) / count);
}

#if INK_HAVE_DSP

#define CHANNELS 8
#define MOST_IN_HALFWORD 255 // int8 values whose sum fits an int16

// sums + the bytes 0 and 2 (1 and 3) of `bytes`, by halfwords
static inline int32_t add_even(int32_t sums, int32_t bytes) {
    int32_t result;
    __asm("sxtab16 %0, %1, %2" : "=r"(result) : "r"(sums), "r"(bytes));
    return result;
}

static inline int32_t add_odd(int32_t sums, int32_t bytes) {
    int32_t result;
    __asm("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(sums), "r"(bytes));
    return result;
}

// Moves sums of halfwords (channels 0 and 2, 1 and 3, 4 and 6, 5 and 7) to sums of words.
static void move_sums(int32_t halves[4], int32_t sums[CHANNELS]) {
    for (int32_t i = 0; i < 4; i++) {
        int32_t channel = (i & 1) + (i >> 1) * 4;
        sums[channel] += (int16_t)halves[i];
        sums[channel + 2] += halves[i] >> 16;
        halves[i] = 0;
    }
}

static void average_eight(const pool_window_t *window, int32_t channel, int8_t *output) {
    const int8_t *row = window->from + channel;
    int32_t sums[CHANNELS] = {0};
    int32_t halves[4] = {0};
    int32_t room = MOST_IN_HALFWORD;
    for (int32_t y = window->rows; y > 0; y--) {
        const int8_t *from = row;
        int32_t left = window->columns;
        while (left > 0) {
            int32_t now = left < room ? left : room;
            for (int32_t x = now; x > 0; x--) {
                int32_t low = read_word(from);
                int32_t high = read_word(from + 4);
                from += window->channels;
                halves[0] = add_even(halves[0], low);
                halves[1] = add_odd(halves[1], low);
                halves[2] = add_even(halves[2], high);
                halves[3] = add_odd(halves[3], high);
            }
            left -= now;
            room -= now;
            if (room == 0) {
                move_sums(halves, sums);
                room = MOST_IN_HALFWORD;
            }
        }
        row += window->row_step;
    }
    move_sums(halves, sums);
    for (int32_t i = 0; i < CHANNELS; i++) {
        output[channel + i] = average(sums[i], window->rows * window->columns);
    }
}

static int32_t average_words(const pool_window_t *window, int8_t *output) {
    int32_t channel = 0;
    for (; channel + CHANNELS <= window->channels; channel += CHANNELS) {
        average_eight(window, channel, output);
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
