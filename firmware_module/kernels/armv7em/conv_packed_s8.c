// SPDX-License-Identifier: MIT
// Direct convolution on packed weights: gathers the inputs of 4 output pixels into a panel of
// int16, and hands it to the inner kernel, which computes all their channels. Dilation 1, one
// group.
//
// A pixel's taps come by kernel rows: kernel_w x input_c bytes that lie together in the input are a
// run. First the whole words of each run, then what is left of all runs, filled up to a word.
#include "conv_packed_tile.h"
#include "packed_common.h"
#include "packed_pairs.h"

static int32_t align_word(int32_t size) {
    return (size + 3) & ~3;
}

// In order: the panel, what is left of the runs of 4 pixels, a run of padding, 4 runs that leave
// their row, and output pixels that do not fill four or have odd channels.
size_t ink_conv_packed_s8_scratch(const ink_packed_conv_t *conv) {
    int32_t run = conv->kernel_w * conv->input_c;
    int32_t taps = align_word(conv->kernel_h * run);
    int32_t rest = align_word(conv->kernel_h * (run & 3));
    int32_t staging = (conv->output_c + 1) & ~1;
    return (size_t)(taps * 2 * TILE_PIXELS + PANEL_SLACK + rest * TILE_PIXELS +
                    align_word(run) * (1 + TILE_PIXELS) + staging * TILE_PIXELS);
}

#if INK_HAVE_DSP

typedef struct {
    int32_t y, start; // a window's first input row, and its first byte in its rows
    const int8_t *image;
} window_t;

typedef struct {
    ink_packed_conv_t conv;
    const int8_t *image;
    int32_t oy, ox;                         // the next output pixel
    int32_t run, row_size;                  // bytes of a run, of an input row
    int32_t run_words, rest;                // bytes of a run's whole words, and those left
    int32_t rest_size;                      // bytes left of all runs, filled up
    int32_t first_y, end_y, first_x, end_x; // output pixels whose windows lie in the input
    int32_t *panel;
    int8_t *rests, *padding, *borders, *staging;
} gather_t;

// The first output place whose window starts within the input, and the end of those that end there.
static void find_inside(int32_t size, int32_t kernel, int32_t stride, int32_t pad, int32_t output,
    int32_t *first, int32_t *end) {
    int32_t room = size + pad - kernel;
    *first = (pad + stride - 1) / stride;
    *end = room < 0 ? 0 : room / stride + 1;
    *end = *end < output ? *end : output;
}

static void start_gathering(
    gather_t *gather, const ink_packed_conv_t *given, const int8_t *input, void *scratch) {
    ink_packed_conv_t *conv = &gather->conv;
    *conv = *given;
    if (conv->kernel_h * conv->kernel_w * conv->stride_h * conv->stride_w == 1 &&
        conv->output_h == conv->input_h && conv->output_w == conv->input_w) {
        // a pixel is a window: take all of them as one row
        conv->input_w *= conv->input_h * conv->batch;
        conv->output_w = conv->input_w;
        conv->input_h = conv->output_h = conv->batch = 1;
    }
    gather->image = input;
    gather->oy = gather->ox = 0;
    gather->run = conv->kernel_w * conv->input_c;
    gather->row_size = conv->input_w * conv->input_c;
    gather->run_words = gather->run & ~3;
    gather->rest = gather->run & 3;
    gather->rest_size = align_word(conv->kernel_h * gather->rest);
    find_inside(conv->input_h, conv->kernel_h, conv->stride_h, conv->pad_top, conv->output_h,
        &gather->first_y, &gather->end_y);
    find_inside(conv->input_w, conv->kernel_w, conv->stride_w, conv->pad_left, conv->output_w,
        &gather->first_x, &gather->end_x);
    int32_t taps = conv->kernel_h * gather->run_words + gather->rest_size;
    gather->panel = scratch;
    gather->rests = (int8_t *)scratch + taps * 2 * TILE_PIXELS + PANEL_SLACK;
    gather->padding = gather->rests + gather->rest_size * TILE_PIXELS;
    gather->borders = gather->padding + align_word(gather->run);
    gather->staging = gather->borders + align_word(gather->run) * TILE_PIXELS;
    memset(gather->rests, 0, (size_t)(gather->rest_size * TILE_PIXELS));
    memset(gather->padding, conv->pad_value, (size_t)gather->run);
}

static window_t find_window(const gather_t *gather) {
    const ink_packed_conv_t *conv = &gather->conv;
    return (window_t){.y = gather->oy * conv->stride_h - conv->pad_top,
        .start = (gather->ox * conv->stride_w - conv->pad_left) * conv->input_c,
        .image = gather->image};
}

static void next_output(gather_t *gather, int32_t pixels) {
    gather->ox += pixels;
    if (gather->ox >= gather->conv.output_w) {
        gather->ox = 0;
        if (++gather->oy == gather->conv.output_h) {
            gather->oy = 0;
            gather->image += gather->conv.input_h * gather->row_size;
        }
    }
}

// Where a window's run in input row y lies: in the input, or made up at `border`.
static const int8_t *find_run(
    const gather_t *gather, const window_t *window, int32_t y, int8_t *border) {
    if ((uint32_t)y >= (uint32_t)gather->conv.input_h) {
        return gather->padding;
    }
    const int8_t *row = window->image + y * gather->row_size;
    int32_t run = gather->run;
    int32_t before = -window->start;
    int32_t after = window->start + run - gather->row_size;
    if (before <= 0 && after <= 0) {
        return row + window->start;
    }
    before = before < 0 ? 0 : before;
    after = after < 0 ? 0 : after;
    if (before >= run || after >= run) {
        return gather->padding;
    }
    memset(border, gather->conv.pad_value, (size_t)before);
    memcpy(border + before, row + window->start + before, (size_t)(run - before - after));
    memset(border + run - after, gather->conv.pad_value, (size_t)after);
    return border;
}

