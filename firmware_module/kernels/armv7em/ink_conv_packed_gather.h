// SPDX-License-Identifier: MIT
// Gathering the inputs of direct convolution: 4 output pixels' windows into a panel.
//
// A pixel's taps come by kernel rows: kernel_w x input_c bytes that lie together in the input are a
// run. First the whole words of each run, then what is left of all runs, filled up to a word.
#ifndef INK_CONV_PACKED_GATHER_H
#define INK_CONV_PACKED_GATHER_H

#include <stdbool.h>

#include "ink_conv_packed_tile.h"
#include "ink_packed.h"

typedef struct {
    ink_packed_conv_t conv;
    const int8_t *row;                      // the window of this output row's pixel 0
    int32_t oy, ox;                         // the next output pixel
    int32_t run, row_size;                  // bytes of a run, of an input row
    int32_t rest;                           // bytes left of a run's whole words
    int32_t rest_size;                      // bytes left of all runs, filled up
    int32_t step;                           // bytes from a window to the next in its row
    int32_t first_y, end_y, first_x, end_x; // output pixels whose windows lie in the input
    ink_conv_widen_t widen;
    int32_t *panel;
    int8_t *rests, *padding, *borders, *staging;
} ink_conv_gather_t;

// From the first output pixel on, with ink_conv_packed_s8_scratch(given) bytes of scratch.
void ink_conv_gather_start(
    ink_conv_gather_t *gather, const ink_packed_conv_t *given, const int8_t *input, void *scratch);

// On to the first pixel of the next output row.
void ink_conv_gather_next_row(ink_conv_gather_t *gather);

// The next `pixels` (1 to 4), whose windows may leave the input; places past them repeat the last.
void ink_conv_gather_anywhere(ink_conv_gather_t *gather, int32_t pixels);

// The bytes left of the runs that widen.from points to, the first of them of row `row`. They are
// kept together until the last rows are there, then go to `panel`.
void ink_conv_gather_rests(const ink_conv_gather_t *gather, int32_t row, int32_t *panel, bool last);

// Takes the rows that widen.from points to, from row `row` on, into the panel. Returns where the
// rows after them go.
static inline int32_t *ink_conv_gather_rows(
    const ink_conv_gather_t *gather, int32_t row, int32_t *panel, bool last) {
    if (gather->widen.row_bytes != 0) {
        panel = ink_conv_packed_widen(panel, &gather->widen);
    }
    if (gather->rest != 0) {
        ink_conv_gather_rests(gather, row, panel, last);
    }
    return panel;
}

#endif
