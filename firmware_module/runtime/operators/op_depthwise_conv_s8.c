// SPDX-License-Identifier: MIT
// depthwise_conv_s8: depthwise convolution with a depth multiplier, by CMSIS-NN's function.
#include "ink_operators.h"
#include "operators/ink_op_convolution.h"
#include "operators/ink_op_windows.h"

static ink_nn_dw_conv_params_t conv_params(const ink_call_t *call, const ink_convolution_t *conv) {
    const ink_conv_params_t *p = call->params;
    ink_nn_dw_conv_params_t params = {
        .input_offset = p->input_offset,
        .output_offset = p->output_offset,
        .ch_mult = p->channel_factor,
        .stride = conv->stride,
        .padding = conv->padding,
        .dilation = conv->dilation,
        .activation = conv->activation,
    };
    return params;
}

static ink_convolution_t convolution(const ink_call_t *call) {
    return ink_convolution(call, 1, (int32_t)call->output->dims[3]);
}

static bool verify(ink_check_t *check) {
    if (!ink_check_convolution_fields(check)) {
        return false;
    }
    const ink_conv_params_t *p = check->call.params;
    uint32_t units = ink_product(check->call.input0->dims[3], (uint32_t)p->channel_factor);
    if (!ink_check_shape(
            check, "the output's number of channels", check->call.output->dims[3], units) ||
        !ink_check_word(check, INK_ERROR_SHAPE, "the number of weights",
            ink_product((uint32_t)(p->kernel_h * p->kernel_w), units), 1, INK_MAX_REDUCED) ||
        !ink_check_convolution(check, 1, 1, 0)) {
        return false;
    }
    ink_convolution_t conv = convolution(&check->call);
    ink_nn_dw_conv_params_t params = conv_params(&check->call, &conv);
    check->scratch = (uint32_t)ink_nn_depthwise_conv_s8_get_buffer_size(
        &params, &conv.input, &conv.filter, &conv.output);
    return true;
}

static bool run(const ink_call_t *call) {
    const ink_conv_params_t *p = call->params;
    ink_convolution_t conv = convolution(call);
    ink_nn_dw_conv_params_t params = conv_params(call, &conv);
    const int8_t *input = ink_input0(call);
    int8_t *output = ink_output(call);
    for (uint32_t i = 0; i < call->output->dims[0]; i++) {
        if (ink_nn_depthwise_conv_s8(&conv.context, &params, &conv.quantization, &conv.input, input,
                &conv.filter, ink_data(call, p->weights), &conv.bias, ink_data(call, p->bias),
                &conv.output, output) != INK_NN_SUCCESS) {
            return false;
        }
        input += ink_picture_size(call->input0);
        output += ink_picture_size(call->output);
    }
    return true;
}

const ink_kernel_t ink_op_depthwise_conv_s8 = {
    .name = "depthwise_conv_s8",
    .rates = {17, 88, 82, 171},
    .params_size = sizeof(ink_conv_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
    .tables = ink_convolution_tables,
};
