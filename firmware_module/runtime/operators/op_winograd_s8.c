// SPDX-License-Identifier: MIT
// winograd_f2_s8, winograd_f4_s8: 3x3 convolutions of stride 1 by Winograd's method.
#include "ink_operators.h"
#include "operators/ink_op_packed_convolution.h"

// Bytes of the record of a pair of output channels besides its weights.
#define STARTS 8 // at each position of the window
#define REQUANTIZATIONS 16

// By how many bytes the output must start before the input to overlap it: before tiles of row y are
// read, all outputs above and those of their own rows may be written.
static int32_t slide(const ink_call_t *call, uint32_t side) {
    const ink_packed_conv_params_t *p = call->params;
    const uint32_t *in = call->input0->dims;
    const uint32_t *out = call->output->dims;
    if (in[0] != 1) {
        return INK_NO_SLIDE;
    }
    int32_t most = 0;
    for (uint32_t y = 0; y < out[1]; y += side) {
        uint32_t end = y + side < out[1] ? y + side : out[1];
        int32_t first = (int32_t)y - p->pad_top;
        int32_t ahead = (int32_t)(end * out[2] * out[3]);
        ahead -= (first > 0 ? first : 0) * (int32_t)(in[2] * in[3]);
        most = ahead > most ? ahead : most;
    }
    return most;
}

static bool verify(ink_check_t *check, uint32_t side) {
    const ink_packed_conv_params_t *p = check->call.params;
    uint32_t depth = check->call.input0->dims[3];
    uint64_t units = check->call.output->dims[3];
    uint64_t positions = (side + 2) * (side + 2);
    uint64_t weights = ink_product(((uint64_t)depth + 15) / 16, 64); // of both, filled up
    uint64_t record = ink_product(positions, STARTS + weights) + REQUANTIZATIONS;
    if (!ink_check_packed_convolution(check, ink_product((units + 1) / 2, record)) ||
        !ink_check_parameter_is(check, "kernel_h", p->kernel_h, 3) ||
        !ink_check_parameter_is(check, "kernel_w", p->kernel_w, 3) ||
        !ink_check_parameter_is(check, "stride_h", p->stride_h, 1) ||
        !ink_check_parameter_is(check, "stride_w", p->stride_w, 1) ||
        !ink_check_multiple(check, INK_ERROR_SHAPE, "input 0's number of channels", depth, 4)) {
        return false;
    }
    check->slide = slide(&check->call, side);
    check->work = ink_product(ink_tensor_elements(check->call.output), 9 * (uint64_t)depth);
    return true;
}

static bool verify_f2(ink_check_t *check) {
    if (!verify(check, 2)) {
        return false;
    }
    ink_packed_conv_t conv = ink_packed_convolution(&check->call);
    check->scratch = (int64_t)ink_winograd_f2_s8_scratch(&conv);
    return true;
}

static bool verify_f4(ink_check_t *check) {
    if (!verify(check, 4)) {
        return false;
    }
    ink_packed_conv_t conv = ink_packed_convolution(&check->call);
    check->scratch = (int64_t)ink_winograd_f4_s8_scratch(&conv);
    return true;
}

static bool run_f2(const ink_call_t *call) {
    const ink_packed_conv_params_t *p = call->params;
    ink_packed_conv_t conv = ink_packed_convolution(call);
    ink_winograd_f2_s8(
        &conv, ink_input0(call), ink_data(call, p->weights), ink_output(call), ink_scratch(call));
    return true;
}

static bool run_f4(const ink_call_t *call) {
    const ink_packed_conv_params_t *p = call->params;
    ink_packed_conv_t conv = ink_packed_convolution(call);
    ink_winograd_f4_s8(
        &conv, ink_input0(call), ink_data(call, p->weights), ink_output(call), ink_scratch(call));
    return true;
}

const ink_kernel_t ink_op_winograd_f2_s8 = {
    .name = "winograd_f2_s8",
    .params_size = sizeof(ink_packed_conv_params_t),
    .n_inputs = 1,
    .verify = verify_f2,
    .run = run_f2,
};

const ink_kernel_t ink_op_winograd_f4_s8 = {
    .name = "winograd_f4_s8",
    .params_size = sizeof(ink_packed_conv_params_t),
    .n_inputs = 1,
    .verify = verify_f4,
    .run = run_f4,
};
