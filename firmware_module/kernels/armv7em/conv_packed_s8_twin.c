// SPDX-License-Identifier: MIT
// The portable twin of conv_packed_s8.c: the same packed weights, plain loops, the same bits.
#include "ink_packed_common.h"

#if !INK_HAVE_DSP

// Where tap `lane` of a group of 4 lies: the order in which SXTB16 widens.
static const uint8_t place[4] = {0, 2, 1, 3};

typedef struct {
    int32_t b, sum; // B and 256 x A + B
} pair_t;

static void accumulate(pair_t *pair, const int8_t *taps, int32_t tap, int32_t value) {
    int16_t both;
    memcpy(&both, taps + 2 * ((tap & ~3) + place[tap & 3]), sizeof(both));
    pair->sum = (int32_t)((uint32_t)pair->sum + (uint32_t)(both * value));
    pair->b = (int32_t)((uint32_t)pair->b + (uint32_t)((int8_t)(both & 0xFF) * value));
}

static pair_t convolve(const ink_packed_conv_t *conv, const int8_t *image, const int8_t *weights,
    int32_t y, int32_t x) {
    int32_t run = conv->kernel_w * conv->input_c;
    int32_t rest = run & 3;
    int32_t row_size = conv->input_w * conv->input_c;
    pair_t pair = {.b = read_word(weights + 4), .sum = read_word(weights)};
    const int8_t *taps = weights + 8;
    for (int32_t ky = 0; ky < conv->kernel_h; ky++) {
        for (int32_t i = 0; i < run; i++) {
            int32_t at = x * conv->input_c + i;
            int32_t inside = y + ky >= 0 && y + ky < conv->input_h && at >= 0 && at < row_size;
            int32_t value = inside ? image[(y + ky) * row_size + at] : conv->pad_value;
            int32_t tap = ky * (run - rest) + i;
            if (i >= run - rest) {
                tap = conv->kernel_h * (run - rest) + ky * rest + i - (run - rest);
            }
            accumulate(&pair, taps, tap, value);
        }
    }
    return pair;
}

// All channels of one output pixel.
static void convolve_pixel(const ink_packed_conv_t *conv, const int8_t *image,
    const int8_t *weights, int32_t y, int32_t x, int8_t *to) {
    int32_t taps = (conv->kernel_h * conv->kernel_w * conv->input_c + 3) & ~3;
    for (int32_t oc = 0; oc < conv->output_c; oc += 2) {
        ink_requantize_t how[2];
        memcpy(how, weights + 8 + 2 * taps, sizeof(how));
        pair_t pair = convolve(conv, image, weights, y, x);
        int32_t a = (int32_t)((uint32_t)pair.sum - (uint32_t)pair.b) >> 8;
        to[oc] = (int8_t)ink_packed_requantize(a, &how[0], conv->output_zero);
        if (oc + 1 < conv->output_c) {
            to[oc + 1] = (int8_t)ink_packed_requantize(pair.b, &how[1], conv->output_zero);
        }
        weights += 8 + 2 * taps + sizeof(how);
    }
}

// A pixel's channels go to scratch first: the output may lie over the input that they come from.
void ink_conv_packed_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch) {
    int8_t *to = output;
    for (int32_t n = 0; n < conv->batch; n++) {
        for (int32_t oy = 0; oy < conv->output_h; oy++) {
            for (int32_t ox = 0; ox < conv->output_w; ox++) {
                convolve_pixel(conv, input, weights, oy * conv->stride_h - conv->pad_top,
                    ox * conv->stride_w - conv->pad_left, scratch);
                memcpy(to, scratch, (size_t)conv->output_c);
                to += conv->output_c;
            }
        }
        input += conv->input_h * conv->input_w * conv->input_c;
    }
    ink_packed_clamp(output, (size_t)(to - output), conv->act_min, conv->act_max);
}

#endif
