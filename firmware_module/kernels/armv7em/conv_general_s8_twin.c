// SPDX-License-Identifier: MIT
// The portable twin of conv_general_s8.c: the same packed weights, plain loops, the same bits.
#include "ink_packed_common.h"

#if !INK_HAVE_DSP

// Where tap `lane` of a group of 4 lies: the order in which SXTB16 widens.
static const uint8_t place[4] = {0, 2, 1, 3};

// One sum: `taps` leads to the channel's low byte of the first tap, of 2 bytes where it is `alone`.
static int32_t sum_window(const ink_packed_conv_t *conv, const int8_t *image, const int8_t *taps,
    int32_t y, int32_t x, int32_t bias) {
    int32_t depth = conv->input_c / conv->groups;
    uint32_t sum = (uint32_t)bias;
    int32_t tap = 0;
    for (int32_t ky = 0; ky < conv->kernel_h; ky++) {
        for (int32_t kx = 0; kx < conv->kernel_w; kx++) {
            int32_t row = y + ky * conv->dilation_h;
            int32_t column = x + kx * conv->dilation_w;
            bool inside = row >= 0 && row < conv->input_h && column >= 0 && column < conv->input_w;
            int32_t at = inside ? (row * conv->input_w + column) * conv->input_c : 0;
            for (int32_t i = 0; i < depth; i++, tap++) {
                int32_t weight = taps[2 * ((tap & ~3) + place[tap & 3])];
                sum += (uint32_t)(weight * (inside ? image[at + i] : conv->pad_value));
            }
        }
    }
    return (int32_t)sum;
}

// A group's channels of one pixel. Returns the next group's weights.
static const int8_t *convolve_group(const ink_packed_conv_t *conv, const int8_t *image,
    const int8_t *weights, int32_t y, int32_t x, int8_t *to) {
    int32_t depth = conv->input_c / conv->groups;
    int32_t taps = (conv->kernel_h * conv->kernel_w * depth + 3) & ~3;
    for (int32_t units = conv->output_c / conv->groups; units > 0; units -= 2) {
        ink_requantize_t how[2];
        memcpy(how, weights + 8 + 2 * taps, sizeof(how));
        // the low byte is the second channel's, or the only one's
        int32_t sum = sum_window(conv, image, weights + 8, y, x, read_word(weights + 4));
        to[units > 1] = (int8_t)ink_packed_requantize(sum, &how[1], conv->output_zero);
        if (units > 1) {
            sum = sum_window(conv, image, weights + 9, y, x, read_word(weights));
            to[0] = (int8_t)ink_packed_requantize(sum, &how[0], conv->output_zero);
        }
        to += 2;
        weights += 8 + 2 * taps + sizeof(how);
    }
    return weights;
}

void ink_conv_general_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch) {
    (void)scratch;
    int8_t *to = output;
    for (int32_t n = 0; n < conv->batch; n++) {
        for (int32_t oy = 0; oy < conv->output_h; oy++) {
            for (int32_t ox = 0; ox < conv->output_w; ox++) {
                const int8_t *from = weights;
                for (int32_t group = 0; group < conv->groups; group++) {
                    from = convolve_group(conv, input + group * (conv->input_c / conv->groups),
                        from, oy * conv->stride_h - conv->pad_top,
                        ox * conv->stride_w - conv->pad_left,
                        to + group * (conv->output_c / conv->groups));
                }
                to += conv->output_c;
            }
        }
        input += conv->input_h * conv->input_w * conv->input_c;
    }
    ink_packed_clamp(output, (size_t)(to - output), conv->act_min, conv->act_max);
}

#endif
