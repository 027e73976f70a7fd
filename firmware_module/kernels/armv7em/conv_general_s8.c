// SPDX-License-Identifier: MIT
// Convolution for what conv_packed_s8.c does not take: groups, dilation, sums of 2^23 and more,
// weights of -128 beside negative ones. The windows of 4 output pixels are copied, a group of
// channels at a time, and widened into a panel.
#include "../ink_copy_bytes.h"
#include "ink_conv_general_tile.h"
#include "ink_conv_packed_tile.h"
#include "ink_packed_common.h"
#include "ink_packed_pairs.h"
#include "ink_rest.h"

static int32_t window_bytes(const ink_packed_conv_t *conv) {
    int32_t depth = conv->input_c / conv->groups;
    return (conv->kernel_h * conv->kernel_w * depth + 3) & ~3;
}

// The panel, then 4 windows.
size_t ink_conv_general_s8_scratch(const ink_packed_conv_t *conv) {
    return (size_t)window_bytes(conv) * (2 * INK_TILE_PIXELS + INK_TILE_PIXELS);
}

#if INK_HAVE_DSP

// An output pixel's window: where it starts, in which image.
typedef struct {
    const int8_t *image;
    int32_t y, x;
} window_t;

// The `depth` channels from `window->image` on: where they lie together in the input, or copied to
// `copy`.
static const int8_t *take_window(
    const ink_packed_conv_t *conv, const window_t *window, int32_t depth, int8_t *copy) {
    if (conv->kernel_h * conv->kernel_w == 1 && (depth & 3) == 0) {
        return window->image + (window->y * conv->input_w + window->x) * conv->input_c;
    }
    int8_t *to = copy;
    int32_t y = window->y;
    for (int32_t ky = conv->kernel_h; ky > 0; ky--) {
        int32_t x = window->x;
        for (int32_t kx = conv->kernel_w; kx > 0; kx--) {
            if ((uint32_t)y < (uint32_t)conv->input_h && (uint32_t)x < (uint32_t)conv->input_w) {
                const int8_t *from = window->image + (y * conv->input_w + x) * conv->input_c;
                ink_copy_bytes(to, from, (size_t)depth);
            } else {
                memset(to, conv->pad_value, (size_t)depth);
            }
            to += depth;
            x += conv->dilation_w;
        }
        y += conv->dilation_h;
    }
    return copy;
}

// One or two output channels of `pixels` pixels from their sums.
static void write_pair(const ink_packed_conv_t *conv, const int32_t *sums,
    const ink_requantize_t how[2], int32_t pixels, bool alone, int8_t *to) {
    for (; pixels > 0; pixels--) {
        if (alone) {
            to[0] =
                (int8_t)ink_packed_requantize(sums[INK_TILE_PIXELS], &how[1], conv->output_zero);
        } else {
            to[0] = (int8_t)ink_packed_requantize(sums[0], &how[0], conv->output_zero);
            to[1] =
                (int8_t)ink_packed_requantize(sums[INK_TILE_PIXELS], &how[1], conv->output_zero);
        }
        sums++;
        to += conv->output_c;
    }
}

// Sums of a pixel as ink_conv_general_one() has them. Where B is `alone`, its weights are 16 bits
// and A's sum is worth nothing.
static const int32_t *sum_pixel(
    const int8_t *bytes, const int32_t *record, int32_t groups, int32_t *sums, bool alone) {
    if (alone) {
        sums[INK_TILE_PIXELS] = ink_packed_alone(record[1], bytes, record + 2, groups);
        return record + 2 + 2 * groups;
    }
    return ink_conv_general_one(bytes, record, groups, sums);
}

// A group's channels of 1 to 4 pixels. Returns the next group's weights.
static const int32_t *convolve_group(const ink_packed_conv_t *conv,
    window_t windows[INK_TILE_PIXELS], int32_t pixels, const int32_t *weights, int8_t *output,
    int32_t *panel) {
    int32_t depth = conv->input_c / conv->groups;
    ink_conv_widen_t widen = {.row_bytes = window_bytes(conv), .rows = 1};
    int32_t groups = widen.row_bytes >> 2;
    int8_t *copy = (int8_t *)(panel + 2 * widen.row_bytes);
    for (int32_t i = 0; i < INK_TILE_PIXELS; i++) {
        widen.from[i] = widen.from[0];
        if (i < pixels) {
            widen.from[i] = take_window(conv, &windows[i], depth, copy);
            windows[i].image += depth;
        }
        copy += widen.row_bytes;
    }
    // one or two pixels cost less alone than four
    bool few = pixels <= 2;
    if (!few) {
        ink_conv_packed_widen(panel, &widen);
    }
    for (int32_t units = conv->output_c / conv->groups; units > 0; units -= 2) {
        int32_t sums[INK_TILE_SUMS];
        bool alone = units == 1;
        const int32_t *end = weights;
        if (!few) {
            end = ink_conv_general_four(panel, weights, groups, sums);
        }
        for (int32_t i = 0; few && i < pixels; i++) {
            end = sum_pixel(widen.from[i], weights, groups, sums + i, alone);
        }
        const ink_requantize_t *how = (const ink_requantize_t *)end;
        write_pair(conv, sums, how, pixels, alone, output);
        output += 2;
        weights = (const int32_t *)(how + 2);
    }
    return weights;
}

