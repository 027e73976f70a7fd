// SPDX-License-Identifier: MIT
// Gathers the inputs of 4 output pixels of a direct convolution into a panel of int16, wherever
// their windows lie. Windows that lie within the input are faster in conv_packed_s8.c.
#include "ink_conv_packed_gather.h"

#include "ink_packed_common.h"

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
    return (size_t)(taps * 2 * INK_TILE_PIXELS + INK_PANEL_SLACK + rest * INK_TILE_PIXELS +
                    align_word(run) * (1 + INK_TILE_PIXELS) + staging * INK_TILE_PIXELS);
}

#if INK_HAVE_DSP

// A window of the output's pixel that comes next, or of one beside it.
typedef struct {
    const int8_t *from;    // its first run, where all of it lies in the input
    int32_t y;             // its first input row
    int32_t before, after; // bytes of its runs that lie outside their rows
} window_t;

// The first output place whose window starts within the input, and the end of those that end there.
static void find_inside(int32_t size, int32_t kernel, int32_t stride, int32_t pad, int32_t output,
    int32_t *first, int32_t *end) {
    int32_t room = size + pad - kernel;
    *first = (pad + stride - 1) / stride;
    *end = room < 0 ? 0 : room / stride + 1;
    *end = *end < output ? *end : output;
}

void ink_conv_gather_start(
    ink_conv_gather_t *gather, const ink_packed_conv_t *given, const int8_t *input, void *scratch) {
    ink_packed_conv_t *conv = &gather->conv;
    *conv = *given;
    if (conv->kernel_h * conv->kernel_w * conv->stride_h * conv->stride_w == 1 &&
        conv->output_h == conv->input_h && conv->output_w == conv->input_w) {
        // a pixel is a window: take all of them as one row
        conv->input_w *= conv->input_h * conv->batch;
        conv->output_w = conv->input_w;
        conv->input_h = conv->output_h = conv->batch = 1;
    }
    gather->oy = gather->ox = 0;
    gather->run = conv->kernel_w * conv->input_c;
    gather->row_size = conv->input_w * conv->input_c;
    gather->rest = gather->run & 3;
    gather->rest_size = align_word(conv->kernel_h * gather->rest);
    gather->step = conv->stride_w * conv->input_c;
    gather->row = input - conv->pad_top * gather->row_size - conv->pad_left * conv->input_c;
    gather->widen.row_bytes = gather->run & ~3;
    gather->widen.row_step = gather->row_size;
    find_inside(conv->input_h, conv->kernel_h, conv->stride_h, conv->pad_top, conv->output_h,
        &gather->first_y, &gather->end_y);
    find_inside(conv->input_w, conv->kernel_w, conv->stride_w, conv->pad_left, conv->output_w,
        &gather->first_x, &gather->end_x);
    int32_t taps = conv->kernel_h * gather->widen.row_bytes + gather->rest_size;
    gather->panel = scratch;
    gather->rests = (int8_t *)scratch + taps * 2 * INK_TILE_PIXELS + INK_PANEL_SLACK;
    gather->padding = gather->rests + gather->rest_size * INK_TILE_PIXELS;
    gather->borders = gather->padding + align_word(gather->run);
    gather->staging = gather->borders + align_word(gather->run) * INK_TILE_PIXELS;
    memset(gather->rests, 0, (size_t)(gather->rest_size * INK_TILE_PIXELS));
    memset(gather->padding, conv->pad_value, (size_t)gather->run);
}

void ink_conv_gather_next_row(ink_conv_gather_t *gather) {
    const ink_packed_conv_t *conv = &gather->conv;
    int32_t rows = conv->stride_h;
    gather->ox = 0;
    if (++gather->oy == conv->output_h) {
        // to the next image
        gather->oy = 0;
        rows += conv->input_h - conv->output_h * conv->stride_h;
    }
    gather->row += rows * gather->row_size;
}

static void widen_rests(const ink_conv_gather_t *gather, int32_t *panel) {
    ink_conv_widen_t widen = {.row_bytes = gather->rest_size, .rows = 1};
    for (int32_t pixel = 0; pixel < INK_TILE_PIXELS; pixel++) {
        widen.from[pixel] = gather->rests + pixel * gather->rest_size;
    }
    ink_conv_packed_widen(panel, &widen);
}

void ink_conv_gather_rests(
    const ink_conv_gather_t *gather, int32_t row, int32_t *panel, bool last) {
    int8_t *to = gather->rests + row * gather->rest;
    for (int32_t pixel = 0; pixel < INK_TILE_PIXELS; pixel++) {
        const int8_t *from = gather->widen.from[pixel] + gather->widen.row_bytes;
        int8_t *at = to;
        for (int32_t left = gather->widen.rows; left > 0; left--) {
            at[0] = from[0];
            if (gather->rest > 1) {
                at[1] = from[1];
                if (gather->rest > 2) {
                    at[2] = from[2];
                }
            }
            at += gather->rest;
            from += gather->row_size;
        }
        to += gather->rest_size;
    }
    if (last) {
        widen_rests(gather, panel);
    }
}

static int32_t bound(int32_t value, int32_t most) {
    return value < 0 ? 0 : value > most ? most : value;
}

static window_t find_window(ink_conv_gather_t *gather, int8_t *border) {
    const ink_packed_conv_t *conv = &gather->conv;
    int32_t run = gather->run;
    int32_t start = gather->ox * gather->step - conv->pad_left * conv->input_c;
    window_t window = {.from = gather->row + gather->ox * gather->step,
        .y = gather->oy * conv->stride_h - conv->pad_top,
        .before = bound(-start, run),
        .after = bound(start + run - gather->row_size, run)};
    if (window.before + window.after > 0) {
        memset(border, conv->pad_value, (size_t)run);
    }
    return window;
}

// Where a window's run in its row `row` lies: in the input, or made up at `border`.
static const int8_t *find_run(
    const ink_conv_gather_t *gather, const window_t *window, int32_t row, int8_t *border) {
    if ((uint32_t)(window->y + row) >= (uint32_t)gather->conv.input_h) {
        return gather->padding;
    }
    const int8_t *from = window->from + row * gather->row_size;
    int32_t before = window->before;
    int32_t inside = gather->run - before - window->after;
    if (inside == gather->run) {
        return from;
    }
    if (inside > 0) {
        memcpy(border + before, from + before, (size_t)inside);
    }
    return border;
}

void ink_conv_gather_anywhere(ink_conv_gather_t *gather, int32_t pixels) {
    window_t windows[INK_TILE_PIXELS];
    int32_t border_size = align_word(gather->run);
    for (int32_t pixel = 0; pixel < INK_TILE_PIXELS; pixel++) {
        windows[pixel] = find_window(gather, gather->borders + pixel * border_size);
        if (pixel + 1 < pixels && ++gather->ox == gather->conv.output_w) {
            ink_conv_gather_next_row(gather);
        }
    }
    if (++gather->ox == gather->conv.output_w) {
        ink_conv_gather_next_row(gather);
    }
    gather->widen.rows = 1;
    int32_t *panel = gather->panel;
    for (int32_t row = 0; row < gather->conv.kernel_h; row++) {
        int8_t *border = gather->borders;
        for (int32_t pixel = 0; pixel < INK_TILE_PIXELS; pixel++) {
            gather->widen.from[pixel] = find_run(gather, &windows[pixel], row, border);
            border += border_size;
        }
        panel = ink_conv_gather_rows(gather, row, panel, row + 1 == gather->conv.kernel_h);
    }
}

#endif
