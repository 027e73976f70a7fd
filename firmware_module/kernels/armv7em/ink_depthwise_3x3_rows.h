// SPDX-License-Identifier: MIT
// The inner kernels of 3x3 depthwise convolution: output rows of up to 4 channels from the ring.
#ifndef INK_DEPTHWISE_3X3_ROWS_H
#define INK_DEPTHWISE_3X3_ROWS_H

#include <stdint.h>

#define INK_RING_CHANNELS 4
#define INK_RING_COLUMN 8  // words of a column in the ring: 2 pairs of rows of 4 channels
#define INK_RECORD_SIZE 24 // bytes of a channel in the stream of depthwise_3x3.py

// `ring` is where the upper pair of input rows starts; the lower pair lies 4 words further.
typedef struct {
    const int32_t *ring;
    int8_t *output;
    int32_t pixel_step, row_step; // bytes between output pixels and rows
    int32_t span;                 // bytes from a row's first output to the one below
    int32_t channels;             // 1 to 4
    int32_t output_zero;
    int32_t odd; // whether the width is odd (stride 1)
} ink_depthwise_rows_t;

// Two output rows; `row_step` is 0 where there is only one. `span` leads past the row's last pair.
// Stride 2: one row. `span` leads to its last output; the ring has columns for an even width.
void ink_depthwise_3x3_rows_stride1(const ink_depthwise_rows_t *rows, const void *weights);
void ink_depthwise_3x3_rows_stride2(const ink_depthwise_rows_t *rows, const void *weights);

#endif
