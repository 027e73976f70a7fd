// SPDX-License-Identifier: MIT
// Walks the windows of a pooling: which input pixels lie under an output pixel.
#ifndef INK_POOL_WINDOW_H
#define INK_POOL_WINDOW_H

#include "ink_packed_common.h"
#include "ink_rest.h"

// The part of a window that lies in the input; at least one pixel of it does.
typedef struct {
    const int8_t *from;         // its first pixel
    int32_t rows, columns;      // in pixels
    int32_t row_step, channels; // in bytes
} pool_window_t;

static inline pool_window_t pool_window(
    const ink_pool_t *pool, const int8_t *image, int32_t oy, int32_t ox) {
    int32_t y = oy * pool->stride_h - pool->pad_top;
    int32_t x = ox * pool->stride_w - pool->pad_left;
    int32_t end_y = y + pool->kernel_h < pool->input_h ? y + pool->kernel_h : pool->input_h;
    int32_t end_x = x + pool->kernel_w < pool->input_w ? x + pool->kernel_w : pool->input_w;
    y = y < 0 ? 0 : y;
    x = x < 0 ? 0 : x;
    return (pool_window_t){.from = image + (y * pool->input_w + x) * pool->channels,
        .rows = end_y - y,
        .columns = end_x - x,
        .row_step = pool->input_w * pool->channels,
        .channels = pool->channels};
}

typedef void pool_pixel_t(const pool_window_t *window, int8_t *output);

// Calls `pixel` for every output pixel, in order.
static inline void pool_all(
    const ink_pool_t *pool, const int8_t *input, int8_t *output, pool_pixel_t *pixel) {
    int8_t *to = output;
    uint32_t done = 0;
    for (int32_t n = 0; n < pool->batch; n++) {
        for (int32_t oy = 0; oy < pool->output_h; oy++) {
            for (int32_t ox = 0; ox < pool->output_w; ox++) {
                pool_window_t window = pool_window(pool, input, oy, ox);
                pixel(&window, to);
                to += pool->channels;
                done = ink_rest_after(
                    done, (uint32_t)(window.rows * window.columns * window.channels));
            }
        }
        input += pool->input_h * pool->input_w * pool->channels;
    }
    ink_packed_clamp(output, (size_t)(to - output), pool->act_min, pool->act_max);
}

#endif
