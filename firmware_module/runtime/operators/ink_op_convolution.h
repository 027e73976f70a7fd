// SPDX-License-Identifier: MIT
// What conv_s8 and depthwise_conv_s8 share: their parameters' checks and CMSIS-NN's shapes.
#ifndef INK_CONVOLUTION_H
#define INK_CONVOLUTION_H

#include "ink_operators.h"
#include "kernels/ink_nn.h"

// Shapes of one picture of the batch.
typedef struct {
    ink_nn_dims_t input, filter, bias, output;
    ink_nn_per_channel_quant_params_t quantization;
    ink_nn_tile_t stride, padding, dilation;
    ink_nn_activation_t activation;
    ink_nn_context_t context;
} ink_convolution_t;

ink_convolution_t ink_convolution(const ink_call_t *call, int32_t filter_n, int32_t filter_c);

// The multipliers and shifts.
void ink_convolution_tables(const ink_call_t *call, ink_table_t tables[2]);

// The windows' fields and the pictures. Comes first.
bool ink_check_convolution_fields(ink_check_t *check);

// Everything else but scratch and the numbers of channels. `depth` is how many input channels an
// output channel reads; as work, `joined` taps begin together and `uneven` more output channels
// count.
bool ink_check_convolution(ink_check_t *check, uint32_t depth, uint32_t joined, uint32_t uneven);

#endif
