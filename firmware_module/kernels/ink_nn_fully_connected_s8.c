// SPDX-License-Identifier: MIT
// Fully connected layer, int8, per tensor or per channel.
#include "ink_dot.h"
#include "ink_nn.h"
#include "ink_requantize.h"
#include "ink_rest.h"

int32_t ink_nn_fully_connected_s8_get_buffer_size(const ink_nn_dims_t *filter_dims) {
    (void)filter_dims;
    return 0;
}

ink_nn_status_t ink_nn_fully_connected_s8(const ink_nn_context_t *ctx,
    const ink_nn_fc_params_t *fc_params, const ink_nn_quant_params_t *quant_params,
    const ink_nn_dims_t *input_dims, const int8_t *input_data, const ink_nn_dims_t *filter_dims,
    const int8_t *filter_data, const ink_nn_dims_t *bias_dims, const int32_t *bias_data,
    const ink_nn_dims_t *output_dims, int8_t *output_data) {
    (void)ctx;
    (void)bias_dims;
    const int32_t depth = filter_dims->n;
    const int32_t units = output_dims->c;
    uint32_t done = 0;
    for (int32_t row = 0; row < input_dims->n; row++) {
        // (input + a) * (filter + b) summed is the dot product with filter, plus b * sum(input + a)
        uint32_t filter_part = 0;
        if (fc_params->filter_offset != 0) {
            for (int32_t i = 0; i < depth; i++) {
                filter_part += (uint32_t)(input_data[i] + fc_params->input_offset);
            }
            filter_part *= (uint32_t)fc_params->filter_offset;
        }
        for (int32_t unit = 0; unit < units; unit += INK_DOT_ROWS) {
            const int32_t count = units - unit < INK_DOT_ROWS ? units - unit : INK_DOT_ROWS;
            uint32_t sums[INK_DOT_ROWS];
            for (int32_t i = 0; i < count; i++) {
                sums[i] = filter_part + (bias_data ? (uint32_t)bias_data[unit + i] : 0);
            }
            ink_dot_rows(sums, count, input_data, fc_params->input_offset,
                filter_data + unit * depth, depth, depth);
            for (int32_t i = 0; i < count; i++) {
                const int32_t scale = quant_params->is_per_channel ? unit + i : 0;
                *output_data++ = ink_requantize(sums[i], quant_params->multiplier[scale],
                    quant_params->shift[scale], fc_params->output_offset, fc_params->activation.min,
                    fc_params->activation.max);
            }
        }
        input_data += depth;
        done = ink_rest_after(done, (uint32_t)(depth * units));
    }
    return INK_NN_SUCCESS;
}
