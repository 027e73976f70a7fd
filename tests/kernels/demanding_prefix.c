// SPDX-License-Identifier: MIT
// A CMSIS-NN library that is as demanding as Arm's with DSP instructions: it asks for as much
// scratch, takes no NULL for it, uses all of it, wants one batch a call, and computes windows of
// one pixel that move by one wherever the input has a pixel. Between these demands it calls our
// portable kernels, which are compiled under the names plain_*.
#include <stddef.h>

#include "arm_nnfunctions.h"

arm_cmsis_nn_status plain_convolve(const cmsis_nn_context *ctx,
    const cmsis_nn_conv_params *conv_params, const cmsis_nn_per_channel_quant_params *quant_params,
    const cmsis_nn_dims *input_dims, const int8_t *input_data, const cmsis_nn_dims *filter_dims,
    const int8_t *filter_data, const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
    const cmsis_nn_dims *output_dims, int8_t *output_data);
arm_cmsis_nn_status plain_depthwise(const cmsis_nn_context *ctx,
    const cmsis_nn_dw_conv_params *dw_conv_params,
    const cmsis_nn_per_channel_quant_params *quant_params, const cmsis_nn_dims *input_dims,
    const int8_t *input_data, const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
    const cmsis_nn_dims *bias_dims, const int32_t *bias_data, const cmsis_nn_dims *output_dims,
    int8_t *output_data);
arm_cmsis_nn_status plain_average(const cmsis_nn_context *ctx,
    const cmsis_nn_pool_params *pool_params, const cmsis_nn_dims *input_dims,
    const int8_t *input_data, const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims,
    int8_t *output_data);

// Whether the call meets the demands; then all of its scratch is written.
static int use_scratch(const cmsis_nn_context *ctx, int32_t needed, int32_t batches) {
    if (batches != 1 || (needed > 0 && (ctx->buf == NULL || ctx->size < needed))) {
        return 0;
    }
    for (int32_t i = 0; i < needed; ++i) {
        ((uint8_t *)ctx->buf)[i] = 0xA5;
    }
    return 1;
}

static int is_one_pixel(const cmsis_nn_conv_params *conv_params, const cmsis_nn_dims *input_dims,
    const cmsis_nn_dims *filter_dims) {
    return filter_dims->h == 1 && filter_dims->w == 1 && filter_dims->c == input_dims->c &&
           conv_params->padding.h == 0 && conv_params->padding.w == 0 &&
           conv_params->dilation.h == 1 && conv_params->dilation.w == 1;
}

int32_t arm_convolve_wrapper_s8_get_buffer_size(const cmsis_nn_conv_params *conv_params,
    const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims,
    const cmsis_nn_dims *output_dims) {
    (void)output_dims;
    if (is_one_pixel(conv_params, input_dims, filter_dims)) {
        return 0;
    }
    // two columns of int16, whole words each
    return (filter_dims->h * filter_dims->w * input_dims->c + 3) / 4 * 4 * 2 * 2;
}

arm_cmsis_nn_status arm_convolve_wrapper_s8(const cmsis_nn_context *ctx,
    const cmsis_nn_conv_params *conv_params, const cmsis_nn_per_channel_quant_params *quant_params,
    const cmsis_nn_dims *input_dims, const int8_t *input_data, const cmsis_nn_dims *filter_dims,
    const int8_t *filter_data, const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
    const cmsis_nn_dims *output_dims, int8_t *output_data) {
    const int32_t needed =
        arm_convolve_wrapper_s8_get_buffer_size(conv_params, input_dims, filter_dims, output_dims);
    if (filter_dims->n != output_dims->c || !use_scratch(ctx, needed, input_dims->n)) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    cmsis_nn_dims written = *output_dims;
    if (is_one_pixel(conv_params, input_dims, filter_dims) && conv_params->stride.h == 1 &&
        conv_params->stride.w == 1) {
        written.h = input_dims->h;
        written.w = input_dims->w;
    }
    return plain_convolve(ctx, conv_params, quant_params, input_dims, input_data, filter_dims,
        filter_data, bias_dims, bias_data, &written, output_data);
}

int32_t arm_depthwise_conv_wrapper_s8_get_buffer_size(const cmsis_nn_dw_conv_params *dw_conv_params,
    const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims,
    const cmsis_nn_dims *output_dims) {
    const int fast = input_dims->c == output_dims->c && input_dims->n == 1 &&
                     dw_conv_params->dilation.h == 1 && dw_conv_params->dilation.w == 1;
    const int three_by_three = filter_dims->h == 3 && filter_dims->w == 3 &&
                               dw_conv_params->padding.h <= 1 && dw_conv_params->padding.w <= 1;
    return fast && !three_by_three ? input_dims->c * filter_dims->h * filter_dims->w * 2 : 0;
}

arm_cmsis_nn_status arm_depthwise_conv_wrapper_s8(const cmsis_nn_context *ctx,
    const cmsis_nn_dw_conv_params *dw_conv_params,
    const cmsis_nn_per_channel_quant_params *quant_params, const cmsis_nn_dims *input_dims,
    const int8_t *input_data, const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
    const cmsis_nn_dims *bias_dims, const int32_t *bias_data, const cmsis_nn_dims *output_dims,
    int8_t *output_data) {
    const int32_t needed = arm_depthwise_conv_wrapper_s8_get_buffer_size(
        dw_conv_params, input_dims, filter_dims, output_dims);
    if (filter_dims->n != 1 || !use_scratch(ctx, needed, input_dims->n)) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    return plain_depthwise(ctx, dw_conv_params, quant_params, input_dims, input_data, filter_dims,
        filter_data, bias_dims, bias_data, output_dims, output_data);
}

int32_t arm_avgpool_s8_get_buffer_size(const int dim_dst_width, const int ch_src) {
    (void)dim_dst_width;
    return ch_src * 4;
}

arm_cmsis_nn_status arm_avgpool_s8(const cmsis_nn_context *ctx,
    const cmsis_nn_pool_params *pool_params, const cmsis_nn_dims *input_dims,
    const int8_t *input_data, const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims,
    int8_t *output_data) {
    const int32_t needed = arm_avgpool_s8_get_buffer_size(output_dims->w, input_dims->c);
    if (!use_scratch(ctx, needed, input_dims->n)) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    return plain_average(
        ctx, pool_params, input_dims, input_data, filter_dims, output_dims, output_data);
}
