// SPDX-License-Identifier: MIT
// Kernels on weights that the host packed for the Cortex-M7: their parameters and functions.
// On a core with the DSP extension these are the fast ones, anywhere else portable twins that read
// the same bytes and give the same result. Nothing is checked here: the packer keeps the conditions
// of exactness (host_tools/kernels), the runtime keeps sizes and offsets.
#ifndef INK_PACKED_H
#define INK_PACKED_H

#include <stddef.h>
#include <stdint.h>

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
#define INK_HAVE_DSP 1
#else
#define INK_HAVE_DSP 0
#endif

// The shape of a convolution, depthwise or not. int8, NHWC. `pad_value` is what padding holds: the
// input's zero point, `output_zero` is the output's. The activation's bounds apply to what is
// stored.
typedef struct {
    int32_t batch, input_h, input_w, input_c, output_h, output_w, output_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
    int32_t pad_value, output_zero, act_min, act_max;
    int32_t dilation_h, dilation_w, groups; // each 1 where a kernel is not said to take others
} ink_packed_conv_t;

// Direct convolution, any kernel size, stride and padding; layout: conv_packed.py.
// `weights` and `scratch` lie at multiples of 4. With a batch of 1, `output` may overlap `input`:
// each pixel is gathered before it is written, and nothing behind it is read again.
size_t ink_conv_packed_s8_scratch(const ink_packed_conv_t *conv);
void ink_conv_packed_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch);

// Convolution 3x3, stride 1, input channels a multiple of 4, by Winograd's F(2x2,3x3) and
// F(4x4,3x3); layout: winograd.py. `weights` and `scratch` lie at multiples of 4.
size_t ink_winograd_f2_s8_scratch(const ink_packed_conv_t *conv);
void ink_winograd_f2_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch);
size_t ink_winograd_f4_s8_scratch(const ink_packed_conv_t *conv);
void ink_winograd_f4_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch);

// Convolution 5x5, stride 1, input channels a multiple of 4, by Winograd's F(4,5) along its rows;
// layout: winograd_f45.py. `weights` and `scratch` lie at multiples of 4.
size_t ink_winograd_f45_s8_scratch(const ink_packed_conv_t *conv);
void ink_winograd_f45_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch);

// Depthwise 3x3, stride 1 or 2 both ways, depth multiplier 1; layout: depthwise_3x3.py.
// `output` may be `input`. `weights` and `scratch` lie at multiples of 4.
size_t ink_depthwise_3x3_s8_scratch(const ink_packed_conv_t *conv);
void ink_depthwise_3x3_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch);

// Convolution of any window, stride, padding, dilation and groups, of any weights and sums;
// layout: conv_general.py. `weights` and `scratch` lie at multiples of 4.
size_t ink_conv_general_s8_scratch(const ink_packed_conv_t *conv);
void ink_conv_general_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch);

// Depthwise, any window, stride, padding and dilation, of 4 input channels or more and a multiple
// of them as outputs; layout: depthwise_packed.py. `weights` lie at a multiple of 4. No scratch.
void ink_depthwise_packed_s8(
    const ink_packed_conv_t *conv, const int8_t *input, const void *weights, int8_t *output);

// int8 [rows, depth] to [rows, units]; `blocks` is how many times 4 units share a requantization.
typedef struct {
    int32_t rows, depth, units, blocks;
    int32_t output_zero, act_min, act_max;
} ink_packed_fully_connected_t;

// Fully connected layer; layout: fully_connected_packed.py. `weights` and `scratch` lie at
// multiples of 4.
size_t ink_fully_connected_packed_s8_scratch(const ink_packed_fully_connected_t *layer);
void ink_fully_connected_packed_s8(const ink_packed_fully_connected_t *layer, const int8_t *input,
    const void *weights, int8_t *output, void *scratch);

// `size` elements of each input and of the output, which may be either input.
typedef struct {
    int32_t size, output_zero, act_min, act_max;
} ink_add_t;

// Addition; layout: add_table.py. `weights` lie at a multiple of 4. No scratch.
void ink_add_table_s8(const ink_add_t *add, const int8_t *input0, const int8_t *input1,
    const void *weights, int8_t *output);

typedef struct {
    int32_t batch, input_h, input_w, channels, output_h, output_w;
    int32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
    int32_t act_min, act_max;
} ink_pool_t;

// Pooling without weights or scratch; every window has a pixel of the input.
void ink_max_pool_simd_s8(const ink_pool_t *pool, const int8_t *input, int8_t *output);
void ink_average_pool_simd_s8(const ink_pool_t *pool, const int8_t *input, int8_t *output);

#endif
