// SPDX-License-Identifier: MIT
// conv_packed_s8: convolution on weights packed two output channels a halfword.
#include "ink_operators.h"
#include "operators/ink_op_packed_convolution.h"

// Bytes of the record of a pair of output channels: biases, taps, two requantizations.
static bool verify(ink_check_t *check) {
    const ink_packed_conv_params_t *p = check->call.params;
    uint32_t window = ink_product((uint32_t)p->kernel_h, (uint32_t)p->kernel_w);
    uint32_t taps = ink_product(window, check->call.input0->dims[3]);
    uint32_t units = check->call.output->dims[3];
    if (!ink_check_packed_convolution(check, ink_packed_size(units, taps))) {
        return false;
    }
    ink_packed_conv_t conv = ink_packed_convolution(&check->call);
    check->scratch = (uint32_t)ink_conv_packed_s8_scratch(&conv);
    const ink_windows_t windows = ink_packed_windows(&check->call);
    check->slide = ink_slide(&check->call, &windows);
    const uint32_t pixels = check->rows + 1;
    check->steps = ink_packed_steps(pixels, units, taps);
    check->rows = ink_product(pixels, (uint32_t)conv.kernel_h);
    return true;
}

static bool run(const ink_call_t *call) {
    const ink_packed_conv_params_t *p = call->params;
    ink_packed_conv_t conv = ink_packed_convolution(call);
    ink_conv_packed_s8(
        &conv, ink_input0(call), ink_data(call, p->weights), ink_output(call), ink_scratch(call));
    return true;
}

const ink_kernel_t ink_op_conv_packed_s8 = {
    .name = "conv_packed_s8",
    .rates = {14, 36, 61, 255},
    .params_size = sizeof(ink_packed_conv_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};