// Whether the windows are one or two pixels that lie together, as a fully connected layer's do:
// to look for them would cost as much again.
static bool is_row_or_two(const ink_packed_conv_t *conv) {
    return conv->batch * conv->output_h == 1 && conv->output_w <= 2 && conv->groups == 1 &&
           conv->kernel_h * conv->kernel_w == 1 && conv->stride_w == 1 &&
           (conv->pad_top | conv->pad_left) == 0;
}

static void run_row(
    const ink_packed_conv_t *conv, const int8_t *input, const int32_t *weights, int8_t *output) {
    int32_t groups = conv->input_c >> 2;
    int32_t rest = conv->input_c & 3;
    int32_t last = rest ? read_some(input + 4 * groups, rest) : 0;
    for (int32_t units = conv->output_c; units > 0; units -= 2) {
        int32_t sums[INK_TILE_SUMS];
        bool alone = units == 1;
        const int32_t *taps = sum_pixel(input, weights, groups, sums, alone);
        if (rest) {
            int32_t *a = &sums[0];
            int32_t *b = &sums[INK_TILE_PIXELS];
            int32_t even = widen_even(last);
            int32_t odd = widen_odd(last);
            if (alone) {
                *b = multiply_add_pair(taps[1], odd, multiply_add_pair(taps[0], even, *b));
            } else {
                *a = multiply_add_pair(widen_odd(taps[0]), even, *a);
                *a = multiply_add_pair(widen_odd(taps[1]), odd, *a);
                *b = multiply_add_pair(widen_even(taps[0]), even, *b);
                *b = multiply_add_pair(widen_even(taps[1]), odd, *b);
            }
            taps += 2;
        }
        const ink_requantize_t *how = (const ink_requantize_t *)taps;
        write_pair(conv, sums, how, 1, alone, output);
        output += 2;
        weights = (const int32_t *)(how + 2);
    }
}

void ink_conv_general_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch) {
    if (is_row_or_two(conv)) {
        for (int32_t row = 0; row < conv->output_w; row++) {
            run_row(conv, input + row * conv->input_c, weights, output + row * conv->output_c);
        }
        ink_packed_clamp(
            output, (size_t)(conv->output_w * conv->output_c), conv->act_min, conv->act_max);
        return;
    }
    window_t next = {input, -conv->pad_top, -conv->pad_left};
    int32_t end_y = conv->output_h * conv->stride_h - conv->pad_top;
    int32_t end_x = conv->output_w * conv->stride_w - conv->pad_left;
    int8_t *to = output;
    int32_t left = conv->batch * conv->output_h * conv->output_w;
    const uint32_t steps = (uint32_t)(window_bytes(conv) * conv->output_c) * INK_TILE_PIXELS;
    uint32_t done = 0;
    for (; left > 0; left -= INK_TILE_PIXELS) {
        done = ink_rest_after(done, steps);
        window_t windows[INK_TILE_PIXELS];
        int32_t pixels = left < INK_TILE_PIXELS ? left : INK_TILE_PIXELS;
        for (int32_t i = 0; i < pixels; i++) {
            windows[i] = next;
            next.x += conv->stride_w;
            if (next.x == end_x) {
                next.x = -conv->pad_left;
                next.y += conv->stride_h;
            }
            if (next.y == end_y) {
                next.y = -conv->pad_top;
                next.image += conv->input_h * conv->input_w * conv->input_c;
            }
        }
        const int32_t *from = weights;
        int32_t units = conv->output_c / conv->groups;
        for (int32_t group = 0; group < conv->groups; group++) {
            from = convolve_group(conv, windows, pixels, from, to + group * units, scratch);
        }
        to += pixels * conv->output_c;
    }
    ink_packed_clamp(output, (size_t)(to - output), conv->act_min, conv->act_max);
}

#endif
