// SPDX-License-Identifier: MIT
// depthwise_3x3_s8: depthwise 3x3 convolution, stride 1 or 2, on packed weights.
#include "ink_operators.h"
#include "operators/ink_op_packed_convolution.h"

// Bytes of a channel's record: 12 weights, bias, requantization.
#define RECORD 24

static bool verify(ink_check_t *check) {
    const ink_packed_conv_params_t *p = check->call.params;
    uint32_t channels = check->call.output->dims[3];
    if (!ink_check_packed_convolution(check, ink_product(channels, RECORD)) ||
        !ink_check_parameter_is(check, "kernel_h", p->kernel_h, 3) ||
        !ink_check_parameter_is(check, "kernel_w", p->kernel_w, 3) ||
        !ink_check_parameter(check, "stride_h", p->stride_h, 1, 2) ||
        !ink_check_parameter_is(check, "stride_w", p->stride_w, p->stride_h) ||
        !ink_check_shape(
            check, "input 0's number of channels", check->call.input0->dims[3], channels)) {
        return false;
    }
    ink_packed_conv_t conv = ink_packed_convolution(&check->call);
    check->scratch = (uint32_t)ink_depthwise_3x3_s8_scratch(&conv);
    const uint32_t *in = check->call.input0->dims;
    const uint32_t *out = check->call.output->dims;
    if (out[1] <= in[1] && out[2] <= in[2]) {
        // a row is written once all input rows that it may cover are in the ring, and a channel's
        // bytes may only be written over by the same channel's
        check->slide = 0;
        check->step = (int32_t)channels;
    }
    // at most twelve times the output's elements
    check->steps = out[0] * (out[1] + 1) * (out[2] + 2) * (out[3] + 1);
    return true;
}

static bool run(const ink_call_t *call) {
    const ink_packed_conv_params_t *p = call->params;
    ink_packed_conv_t conv = ink_packed_convolution(call);
    ink_depthwise_3x3_s8(
        &conv, ink_input0(call), ink_data(call, p->weights), ink_output(call), ink_scratch(call));
    return true;
}

const ink_kernel_t ink_op_depthwise_3x3_s8 = {
    .name = "depthwise_3x3_s8",
    .rates = {37, 9, 33, 111},
    .params_size = sizeof(ink_packed_conv_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};
