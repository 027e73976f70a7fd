// SPDX-License-Identifier: MIT
// conv_packed_s8: convolution on weights packed two output channels a halfword.
#include "ink_operators.h"
#include "operators/ink_op_packed_convolution.h"

// Bytes of the record of a pair of output channels: biases, taps, two requantizations.
#define BIASES 8
#define REQUANTIZATION 8

static uint64_t taps(const ink_check_t *check) {
    const ink_packed_conv_params_t *p = check->call.params;
    uint64_t window = ink_product((uint32_t)p->kernel_h, (uint32_t)p->kernel_w);
    return ink_product(window, check->call.input0->dims[3]);
}

static bool verify(ink_check_t *check) {
    uint64_t n_taps = taps(check);
    uint64_t record = BIASES + 2 * ((n_taps + 3) & ~(uint64_t)3) + 2 * REQUANTIZATION;
    uint32_t units = check->call.output->dims[3];
    uint64_t pairs = ((uint64_t)units + 1) / 2;
    if (n_taps == INK_CAP) {
        record = INK_CAP;
    }
    if (!ink_check_packed_convolution(check, ink_product(pairs, record))) {
        return false;
    }
    ink_packed_conv_t conv = ink_packed_convolution(&check->call);
    check->scratch = (int64_t)ink_conv_packed_s8_scratch(&conv);
    const ink_windows_t windows = ink_packed_windows(&check->call);
    check->slide = ink_slide(&check->call, &windows);
    check->work = ink_product(ink_tensor_elements(check->call.output), n_taps);
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
    .params_size = sizeof(ink_packed_conv_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};
