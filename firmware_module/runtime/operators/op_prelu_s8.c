// SPDX-License-Identifier: MIT
// prelu_s8: PReLU, its slopes broadcast.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"
#include "operators/ink_op_two_inputs.h"

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("input0_offset", -127, 128),
        INK_FIELD("input1_offset", -127, 128),
        INK_FIELD("output_offset", -128, 127),
        INK_FIELD("multiplier", 0, INT32_MAX),
        INK_FIELD("shift", -31, 13),
    };
    const ink_prelu_params_t *p = check->call.params;
    return ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) &&
           ink_check_s8(check) && ink_check_multiplier(check, "multiplier", p->multiplier) &&
           ink_check_input_offset(check, "input0_offset", p->input0_offset, check->call.input0) &&
           ink_check_input_offset(check, "input1_offset", p->input1_offset, check->call.input1) &&
           ink_check_output_offset(check, p->output_offset) &&
           ink_check_data(check, "positive", p->positive, 256, 1) && ink_check_broadcast(check);
}

static bool run(const ink_call_t *call) {
    const ink_prelu_params_t *p = call->params;
    ink_prelu_s8(p, ink_data(call, p->positive), call->input0, ink_input0(call), call->input1,
        ink_input1(call), call->output, ink_output(call));
    return true;
}

const ink_kernel_t ink_op_prelu_s8 = {
    .name = "prelu_s8",
    .rates = {32, 0, 76, 146},
    .params_size = sizeof(ink_prelu_params_t),
    .n_inputs = 2,
    .in_place = true,
    .verify = verify,
    .run = run,
};
