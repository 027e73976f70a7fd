// SPDX-License-Identifier: MIT
// Depthwise convolution, int8, per channel: any stride, dilation, padding and depth multiplier.
#include "ink_nn.h"
#include "ink_requantize.h"
#include "ink_rest.h"
#include "ink_window.h"

#define LANES 4

int32_t ink_nn_depthwise_conv_s8_get_buffer_size(const ink_nn_dw_conv_params_t *dw_conv_params,
    const ink_nn_dims_t *input_dims, const ink_nn_dims_t *filter_dims,
    const ink_nn_dims_t *output_dims) {
    (void)dw_conv_params;
    (void)input_dims;
    (void)filter_dims;
    (void)output_dims;
    return 0;
}

// What is the same for every output channel of a pixel.
typedef struct {
    const int8_t *input;  // at the window's first tap within the input
    const int8_t *filter; // at that tap
    int32_t rows, columns;
    int32_t input_row, input_column; // from one tap to the next
    int32_t filter_row, filter_column;
    int32_t input_offset;
} taps_t;

// Adds up `lanes` channels that lie side by side: a constant, so that the sums stay in registers.
static inline void sum_lanes(const taps_t *taps, int32_t lanes, int32_t input_channel,
    int32_t output_channel, uint32_t *sums) {
    const int8_t *input_row = taps->input + input_channel;
    const int8_t *filter_row = taps->filter + output_channel;
    for (int32_t row = 0; row < taps->rows; row++) {
        const int8_t *input = input_row;
        const int8_t *filter = filter_row;
        for (int32_t column = 0; column < taps->columns; column++) {
            for (int32_t lane = 0; lane < lanes; lane++) {
                sums[lane] += (uint32_t)((input[lane] + taps->input_offset) * filter[lane]);
            }
            input += taps->input_column;
            filter += taps->filter_column;
        }
        input_row += taps->input_row;
        filter_row += taps->filter_row;
    }
}

ink_nn_status_t ink_nn_depthwise_conv_s8(const ink_nn_context_t *ctx,
    const ink_nn_dw_conv_params_t *dw_conv_params,
    const ink_nn_per_channel_quant_params_t *quant_params, const ink_nn_dims_t *input_dims,
    const int8_t *input_data, const ink_nn_dims_t *filter_dims, const int8_t *filter_data,
    const ink_nn_dims_t *bias_dims, const int32_t *bias_data, const ink_nn_dims_t *output_dims,
    int8_t *output_data) {
    (void)ctx;
    (void)bias_dims;
    const int32_t channels = output_dims->c;
    const int32_t ch_mult = dw_conv_params->ch_mult;
    if (input_dims->c * ch_mult != channels) {
        return INK_NN_ARG_ERROR;
    }
    const ink_nn_tile_t stride = dw_conv_params->stride;
    const ink_nn_tile_t padding = dw_conv_params->padding;
    const ink_nn_tile_t dilation = dw_conv_params->dilation;
    const ink_nn_activation_t activation = dw_conv_params->activation;
    const int32_t input_row = input_dims->w * input_dims->c;
    const int32_t filter_row = filter_dims->w * channels;
    taps_t taps = {
        .input_row = dilation.h * input_row,
        .input_column = dilation.w * input_dims->c,
        .filter_row = filter_row,
        .filter_column = channels,
        .input_offset = dw_conv_params->input_offset,
    };

    uint32_t done = 0;
    for (int32_t batch = 0; batch < output_dims->n; batch++) {
        for (int32_t y = 0; y < output_dims->h; y++) {
            const ink_window_t rows =
                ink_window(y, stride.h, padding.h, filter_dims->h, dilation.h, input_dims->h);
            taps.rows = rows.end - rows.begin;
            for (int32_t x = 0; x < output_dims->w; x++) {
                const ink_window_t columns =
                    ink_window(x, stride.w, padding.w, filter_dims->w, dilation.w, input_dims->w);
                taps.columns = columns.end - columns.begin;
                taps.input = input_data + rows.first * input_row + columns.first * input_dims->c;
                taps.filter = filter_data + rows.begin * filter_row + columns.begin * channels;
                for (int32_t channel = 0; channel < channels;) {
                    const int32_t count = ch_mult == 1 && channels - channel >= LANES ? LANES : 1;
                    uint32_t sums[LANES] = {0};
                    if (count == LANES) {
                        sum_lanes(&taps, LANES, channel, channel, sums);
                    } else {
                        sum_lanes(&taps, 1, channel / ch_mult, channel, sums);
                    }
                    for (int32_t lane = 0; lane < count; lane++, channel++) {
                        const uint32_t bias = bias_data ? (uint32_t)bias_data[channel] : 0;
                        *output_data++ = ink_requantize(sums[lane] + bias,
                            quant_params->multiplier[channel], quant_params->shift[channel],
                            dw_conv_params->output_offset, activation.min, activation.max);
                    }
                }
                done = ink_rest_after(done, (uint32_t)(taps.rows * taps.columns * channels));
            }
        }
        input_data += input_dims->h * input_row;
    }
    return INK_NN_SUCCESS;
}
