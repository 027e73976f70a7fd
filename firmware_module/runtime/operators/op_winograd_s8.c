// SPDX-License-Identifier: MIT
// winograd_f2_s8, winograd_f4_s8, winograd_f45_s8: 3x3 and 5x5 convolutions of stride 1 by
// Winograd's method.
#include "ink_operators.h"
#include "operators/ink_op_packed_convolution.h"

typedef struct {
    int32_t window;     // its side
    uint32_t positions; // of a tile
    uint32_t rows;      // of the window whose channels are summed at a position
    uint32_t side[2];   // of a tile of outputs
} method_t;

// Bytes of the record of a pair of output channels besides its weights.
#define STARTS 8 // at each position of the window
#define REQUANTIZATIONS 16

// By how many bytes the output must start before the input to overlap it, for rows of tiles `side`
// high. When those at row y read for the last time, all outputs above row y + `ahead` are written;
// they, and those below, read inputs from row y + `kept` on, less the padding.
static int32_t slide(const ink_call_t *call, uint32_t side, uint32_t ahead, uint32_t kept) {
    const ink_packed_conv_params_t *p = call->params;
    const uint32_t *in = call->input0->dims;
    const uint32_t *out = call->output->dims;
    if (in[0] != 1) {
        return INK_NO_SLIDE;
    }
    int32_t most = 0;
    for (uint32_t y = 0; y < out[1]; y += side) {
        uint32_t end = y + ahead < out[1] ? y + ahead : out[1];
        int32_t first = (int32_t)(y + kept) - p->pad_top;
        if (first < (int32_t)in[1]) {
            int32_t over = (int32_t)(end * out[2] * out[3]);
            over -= (first > 0 ? first : 0) * (int32_t)(in[2] * in[3]);
            most = over > most ? over : most;
        }
    }
    return most;
}

static bool verify(ink_check_t *check, const method_t *method) {
    const ink_packed_conv_params_t *p = check->call.params;
    uint32_t depth = check->call.input0->dims[3];
    uint32_t units = check->call.output->dims[3];
    // of both, filled up; what does not fit 32 bits has too many channels
    uint32_t weights = (method->rows * depth + 15) / 16 * 64;
    uint32_t record = method->positions * (STARTS + weights) + REQUANTIZATIONS;
    if (!ink_check_packed_convolution(check, ink_product((units + 1) / 2, record)) ||
        !ink_check_parameter_is(check, "kernel_h", p->kernel_h, method->window) ||
        !ink_check_parameter_is(check, "kernel_w", p->kernel_w, method->window) ||
        !ink_check_parameter_is(check, "stride_h", p->stride_h, 1) ||
        !ink_check_parameter_is(check, "stride_w", p->stride_w, 1) ||
        !ink_check_multiple(check, INK_ERROR_SHAPE, "input 0's number of channels", depth, 4)) {
        return false;
    }
    const uint32_t *out = check->call.output->dims;
    const uint32_t rows = (out[1] + method->side[0] - 1) / method->side[0];
    const uint32_t columns = (out[2] + method->side[1] - 1) / method->side[1];
    // four tiles at a time, those of one row picture by picture
    const uint32_t apart = method->side[0] == 1 ? out[0] : 1;
    const uint32_t tiles = out[0] / apart * rows * columns;
    check->rows = ink_product(tiles * apart, depth);
    check->steps = ink_product((tiles + 3) / 4 * apart, ((units + 3) & ~1u) * (weights / 16 + 2));
    return true;
}

static bool verify_f2(ink_check_t *check) {
    const method_t method = {.window = 3, .positions = 16, .rows = 1, .side = {2, 2}};
    if (!verify(check, &method)) {
        return false;
    }
    ink_packed_conv_t conv = ink_packed_convolution(&check->call);
    check->scratch = (uint32_t)ink_winograd_f2_s8_scratch(&conv);
    check->slide = slide(&check->call, 2, 2, 0);
    return true;
}

static bool verify_f4(ink_check_t *check) {
    const method_t method = {.window = 3, .positions = 36, .rows = 1, .side = {4, 4}};
    if (!verify(check, &method)) {
        return false;
    }
    ink_packed_conv_t conv = ink_packed_convolution(&check->call);
    check->scratch = (uint32_t)ink_winograd_f4_s8_scratch(&conv);
    check->slide = slide(&check->call, 4, 4, 0);
    return true;
}

static bool verify_f45(ink_check_t *check) {
    const method_t method = {.window = 5, .positions = 8, .rows = 5, .side = {1, 4}};
    if (!verify(check, &method)) {
        return false;
    }
    ink_packed_conv_t conv = ink_packed_convolution(&check->call);
    check->scratch = (uint32_t)ink_winograd_f45_s8_scratch(&conv);
    // of several strips the second reads all rows again
    uint32_t width = check->call.output->dims[2];
    uint32_t side = width > 8 ? 1 : width > 4 ? 2 : 4;
    check->slide = width > 16 ? INK_NO_SLIDE : slide(&check->call, side, 0, 5 - side);
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

static bool run_f45(const ink_call_t *call) {
    const ink_packed_conv_params_t *p = call->params;
    ink_packed_conv_t conv = ink_packed_convolution(call);
    ink_winograd_f45_s8(
        &conv, ink_input0(call), ink_data(call, p->weights), ink_output(call), ink_scratch(call));
    return true;
}

const ink_kernel_t ink_op_winograd_f2_s8 = {
    .name = "winograd_f2_s8",
    .rates = {107, 48, 62, 0},
    .params_size = sizeof(ink_packed_conv_params_t),
    .n_inputs = 1,
    .verify = verify_f2,
    .run = run_f2,
};

const ink_kernel_t ink_op_winograd_f4_s8 = {
    .name = "winograd_f4_s8",
    .rates = {150, 31, 145, 0},
    .params_size = sizeof(ink_packed_conv_params_t),
    .n_inputs = 1,
    .verify = verify_f4,
    .run = run_f4,
};

const ink_kernel_t ink_op_winograd_f45_s8 = {
    .name = "winograd_f45_s8",
    .rates = {86, 33, 62, 146},
    .params_size = sizeof(ink_packed_conv_params_t),
    .n_inputs = 1,
    .verify = verify_f45,
    .run = run_f45,
};
