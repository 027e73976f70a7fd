// SPDX-License-Identifier: MIT
// The portable twin of conv_packed_s8.c: the same packed weights, plain loops, the same bits.
#include "ink_packed_common.h"

#if !INK_HAVE_DSP

// Where tap `lane` of a group of 4 lies: the order in which SXTB16 widens.
static const uint8_t place[4] = {0, 2, 1, 3};

typedef struct {
    int32_t b, sum; // B and 256 x A + B
} pair_t;

static int32_t count_taps(const ink_packed_conv_t *conv) {
    return (conv->kernel_h * conv->kernel_w * conv->input_c + 3) & ~3;
}

// Writes the inputs of an output pixel in the order of the weights, 0 where there are none.
static void gather(
    const ink_packed_conv_t *conv, const int8_t *image, int32_t y, int32_t x, int16_t *inputs) {
    int32_t run = conv->kernel_w * conv->input_c;
    int32_t rest = run & 3;
    int32_t row_size = conv->input_w * conv->input_c;
    int32_t first = x * conv->input_c;
    memset(inputs, 0, (size_t)count_taps(conv) * sizeof(*inputs));
    for (int32_t ky = 0; ky < conv->kernel_h; ky++) {
        bool inside = y + ky >= 0 && y + ky < conv->input_h;
        const int8_t *row = image + (inside ? (y + ky) * row_size : 0);
        int32_t tap = ky * (run - rest);
        for (int32_t i = 0; i < run; i++) {
            if (i == run - rest) {
                tap = conv->kernel_h * (run - rest) + ky * rest;
            }
            bool known = inside && first + i >= 0 && first + i < row_size;
            inputs[(tap & ~3) + place[tap & 3]] = known ? row[first + i] : (int16_t)conv->pad_value;
            tap++;
        }
    }
}

// In plain loops over int16, of which compilers make vectors.
static pair_t convolve(const int16_t *inputs, const int8_t *weights, int32_t taps) {
    uint32_t sum = (uint32_t)read_word(weights);
    uint32_t b = (uint32_t)read_word(weights + 4);
    const int16_t *both = (const int16_t *)(weights + 8);
    for (int32_t tap = 0; tap < taps; tap++) {
        sum += (uint32_t)(both[tap] * inputs[tap]);
        b += (uint32_t)((int8_t)(both[tap] & 0xFF) * inputs[tap]);
    }
    return (pair_t){.b = (int32_t)b, .sum = (int32_t)sum};
}

// All channels of one output pixel.
static void convolve_pixel(
    const ink_packed_conv_t *conv, const int16_t *inputs, const int8_t *weights, int8_t *to) {
    int32_t taps = count_taps(conv);
    for (int32_t oc = 0; oc < conv->output_c; oc += 2) {
        ink_requantize_t how[2];
        memcpy(how, weights + 8 + 2 * taps, sizeof(how));
        pair_t pair = convolve(inputs, weights, taps);
        int32_t a = (int32_t)((uint32_t)pair.sum - (uint32_t)pair.b) >> 8;
        to[oc] = (int8_t)ink_packed_requantize(a, &how[0], conv->output_zero);
        if (oc + 1 < conv->output_c) {
            to[oc + 1] = (int8_t)ink_packed_requantize(pair.b, &how[1], conv->output_zero);
        }
        weights += 8 + 2 * taps + sizeof(how);
    }
}

// A pixel's inputs go to scratch first: the output may lie over them.
void ink_conv_packed_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch) {
    int8_t *to = output;
    for (int32_t n = 0; n < conv->batch; n++) {
        for (int32_t oy = 0; oy < conv->output_h; oy++) {
            for (int32_t ox = 0; ox < conv->output_w; ox++) {
                gather(conv, input, oy * conv->stride_h - conv->pad_top,
                    ox * conv->stride_w - conv->pad_left, scratch);
                convolve_pixel(conv, scratch, weights, to);
                to += conv->output_c;
            }
        }
        input += conv->input_h * conv->input_w * conv->input_c;
    }
    ink_packed_clamp(output, (size_t)(to - output), conv->act_min, conv->act_max);
}

#endif
