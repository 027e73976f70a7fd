// SPDX-License-Identifier: MIT
// Average pooling, int8: halves away from zero, padding not counted.
#include "ink_nn.h"
#include "ink_requantize.h"
#include "ink_rest.h"
#include "ink_window.h"

int32_t ink_nn_average_pool_s8_get_buffer_size(const int dim_dst_width, const int ch_src) {
    (void)dim_dst_width;
    (void)ch_src;
    return 0;
}

ink_nn_status_t ink_nn_average_pool_s8(const ink_nn_context_t *ctx,
    const ink_nn_pool_params_t *pool_params, const ink_nn_dims_t *input_dims,
    const int8_t *input_data, const ink_nn_dims_t *filter_dims, const ink_nn_dims_t *output_dims,
    int8_t *output_data) {
    (void)ctx;
    const int32_t channels = input_dims->c;
    const int32_t input_row = input_dims->w * channels;
    uint32_t done = 0;
    for (int32_t batch = 0; batch < input_dims->n; batch++) {
        for (int32_t y = 0; y < output_dims->h; y++) {
            const ink_window_t rows = ink_window(
                y, pool_params->stride.h, pool_params->padding.h, filter_dims->h, 1, input_dims->h);
            for (int32_t x = 0; x < output_dims->w; x++) {
                const ink_window_t columns = ink_window(x, pool_params->stride.w,
                    pool_params->padding.w, filter_dims->w, 1, input_dims->w);
                const int32_t height = rows.end - rows.begin;
                const int32_t width = columns.end - columns.begin;
                const int32_t count = height * width;
                if (count <= 0) {
                    return INK_NN_ARG_ERROR;
                }
                for (int32_t channel = 0; channel < channels; channel++) {
                    const int8_t *input =
                        input_data + rows.first * input_row + columns.first * channels + channel;
                    int32_t sum = 0;
                    for (int32_t row = 0; row < height; row++) {
                        for (int32_t column = 0; column < width; column++) {
                            sum += input[column * channels];
                        }
                        input += input_row;
                    }
                    sum += sum > 0 ? count / 2 : -(count / 2);
                    *output_data++ = (int8_t)ink_clamp(
                        sum / count, pool_params->activation.min, pool_params->activation.max);
                }
                done = ink_rest_after(done, (uint32_t)(count * channels));
            }
        }
        input_data += input_dims->h * input_row;
    }
    return INK_NN_SUCCESS;
}
