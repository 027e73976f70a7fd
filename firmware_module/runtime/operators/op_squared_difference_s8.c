// SPDX-License-Identifier: MIT
// squared_difference_s8: squares of differences of two inputs, broadcast.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"
#include "operators/ink_op_two_inputs.h"

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("input0_offset", -127, 128),
        INK_FIELD("input0_multiplier", 0, INT32_MAX),
        INK_FIELD("input0_shift", -31, 0),
        INK_FIELD("input1_offset", -127, 128),
        INK_FIELD("input1_multiplier", 0, INT32_MAX),
        INK_FIELD("input1_shift", -31, 0),
        INK_FIELD("left_shift", 7, 7),
        INK_FIELD("output_offset", -128, 127),
        INK_FIELD("output_multiplier", 0, INT32_MAX),
        INK_FIELD("output_shift", -31, 30),
    };
    const ink_add_params_t *p = check->call.params;
    return ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) &&
           ink_check_s8(check) &&
           ink_check_multiplier(check, "input0_multiplier", p->input0_multiplier) &&
           ink_check_multiplier(check, "input1_multiplier", p->input1_multiplier) &&
           ink_check_multiplier(check, "output_multiplier", p->output_multiplier) &&
           ink_check_input_offset(check, "input0_offset", p->input0_offset, check->call.input0) &&
           ink_check_input_offset(check, "input1_offset", p->input1_offset, check->call.input1) &&
           ink_check_output_offset(check, p->output_offset) &&
           ink_check_activation(check, p->act_min, p->act_max) && ink_check_broadcast(check);
}

static bool run(const ink_call_t *call) {
    ink_squared_difference_s8(call->params, call->input0, ink_input0(call), call->input1,
        ink_input1(call), call->output, ink_output(call));
    return true;
}

const ink_kernel_t ink_op_squared_difference_s8 = {
    .name = "squared_difference_s8",
    .rates = {63, 0, 81, 183},
    .params_size = sizeof(ink_add_params_t),
    .n_inputs = 2,
    .in_place = true,
    .verify = verify,
    .run = run,
};
