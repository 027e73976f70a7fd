// SPDX-License-Identifier: MIT
// Max pooling, 16 channels of a window at a time where there are as many.
#include "ink_pool_window.h"

#if INK_HAVE_DSP

// The greater of each of four bytes.
static inline int32_t max_four(int32_t left, int32_t right) {
    int32_t result;
    __asm("ssub8 %0, %1, %2\n sel %0, %1, %2" : "=&r"(result) : "r"(left), "r"(right));
    return result;
}

static void max_sixteen(const pool_window_t *window, int32_t channel, int8_t *output) {
    const int8_t *row = window->from + channel;
    int32_t best[4];
    memcpy(best, row, sizeof(best));
    for (int32_t y = window->rows; y > 0; y--) {
        const int8_t *from = row;
        for (int32_t x = window->columns; x > 0; x--) {
            best[0] = max_four(best[0], read_word(from));
            best[1] = max_four(best[1], read_word(from + 4));
            best[2] = max_four(best[2], read_word(from + 8));
            best[3] = max_four(best[3], read_word(from + 12));
            from += window->channels;
        }
        row += window->row_step;
    }
    memcpy(output + channel, best, sizeof(best));
}

static void max_word(const pool_window_t *window, int32_t channel, int8_t *output) {
    const int8_t *row = window->from + channel;
    int32_t best = read_word(row);
    for (int32_t y = window->rows; y > 0; y--) {
        const int8_t *from = row;
        for (int32_t x = window->columns; x > 0; x--) {
            best = max_four(best, read_word(from));
            from += window->channels;
        }
        row += window->row_step;
    }
    memcpy(output + channel, &best, sizeof(best));
}

static int32_t max_words(const pool_window_t *window, int8_t *output) {
    int32_t channel = 0;
    for (; channel + 16 <= window->channels; channel += 16) {
        max_sixteen(window, channel, output);
    }
    for (; channel + 4 <= window->channels; channel += 4) {
        max_word(window, channel, output);
    }
    return channel;
}

#else

static int32_t max_words(const pool_window_t *window, int8_t *output) {
    (void)window;
    (void)output;
    return 0;
}

#endif

static void max_pixel(const pool_window_t *window, int8_t *output) {
    for (int32_t channel = max_words(window, output); channel < window->channels; channel++) {
        const int8_t *row = window->from + channel;
        int8_t best = *row;
        for (int32_t y = window->rows; y > 0; y--) {
            const int8_t *from = row;
            for (int32_t x = window->columns; x > 0; x--) {
                best = *from > best ? *from : best;
                from += window->channels;
            }
            row += window->row_step;
        }
        output[channel] = best;
    }
}

void ink_max_pool_simd_s8(const ink_pool_t *pool, const int8_t *input, int8_t *output) {
    pool_all(pool, input, output, max_pixel);
}