// The bytes left of a row's runs. Kept together until all rows are gathered.
static void keep_rests(const gather_t *gather, const ink_conv_widen_t *widen, int32_t row) {
    for (int32_t pixel = 0; pixel < TILE_PIXELS; pixel++) {
        const int8_t *from = widen->from[pixel] + gather->run_words;
        int8_t *to = gather->rests + pixel * gather->rest_size + row * gather->rest;
        for (int32_t left = widen->rows; left > 0; left--) {
            for (int32_t i = 0; i < gather->rest; i++) {
                *to++ = from[i];
            }
            from += widen->row_step;
        }
    }
}

static int32_t *gather_rows(
    const gather_t *gather, const ink_conv_widen_t *widen, int32_t row, int32_t *panel) {
    if (gather->rest != 0) {
        keep_rests(gather, widen, row);
    }
    return gather->run_words != 0 ? ink_conv_packed_widen(panel, widen) : panel;
}

static int32_t *gather_inside(gather_t *gather) {
    window_t window = find_window(gather);
    int32_t step = gather->conv.stride_w * gather->conv.input_c;
    ink_conv_widen_t widen = {.row_bytes = gather->run_words,
        .rows = gather->conv.kernel_h,
        .row_step = gather->row_size};
    const int8_t *from = window.image + window.y * gather->row_size + window.start;
    for (int32_t pixel = 0; pixel < TILE_PIXELS; pixel++) {
        widen.from[pixel] = from;
        from += step;
    }
    next_output(gather, TILE_PIXELS);
    return gather_rows(gather, &widen, 0, gather->panel);
}

static int32_t *gather_anywhere(gather_t *gather, int32_t pixels) {
    window_t windows[TILE_PIXELS];
    for (int32_t pixel = 0; pixel < TILE_PIXELS; pixel++) {
        windows[pixel] = pixel < pixels ? find_window(gather) : windows[pixel - 1];
        next_output(gather, pixel < pixels);
    }
    ink_conv_widen_t widen = {.row_bytes = gather->run_words, .rows = 1};
    int32_t *panel = gather->panel;
    for (int32_t row = 0; row < gather->conv.kernel_h; row++) {
        int8_t *border = gather->borders;
        for (int32_t pixel = 0; pixel < TILE_PIXELS; pixel++) {
            const window_t *window = &windows[pixel];
            widen.from[pixel] = find_run(gather, window, window->y + row, border);
            border += align_word(gather->run);
        }
        panel = gather_rows(gather, &widen, row, panel);
    }
    return panel;
}

// Fills the panel with the next `pixels` (1 to 4) windows; places past them repeat the last.
static void gather_windows(gather_t *gather, int32_t pixels) {
    int32_t *panel;
    if (pixels == TILE_PIXELS && gather->ox >= gather->first_x &&
        gather->ox + TILE_PIXELS <= gather->end_x && gather->oy >= gather->first_y &&
        gather->oy < gather->end_y) {
        panel = gather_inside(gather);
    } else {
        panel = gather_anywhere(gather, pixels);
    }
    if (gather->rest != 0) {
        ink_conv_widen_t widen = {.row_bytes = gather->rest_size, .rows = 1};
        for (int32_t pixel = 0; pixel < TILE_PIXELS; pixel++) {
            widen.from[pixel] = gather->rests + pixel * gather->rest_size;
        }
        ink_conv_packed_widen(panel, &widen);
    }
}

// Writes `pixels` pixels that do not fill the panel, or have an odd number of channels. One or two
// cost less alone than the inner kernel's four.
static void write_some_pixels(const gather_t *gather, const ink_conv_tile_t *tile, int32_t pixels,
    const void *weights, int8_t *output) {
    int32_t output_c = gather->conv.output_c;
    if (pixels > 2) {
        ink_conv_packed_tile(tile, weights, gather->staging);
    }
    for (int32_t pixel = 0; pixel < pixels; pixel++) {
        if (pixels > 2) {
            memcpy(output, gather->staging + pixel * tile->stride, (size_t)output_c);
        } else {
            ink_packed_pairs_t pairs = {.inputs = gather->panel + 2 * pixel,
                .groups = tile->groups,
                .step = 2 * TILE_PIXELS,
                .units = output_c,
                .output_zero = tile->output_zero};
            ink_packed_pairs(&pairs, weights, output);
        }
        output += output_c;
    }
}

void ink_conv_packed_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch) {
    gather_t gather;
    start_gathering(&gather, conv, input, scratch);
    ink_conv_tile_t tile = {.panel = gather.panel,
        .groups = (conv->kernel_h * gather.run_words + gather.rest_size) >> 2,
        .stride = (conv->output_c + 1) & ~1,
        .pairs = (conv->output_c + 1) >> 1,
        .output_zero = conv->output_zero};
    int8_t *to = output;
    int32_t left = conv->batch * conv->output_h * conv->output_w;
    while (left > 0) {
        int32_t pixels = left < TILE_PIXELS ? left : TILE_PIXELS;
        gather_windows(&gather, pixels);
        if (pixels == TILE_PIXELS && tile.stride == conv->output_c) {
            ink_conv_packed_tile(&tile, weights, to);
        } else {
            write_some_pixels(&gather, &tile, pixels, weights, to);
        }
        to += pixels * conv->output_c;
        left -= pixels;
    }
    ink_packed_clamp(output, (size_t)(to - output), conv->act_min, conv->act_max);
}

#endif
