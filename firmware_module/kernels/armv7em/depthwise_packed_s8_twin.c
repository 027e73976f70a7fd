// SPDX-License-Identifier: MIT
// The portable twin of depthwise_packed_s8.c: the same packed weights, plain loops, the same bits.
#include "ink_packed_common.h"

#if !INK_HAVE_DSP

#define CHANNELS 4
#define HEAD_SIZE 48 // bytes of a record before its taps: biases, requantizations
#define TAP_SIZE 8   // 4 weights as int16

// Where the weight of a record's channel lies in a tap.
static const uint8_t place[CHANNELS] = {0, 2, 1, 3};

// One sum: `taps` leads to the channel's first weight, `image` to the channel's first byte.
static int32_t sum_window(const ink_packed_conv_t *conv, const int8_t *image, const int8_t *taps,
    int32_t y, int32_t x, int32_t bias) {
    uint32_t sum = (uint32_t)bias;
    for (int32_t ky = 0; ky < conv->kernel_h; ky++) {
        for (int32_t kx = 0; kx < conv->kernel_w; kx++) {
            int32_t row = y + ky * conv->dilation_h;
            int32_t column = x + kx * conv->dilation_w;
            if (row >= 0 && row < conv->input_h && column >= 0 && column < conv->input_w) {
                int16_t weight;
                memcpy(&weight, taps + (ky * conv->kernel_w + kx) * TAP_SIZE, sizeof(weight));
                int32_t pixel = row * conv->input_w + column;
                sum += (uint32_t)((image[pixel * conv->input_c] - conv->pad_value) * weight);
            }
        }
    }
    return (int32_t)sum;
}

// Four outputs, `step` apart from `to` on.
static void convolve_four(const ink_packed_conv_t *conv, const int8_t *image, const int8_t *record,
    int32_t y, int32_t x, int8_t *to, int32_t step) {
    for (int32_t i = 0; i < CHANNELS; i++) {
        ink_requantize_t how;
        memcpy(&how, record + 16 + i * 8, sizeof(how));
        const int8_t *taps = record + HEAD_SIZE + 2 * place[i];
        int32_t sum = sum_window(conv, image + i, taps, y, x, read_word(record + 4 * i));
        to[i * step] = (int8_t)ink_packed_requantize(sum, &how, conv->output_zero);
    }
}

// All channels of an output pixel.
static void convolve_pixel(const ink_packed_conv_t *conv, const int8_t *image, const int8_t *record,
    int32_t y, int32_t x, int8_t *to) {
    int32_t step = conv->output_c / conv->input_c;
    for (int32_t i = 0; i < step; i++) {
        for (int32_t left = conv->input_c; left > 0; left -= CHANNELS) {
            // the last four may have some of those before among them
            int32_t channel = conv->input_c - (left < CHANNELS ? CHANNELS : left);
            convolve_four(conv, image + channel, record, y, x, to + channel * step + i, step);
            record += HEAD_SIZE + conv->kernel_h * conv->kernel_w * TAP_SIZE;
        }
    }
}

void ink_depthwise_packed_s8(
    const ink_packed_conv_t *conv, const int8_t *input, const void *weights, int8_t *output) {
    int8_t *to = output;
    for (int32_t n = 0; n < conv->batch; n++) {
        for (int32_t oy = 0; oy < conv->output_h; oy++) {
            for (int32_t ox = 0; ox < conv->output_w; ox++) {
                convolve_pixel(conv, input, weights, oy * conv->stride_h - conv->pad_top,
                    ox * conv->stride_w - conv->pad_left, to);
                to += conv->output_c;
            }
        }
        input += conv->input_h * conv->input_w * conv->input_c;
    }
    ink_packed_clamp(output, (size_t)(to - output), conv->act_min, conv->act_max);
}

#endif
