// SPDX-License-Identifier: MIT
// conv_general_s8: convolution with groups and dilation on packed weights, for any sums.
#include "ink_operators.h"
#include "operators/ink_op_packed_convolution.h"

// Bytes of the record of a pair of output channels besides its weights: biases, requantizations.
static ink_packed_conv_t convolution(const ink_call_t *call) {
    const ink_general_conv_params_t *p = call->params;
    ink_packed_conv_t conv = ink_dilated_convolution(call);
    conv.groups = p->groups;
    return conv;
}

static bool verify(ink_check_t *check) {
    const ink_general_conv_params_t *p = check->call.params;
    if (!ink_check_dilated_convolution(check) ||
        !ink_check_parameter(check, "groups", p->groups, 1, INK_MAX_SIDE)) {
        return false;
    }
    uint32_t groups = (uint32_t)p->groups;
    if (check->call.input0->dims[3] % groups != 0 || check->call.output->dims[3] % groups != 0) {
        return ink_refuse_plainly(
            check, INK_ERROR_SHAPE, "groups does not divide the numbers of channels");
    }
    uint32_t units = check->call.output->dims[3] / groups;
    uint32_t window = (uint32_t)(p->kernel_h * p->kernel_w);
    uint32_t taps = ink_product(window, check->call.input0->dims[3] / groups);
    if (!ink_check_data(
            check, "weights", p->weights, ink_product(groups, ink_packed_size(units, taps)), 1)) {
        return false;
    }
    ink_packed_conv_t conv = convolution(&check->call);
    check->scratch = (uint32_t)ink_conv_general_s8_scratch(&conv);
    const uint32_t pixels = ink_product(check->rows + 1, groups);
    check->steps = ink_packed_steps(pixels, units, taps);
    check->rows = ink_product(pixels, window);
    return true;
}

static bool run(const ink_call_t *call) {
    const ink_general_conv_params_t *p = call->params;
    ink_packed_conv_t conv = convolution(call);
    ink_conv_general_s8(
        &conv, ink_input0(call), ink_data(call, p->weights), ink_output(call), ink_scratch(call));
    return true;
}

const ink_kernel_t ink_op_conv_general_s8 = {
    .name = "conv_general_s8",
    .rates = {20, 37, 52, 98},
    .params_size = sizeof(ink_general_conv_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};
