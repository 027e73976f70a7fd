// SPDX-License-Identifier: MIT
// depthwise_packed_s8, depthwise_dilated_s8: depthwise convolution with a depth multiplier, on
// packed weights.
#include "ink_operators.h"
#include "operators/ink_op_packed_convolution.h"

#define CHANNELS 4 // input channels of a record
#define HEAD 6     // taps that take as much as biases and requantizations

// What follows the check of fields and windows; `weights` is where the block lies.
static bool verify_block(ink_check_t *check, const ink_windows_t *windows, uint32_t weights) {
    uint32_t channels = check->call.input0->dims[3];
    uint32_t units = check->call.output->dims[3];
    uint32_t factor = units < channels ? 1 : units / channels;
    if (!ink_check_word(check, INK_ERROR_SHAPE, "input 0's number of channels", channels, CHANNELS,
            INK_MAX_SIDE) ||
        !ink_check_shape(check, "the output's number of channels", units, channels * factor)) {
        return false;
    }
    uint32_t window = (uint32_t)(windows->kernel[0] * windows->kernel[1]);
    uint32_t records = (channels + CHANNELS - 1) / CHANNELS * factor;
    if (!ink_check_data(check, "weights", weights,
            ink_product(records, ink_product(window + HEAD, 2 * CHANNELS)), 1)) {
        return false;
    }
    check->slide = ink_slide(&check->call, windows);
    if (check->slide != INK_NO_SLIDE) {
        // some channels of a pixel are written before others are read
        check->slide += units;
    }
    check->steps = ink_product(check->taps, records * CHANNELS);
    return true;
}

static bool verify(ink_check_t *check) {
    const ink_packed_conv_params_t *p = check->call.params;
    const ink_windows_t windows = ink_packed_windows(&check->call);
    // fields and shapes first, so that the sizes fit their types
    return ink_check_packed_convolution(check, 0) && verify_block(check, &windows, p->weights);
}

static bool verify_dilated(ink_check_t *check) {
    const ink_dilated_conv_params_t *p = check->call.params;
    const ink_windows_t windows = ink_dilated_windows(&check->call);
    return ink_check_dilated_convolution(check) && verify_block(check, &windows, p->weights);
}

static bool run(const ink_call_t *call) {
    const ink_packed_conv_params_t *p = call->params;
    ink_packed_conv_t conv = ink_packed_convolution(call);
    ink_depthwise_packed_s8(&conv, ink_input0(call), ink_data(call, p->weights), ink_output(call));
    return true;
}

static bool run_dilated(const ink_call_t *call) {
    const ink_dilated_conv_params_t *p = call->params;
    ink_packed_conv_t conv = ink_dilated_convolution(call);
    ink_depthwise_packed_s8(&conv, ink_input0(call), ink_data(call, p->weights), ink_output(call));
    return true;
}

const ink_kernel_t ink_op_depthwise_packed_s8 = {
    .name = "depthwise_packed_s8",
    .rates = {16, 37, 94, 113},
    .params_size = sizeof(ink_packed_conv_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};

const ink_kernel_t ink_op_depthwise_dilated_s8 = {
    .name = "depthwise_dilated_s8",
    .rates = {15, 42, 85, 143},
    .params_size = sizeof(ink_dilated_conv_params_t),
    .n_inputs = 1,
    .verify = verify_dilated,
    .run = run_dilated,
};
