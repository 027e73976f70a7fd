// SPDX-License-Identifier: MIT
// Direct convolution on packed weights: gathers the inputs of 4 output pixels into a panel of
// int16, and hands it to the inner kernel, which computes all their channels. Dilation 1, one
// group.
#include <stdbool.h>

#include "ink_conv_packed_gather.h"
#include "ink_packed_common.h"
#include "ink_packed_pairs.h"
#include "ink_rest.h"

#if INK_HAVE_DSP

// One byte left of each of three runs, as where a 3x3 kernel takes colours.
static inline void widen_three_bytes(
    const int8_t *from, int32_t step, int32_t row_size, int32_t *panel) {
    for (int32_t pixel = 0; pixel < INK_TILE_PIXELS; pixel++) {
        const int8_t *second = from + row_size;
        store_pair(panel, pack_pair(*from, second[row_size]), (uint16_t)*second);
        from += step;
        panel += 2;
    }
}

// Writes `pixels` pixels that do not fill the panel, or have an odd number of channels. One or two
// cost less alone than the inner kernel's four.
static void write_some_pixels(const ink_conv_gather_t *gather, const ink_conv_tile_t *tile,
    int32_t pixels, const void *weights, int8_t *output) {
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
                .step = 2 * INK_TILE_PIXELS,
                .units = output_c,
                .output_zero = tile->output_zero};
            ink_packed_pairs(&pairs, weights, output);
        }
        output += output_c;
    }
}

static int8_t *write_panel(const ink_conv_gather_t *gather, const ink_conv_tile_t *tile,
    int32_t pixels, const void *weights, int8_t *output) {
    if (pixels == INK_TILE_PIXELS && tile->stride == gather->conv.output_c) {
        ink_conv_packed_tile(tile, weights, output);
    } else {
        write_some_pixels(gather, tile, pixels, weights, output);
    }
    return output + pixels * gather->conv.output_c;
}

// How many times the next 4 output pixels lie in one row, all their windows within the input.
static uint32_t panel_steps(const ink_conv_tile_t *tile) {
    return (uint32_t)(tile->groups * tile->pairs) * (4 * 2 * INK_TILE_PIXELS);
}

static int32_t count_inside(const ink_conv_gather_t *gather) {
    int32_t pixels = gather->end_x - gather->ox;
    if (pixels < INK_TILE_PIXELS || gather->ox < gather->first_x || gather->oy < gather->first_y ||
        gather->oy >= gather->end_y) {
        return 0;
    }
    return pixels / INK_TILE_PIXELS;
}

static int8_t *run_inside(ink_conv_gather_t *gather, const ink_conv_tile_t *tile, int32_t panels,
    const void *weights, int8_t *output, uint32_t *done) {
    const int8_t *from = gather->row + gather->ox * gather->step;
    int32_t step = gather->step;
    int32_t run_words = gather->widen.row_bytes;
    bool three_bytes = gather->rest == 1 && gather->conv.kernel_h == 3 && run_words != 0;
    gather->widen.rows = gather->conv.kernel_h;
    gather->ox += panels * INK_TILE_PIXELS;
    for (; panels > 0; panels--) {
        gather->widen.from[0] = from;
        gather->widen.from[1] = from + step;
        gather->widen.from[2] = from + 2 * step;
        gather->widen.from[3] = from + 3 * step;
        if (three_bytes) {
            widen_three_bytes(from + run_words, step, gather->row_size,
                ink_conv_packed_widen(gather->panel, &gather->widen));
        } else {
            ink_conv_gather_rows(gather, 0, gather->panel, true);
        }
        from += INK_TILE_PIXELS * step;
        output = write_panel(gather, tile, INK_TILE_PIXELS, weights, output);
        *done = ink_rest_after(*done, panel_steps(tile));
    }
    if (gather->ox == gather->conv.output_w) {
        ink_conv_gather_next_row(gather);
    }
    return output;
}

void ink_conv_packed_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch) {
    ink_conv_gather_t gather;
    ink_conv_gather_start(&gather, conv, input, scratch);
    ink_conv_tile_t tile = {.panel = gather.panel,
        .groups = (conv->kernel_h * gather.widen.row_bytes + gather.rest_size) >> 2,
        .stride = (conv->output_c + 1) & ~1,
        .pairs = (conv->output_c + 1) >> 1,
        .output_zero = conv->output_zero};
    int8_t *to = output;
    int32_t left = conv->batch * conv->output_h * conv->output_w;
    uint32_t done = 0;
    while (left > 0) {
        int32_t panels = count_inside(&gather);
        int32_t pixels = panels * INK_TILE_PIXELS;
        if (panels > 0) {
            to = run_inside(&gather, &tile, panels, weights, to, &done);
        } else {
            pixels = left < INK_TILE_PIXELS ? left : INK_TILE_PIXELS;
            ink_conv_gather_anywhere(&gather, pixels);
            to = write_panel(&gather, &tile, pixels, weights, to);
            done = ink_rest_after(done, panel_steps(&tile));
        }
        left -= pixels;
    }
    ink_packed_clamp(output, (size_t)(to - output), conv->act_min, conv->act_max);
}

#endif
