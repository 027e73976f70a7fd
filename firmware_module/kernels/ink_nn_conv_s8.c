// SPDX-License-Identifier: MIT
// Convolution, int8, per channel: any stride, dilation, padding and number of groups.
#include "ink_dot.h"
#include "ink_nn.h"
#include "ink_requantize.h"
#include "ink_rest.h"
#include "ink_window.h"

int32_t ink_nn_conv_s8_get_buffer_size(const ink_nn_conv_params_t *conv_params,
    const ink_nn_dims_t *input_dims, const ink_nn_dims_t *filter_dims,
    const ink_nn_dims_t *output_dims) {
    (void)conv_params;
    (void)input_dims;
    (void)filter_dims;
    (void)output_dims;
    return 0;
}

ink_nn_status_t ink_nn_conv_s8(const ink_nn_context_t *ctx, const ink_nn_conv_params_t *conv_params,
    const ink_nn_per_channel_quant_params_t *quant_params, const ink_nn_dims_t *input_dims,
    const int8_t *input_data, const ink_nn_dims_t *filter_dims, const int8_t *filter_data,
    const ink_nn_dims_t *bias_dims, const int32_t *bias_data, const ink_nn_dims_t *output_dims,
    int8_t *output_data) {
    (void)ctx;
    (void)bias_dims;
    const int32_t depth = filter_dims->c;
    const int32_t groups = input_dims->c / depth;
    if (groups * depth != input_dims->c || output_dims->c % groups != 0) {
        return INK_NN_ARG_ERROR;
    }
    const int32_t units = output_dims->c / groups;
    const int32_t input_row = input_dims->w * input_dims->c;
    const int32_t filter_row = filter_dims->w * depth;
    const int32_t filter_size = filter_dims->h * filter_row;
    const ink_nn_tile_t dilation = conv_params->dilation;
    const ink_nn_activation_t activation = conv_params->activation;
    // taps side by side in the input are one run, as long as all of their channels are read
    const int32_t joined = groups == 1 && dilation.w == 1;

    uint32_t done = 0;
    for (int32_t batch = 0; batch < output_dims->n; batch++) {
        for (int32_t y = 0; y < output_dims->h; y++) {
            const ink_window_t rows = ink_window(y, conv_params->stride.h, conv_params->padding.h,
                filter_dims->h, dilation.h, input_dims->h);
            for (int32_t x = 0; x < output_dims->w; x++) {
                const ink_window_t columns = ink_window(x, conv_params->stride.w,
                    conv_params->padding.w, filter_dims->w, dilation.w, input_dims->w);
                const int32_t taps = columns.end - columns.begin;
                const int32_t runs = joined ? 1 : taps;
                const int32_t run_length = joined ? taps * depth : depth;
                for (int32_t channel = 0; channel < output_dims->c;) {
                    const int32_t group = channel / units;
                    const int32_t left = (group + 1) * units - channel;
                    const int32_t count = left < INK_DOT_ROWS ? left : INK_DOT_ROWS;
                    const int8_t *input = input_data + rows.first * input_row +
                                          columns.first * input_dims->c + group * depth;
                    const int8_t *filter = filter_data + channel * filter_size +
                                           rows.begin * filter_row + columns.begin * depth;
                    uint32_t sums[INK_DOT_ROWS];
                    for (int32_t i = 0; i < count; i++) {
                        sums[i] = bias_data ? (uint32_t)bias_data[channel + i] : 0;
                    }
                    for (int32_t row = rows.begin; row < rows.end; row++) {
                        for (int32_t run = 0; run < runs; run++) {
                            ink_dot_rows(sums, count, input + run * dilation.w * input_dims->c,
                                conv_params->input_offset, filter + run * depth, filter_size,
                                run_length);
                        }
                        input += dilation.h * input_row;
                        filter += filter_row;
                    }
                    for (int32_t i = 0; i < count; i++) {
                        *output_data++ = ink_requantize(sums[i],
                            quant_params->multiplier[channel + i], quant_params->shift[channel + i],
                            conv_params->output_offset, activation.min, activation.max);
                    }
                    channel += count;
                }
                done = ink_rest_after(
                    done, (uint32_t)((rows.end - rows.begin) * runs * run_length * output_dims->c));
            }
        }
        input_data += input_dims->h * input_row;
    }
    return INK_NN_SUCCESS;
}
