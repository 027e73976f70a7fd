// SPDX-License-Identifier: MIT
// The portable twin of depthwise_3x3_s8.c: the same packed weights, the same bits. It keeps three
// input rows of one channel in scratch, so that the output may be the input here as well.
#include "ink_packed_common.h"

#if !INK_HAVE_DSP

// Where the weight of row y and column x lies in a channel's 12 bytes; some lie there twice.
static const uint8_t place[3][3] = {{0, 1, 4}, {2, 3, 6}, {7, 10, 11}};

typedef struct {
    const ink_packed_conv_t *conv;
    int8_t *rows;  // 3 rows of the input
    int32_t width; // what of them is needed
} ring_t;

static void copy_row(const ring_t *ring, const int8_t *image, int32_t y, int32_t row) {
    const ink_packed_conv_t *conv = ring->conv;
    int8_t *to = ring->rows + row * ring->width;
    for (int32_t x = 0; x < ring->width; x++) {
        int32_t inside = y >= 0 && y < conv->input_h;
        to[x] = (int8_t)(inside ? image[(y * conv->input_w + x) * conv->input_c] : conv->pad_value);
    }
}

static int32_t sum_window(const ring_t *ring, const int8_t *weights, int32_t x) {
    const ink_packed_conv_t *conv = ring->conv;
    uint32_t sum = (uint32_t)read_word(weights + 12);
    for (int32_t ky = 0; ky < 3; ky++) {
        for (int32_t kx = 0; kx < 3; kx++) {
            int32_t inside = x + kx >= 0 && x + kx < ring->width;
            int32_t value = inside ? ring->rows[ky * ring->width + x + kx] : conv->pad_value;
            sum += (uint32_t)(value * weights[place[ky][kx]]);
        }
    }
    return (int32_t)sum;
}

static void convolve_channel(
    const ring_t *ring, const int8_t *image, const int8_t *weights, int8_t *output) {
    const ink_packed_conv_t *conv = ring->conv;
    ink_requantize_t how;
    memcpy(&how, weights + 16, sizeof(how));
    int32_t next_y = -conv->pad_top; // the next input row to copy
    for (int32_t oy = 0; oy < conv->output_h; oy++) {
        int32_t y = oy * conv->stride_h - conv->pad_top;
        int32_t kept = next_y - y; // rows of the window that are there
        memmove(ring->rows, ring->rows + (3 - kept) * ring->width, (size_t)(kept * ring->width));
        for (; next_y < y + 3; next_y++) {
            copy_row(ring, image, next_y, next_y - y);
        }
        for (int32_t ox = 0; ox < conv->output_w; ox++) {
            int32_t sum = sum_window(ring, weights, ox * conv->stride_w - conv->pad_left);
            output[(oy * conv->output_w + ox) * conv->output_c] =
                (int8_t)ink_packed_requantize(sum, &how, conv->output_zero);
        }
    }
}

void ink_depthwise_3x3_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch) {
    int32_t needed = (conv->output_w - 1) * conv->stride_w + 3 - conv->pad_left;
    ring_t ring = {
        .conv = conv, .rows = scratch, .width = needed < conv->input_w ? needed : conv->input_w};
    int32_t input_size = conv->input_h * conv->input_w * conv->input_c;
    int32_t output_size = conv->output_h * conv->output_w * conv->output_c;
    for (int32_t n = 0; n < conv->batch; n++) {
        for (int32_t channel = 0; channel < conv->input_c; channel++) {
            convolve_channel(&ring, input + n * input_size + channel,
                (const int8_t *)weights + 24 * channel, output + n * output_size + channel);
        }
    }
    ink_packed_clamp(output, (size_t)(conv->batch * output_size), conv->act_min, conv->act_max);
}

#endif
