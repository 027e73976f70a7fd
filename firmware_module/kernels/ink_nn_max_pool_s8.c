// SPDX-License-Identifier: MIT
// Max pooling, int8.
#include "ink_nn.h"
#include "ink_rest.h"
#include "ink_window.h"

ink_nn_status_t ink_nn_max_pool_s8(const ink_nn_context_t *ctx,
    const ink_nn_pool_params_t *pool_params, const ink_nn_dims_t *input_dims,
    const int8_t *input_data, const ink_nn_dims_t *filter_dims, const ink_nn_dims_t *output_dims,
    int8_t *output_data) {
    (void)ctx;
    const int32_t channels = input_dims->c;
    const int8_t min = (int8_t)pool_params->activation.min;
    const int8_t max = (int8_t)pool_params->activation.max;
    uint32_t done = 0;
    for (int32_t batch = 0; batch < input_dims->n; batch++) {
        for (int32_t y = 0; y < output_dims->h; y++) {
            const ink_window_t rows = ink_window(
                y, pool_params->stride.h, pool_params->padding.h, filter_dims->h, 1, input_dims->h);
            for (int32_t x = 0; x < output_dims->w; x++) {
                const ink_window_t columns = ink_window(x, pool_params->stride.w,
                    pool_params->padding.w, filter_dims->w, 1, input_dims->w);
                // starting at the lower bound clamps to it
                for (int32_t channel = 0; channel < channels; channel++) {
                    output_data[channel] = min;
                }
                for (int32_t row = 0; row < rows.end - rows.begin; row++) {
                    const int8_t *input =
                        input_data +
                        ((rows.first + row) * input_dims->w + columns.first) * channels;
                    for (int32_t tap = columns.begin; tap < columns.end; tap++) {
                        for (int32_t channel = 0; channel < channels; channel++) {
                            const int8_t value = input[channel];
                            const int8_t best = output_data[channel];
                            output_data[channel] = value > best ? value : best;
                        }
                        input += channels;
                    }
                }
                for (int32_t channel = 0; channel < channels; channel++) {
                    const int8_t value = output_data[channel];
                    output_data[channel] = value > max ? max : value;
                }
                output_data += channels;
                done = ink_rest_after(done,
                    (uint32_t)((rows.end - rows.begin) * (columns.end - columns.begin) * channels));
            }
        }
        input_data += input_dims->h * input_dims->w * channels;
    }
    return INK_NN_SUCCESS;
}
