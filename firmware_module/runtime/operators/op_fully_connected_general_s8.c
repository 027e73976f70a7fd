// SPDX-License-Identifier: MIT
// fully_connected_general_s8: rows times packed weights, for any sums: a convolution of one pixel's
// window.
#include "ink_operators.h"
#include "operators/ink_op_packed_convolution.h"

// Bytes of the record of a pair of units besides its weights: biases, requantizations.
static ink_packed_conv_t layer(const ink_call_t *call) {
    const ink_general_fully_connected_params_t *p = call->params;
    int32_t rows = (int32_t)(ink_tensor_elements(call->output) / (uint32_t)p->units);
    ink_packed_conv_t conv = {
        .batch = 1,
        .input_h = 1,
        .input_w = rows,
        .input_c = p->depth,
        .output_h = 1,
        .output_w = rows,
        .output_c = p->units,
        .kernel_h = 1,
        .kernel_w = 1,
        .stride_h = 1,
        .stride_w = 1,
        .output_zero = call->output->zero_point,
        .act_min = p->act_min,
        .act_max = p->act_max,
        .dilation_h = 1,
        .dilation_w = 1,
        .groups = 1,
    };
    return conv;
}

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("depth", 1, INK_MAX_ARENA),
        INK_FIELD("units", 1, INK_MAX_ARENA),
    };
    const ink_general_fully_connected_params_t *p = check->call.params;
    if (!ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) ||
        !ink_check_s8(check) || !ink_check_activation(check, p->act_min, p->act_max)) {
        return false;
    }
    if (!ink_check_rows(check, (uint32_t)p->depth, (uint32_t)p->units)) {
        return false;
    }
    uint32_t size = ink_packed_size((uint32_t)p->units, (uint32_t)p->depth);
    check->steps = ink_packed_steps(check->rows + 1, (uint32_t)p->units, (uint32_t)p->depth);
    if (!ink_check_data(check, "weights", p->weights, size, 1)) {
        return false;
    }
    ink_packed_conv_t conv = layer(&check->call);
    check->scratch = (uint32_t)ink_conv_general_s8_scratch(&conv);
    return true;
}

static bool run(const ink_call_t *call) {
    const ink_general_fully_connected_params_t *p = call->params;
    ink_packed_conv_t conv = layer(call);
    ink_conv_general_s8(
        &conv, ink_input0(call), ink_data(call, p->weights), ink_output(call), ink_scratch(call));
    return true;
}

const ink_kernel_t ink_op_fully_connected_general_s8 = {
    .name = "fully_connected_general_s8",
    .rates = {12, 48, 97, 75},
    .params_size = sizeof(ink_general_fully_connected_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};
