// SPDX-License-Identifier: MIT
// conv_s8: convolution with groups and a multiplier a channel, by CMSIS-NN's function.
#include "ink_operators.h"
#include "operators/ink_op_convolution.h"
#include "operators/ink_op_windows.h"

static ink_nn_conv_params_t conv_params(const ink_call_t *call, const ink_convolution_t *conv) {
    const ink_conv_params_t *p = call->params;
    ink_nn_conv_params_t params = {
        .input_offset = p->input_offset,
        .output_offset = p->output_offset,
        .stride = conv->stride,
        .padding = conv->padding,
        .dilation = conv->dilation,
        .activation = conv->activation,
    };
    return params;
}

static ink_convolution_t convolution(const ink_call_t *call) {
    const ink_conv_params_t *p = call->params;
    int32_t channels = (int32_t)call->input0->dims[3];
    return ink_convolution(call, (int32_t)call->output->dims[3], channels / p->channel_factor);
}

static bool verify(ink_check_t *check) {
    if (!ink_check_convolution_fields(check)) {
        return false;
    }
    const ink_conv_params_t *p = check->call.params;
    uint32_t width = check->call.input0->dims[2];
    uint32_t channels = check->call.input0->dims[3];
    uint32_t groups = (uint32_t)p->channel_factor;
    if (channels % groups != 0 || check->call.output->dims[3] % groups != 0) {
        return ink_refuse_plainly(check, INK_ERROR_SHAPE,
            "channel_factor, the number of groups, does not divide the channels");
    }
    // what four of a group leave takes as long as three each
    const uint32_t uneven = 2 * groups * (check->call.output->dims[3] / groups % 4);
    // taps side by side begin once
    const uint32_t window = (uint32_t)p->kernel_w < width ? (uint32_t)p->kernel_w : width;
    const uint32_t joined = groups == 1 && p->dilation_w == 1 ? window : 1;
    if (!ink_check_convolution(check, channels / groups, joined, uneven)) {
        return false;
    }
    ink_convolution_t conv = convolution(&check->call);
    ink_nn_conv_params_t params = conv_params(&check->call, &conv);
    check->scratch =
        (uint32_t)ink_nn_conv_s8_get_buffer_size(&params, &conv.input, &conv.filter, &conv.output);
    return true;
}

// Whether each row of the output is a call of its own: Arm's function for windows of one pixel that
// move by one writes as many pixels as the input has, where the output may have fewer.
static bool row_by_row(const ink_convolution_t *conv) {
#ifdef INK_CMSIS_NN
    return conv->filter.h == 1 && conv->filter.w == 1 && conv->filter.c == conv->input.c &&
           conv->stride.h == 1 && conv->stride.w == 1 && conv->padding.h == 0 &&
           conv->padding.w == 0 && conv->dilation.h == 1 && conv->dilation.w == 1 &&
           (conv->output.h != conv->input.h || conv->output.w != conv->input.w);
#else
    (void)conv;
    return false;
#endif
}

static bool run(const ink_call_t *call) {
    const ink_conv_params_t *p = call->params;
    ink_convolution_t conv = convolution(call);
    ink_nn_conv_params_t params = conv_params(call, &conv);
    int32_t calls = 1, input_step = 0, output_step = 0;
    if (row_by_row(&conv)) {
        calls = conv.output.h;
        input_step = conv.input.w * conv.input.c;
        output_step = conv.output.w * conv.output.c;
        conv.input.w = conv.output.w;
        conv.input.h = conv.output.h = 1;
    }
    const int8_t *input = ink_input0(call);
    int8_t *output = ink_output(call);
    for (uint32_t i = 0; i < call->output->dims[0]; i++) {
        for (int32_t row = 0; row < calls; row++) {
            if (ink_nn_conv_s8(&conv.context, &params, &conv.quantization, &conv.input,
                    input + row * input_step, &conv.filter, ink_data(call, p->weights), &conv.bias,
                    ink_data(call, p->bias), &conv.output,
                    output + row * output_step) != INK_NN_SUCCESS) {
                return false;
            }
        }
        input += ink_picture_size(call->input0);
        output += ink_picture_size(call->output);
    }
    return true;
}

const ink_kernel_t ink_op_conv_s8 = {
    .name = "conv_s8",
    .rates = {14, 75, 135, 63},
    .params_size = sizeof(ink_conv_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
    .tables = ink_convolution_tables,
};
