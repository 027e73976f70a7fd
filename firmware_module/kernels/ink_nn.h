// SPDX-License-Identifier: MIT
// The kernels that Arm's CMSIS-NN 7.0 has functions for, all int8: with INK_CMSIS_NN these names
// are Arm's, and its library takes the place of ink_nn_*.c.
#ifndef INK_NN_H
#define INK_NN_H

#ifdef INK_CMSIS_NN
#include "ink_cmsis_nn.h"
#else

#include <stdint.h>

typedef enum {
    INK_NN_SUCCESS = 0,
    INK_NN_ARG_ERROR = -1,
} ink_nn_status_t;

typedef struct {
    int32_t w;
    int32_t h;
} ink_nn_tile_t;

// Scratch memory, as large as the function's _get_buffer_size says.
typedef struct {
    void *buf;
    int32_t size;
} ink_nn_context_t;

typedef struct {
    int32_t n; // batches; of a filter: output channels, or the depth of a fully connected layer
    int32_t h;
    int32_t w;
    int32_t c;
} ink_nn_dims_t;

typedef struct {
    int32_t *multiplier;
    int32_t *shift;
} ink_nn_per_channel_quant_params_t;

typedef struct {
    int32_t *multiplier;
    int32_t *shift;
    int32_t is_per_channel;
} ink_nn_quant_params_t;

typedef struct {
    int32_t min;
    int32_t max;
} ink_nn_activation_t;

// Offsets: minus the input's zero point, minus the filter's, plus the output's.
typedef struct {
    int32_t input_offset;
    int32_t output_offset;
    ink_nn_tile_t stride;
    ink_nn_tile_t padding;
    ink_nn_tile_t dilation;
    ink_nn_activation_t activation;
} ink_nn_conv_params_t;

typedef struct {
    int32_t input_offset;
    int32_t output_offset;
    int32_t ch_mult;
    ink_nn_tile_t stride;
    ink_nn_tile_t padding;
    ink_nn_tile_t dilation;
    ink_nn_activation_t activation;
} ink_nn_dw_conv_params_t;

typedef struct {
    ink_nn_tile_t stride;
    ink_nn_tile_t padding;
    ink_nn_activation_t activation;
} ink_nn_pool_params_t;

typedef struct {
    int32_t input_offset;
    int32_t filter_offset;
    int32_t output_offset;
    ink_nn_activation_t activation;
} ink_nn_fc_params_t;

// Activations are NHWC, filters OHWI with input channels / groups as their c; n, h, w, c of a shape
// as there. A bias may be NULL. A context needs the bytes that the function's _get_buffer_size
// gives.
ink_nn_status_t ink_nn_conv_s8(const ink_nn_context_t *ctx, const ink_nn_conv_params_t *conv_params,
    const ink_nn_per_channel_quant_params_t *quant_params, const ink_nn_dims_t *input_dims,
    const int8_t *input_data, const ink_nn_dims_t *filter_dims, const int8_t *filter_data,
    const ink_nn_dims_t *bias_dims, const int32_t *bias_data, const ink_nn_dims_t *output_dims,
    int8_t *output_data);

int32_t ink_nn_conv_s8_get_buffer_size(const ink_nn_conv_params_t *conv_params,
    const ink_nn_dims_t *input_dims, const ink_nn_dims_t *filter_dims,
    const ink_nn_dims_t *output_dims);

// The filter is [1, h, w, output channels]. Arm's kernels take one batch where they are fast, so
// callers give one.
ink_nn_status_t ink_nn_depthwise_conv_s8(const ink_nn_context_t *ctx,
    const ink_nn_dw_conv_params_t *dw_conv_params,
    const ink_nn_per_channel_quant_params_t *quant_params, const ink_nn_dims_t *input_dims,
    const int8_t *input_data, const ink_nn_dims_t *filter_dims, const int8_t *filter_data,
    const ink_nn_dims_t *bias_dims, const int32_t *bias_data, const ink_nn_dims_t *output_dims,
    int8_t *output_data);

int32_t ink_nn_depthwise_conv_s8_get_buffer_size(const ink_nn_dw_conv_params_t *dw_conv_params,
    const ink_nn_dims_t *input_dims, const ink_nn_dims_t *filter_dims,
    const ink_nn_dims_t *output_dims);

// Rows are input_dims->n, their depth filter_dims->n, the units output_dims->c; weights are [units,
// depth].
ink_nn_status_t ink_nn_fully_connected_s8(const ink_nn_context_t *ctx,
    const ink_nn_fc_params_t *fc_params, const ink_nn_quant_params_t *quant_params,
    const ink_nn_dims_t *input_dims, const int8_t *input_data, const ink_nn_dims_t *filter_dims,
    const int8_t *filter_data, const ink_nn_dims_t *bias_dims, const int32_t *bias_data,
    const ink_nn_dims_t *output_dims, int8_t *output_data);

int32_t ink_nn_fully_connected_s8_get_buffer_size(const ink_nn_dims_t *filter_dims);

// The window is filter_dims' h and w.
ink_nn_status_t ink_nn_average_pool_s8(const ink_nn_context_t *ctx,
    const ink_nn_pool_params_t *pool_params, const ink_nn_dims_t *input_dims,
    const int8_t *input_data, const ink_nn_dims_t *filter_dims, const ink_nn_dims_t *output_dims,
    int8_t *output_data);

int32_t ink_nn_average_pool_s8_get_buffer_size(const int dim_dst_width, const int ch_src);

ink_nn_status_t ink_nn_max_pool_s8(const ink_nn_context_t *ctx,
    const ink_nn_pool_params_t *pool_params, const ink_nn_dims_t *input_dims,
    const int8_t *input_data, const ink_nn_dims_t *filter_dims, const ink_nn_dims_t *output_dims,
    int8_t *output_data);

void ink_nn_softmax_s8(const int8_t *input, const int32_t num_rows, const int32_t row_size,
    const int32_t mult, const int32_t shift, const int32_t diff_min, int8_t *output);

// The output may be exactly an input.
ink_nn_status_t ink_nn_add_s8(const int8_t *input_1_vect, const int8_t *input_2_vect,
    const int32_t input_1_offset, const int32_t input_1_mult, const int32_t input_1_shift,
    const int32_t input_2_offset, const int32_t input_2_mult, const int32_t input_2_shift,
    const int32_t left_shift, int8_t *output, const int32_t out_offset, const int32_t out_mult,
    const int32_t out_shift, const int32_t out_activation_min, const int32_t out_activation_max,
    const int32_t block_size);

ink_nn_status_t ink_nn_mul_s8(const int8_t *input_1_vect, const int8_t *input_2_vect,
    const int32_t input_1_offset, const int32_t input_2_offset, int8_t *output,
    const int32_t out_offset, const int32_t out_mult, const int32_t out_shift,
    const int32_t out_activation_min, const int32_t out_activation_max, const int32_t block_size);

#endif
#endif
