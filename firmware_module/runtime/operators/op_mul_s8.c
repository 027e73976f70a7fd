// SPDX-License-Identifier: MIT
// mul_s8, by CMSIS-NN's function.
#include "ink_operators.h"
#include "kernels/ink_nn.h"
#include "operators/ink_op_two_inputs.h"

bool ink_check_mul_params(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("input0_offset", -127, 128),
        INK_FIELD("input1_offset", -127, 128),
        INK_FIELD("output_offset", -128, 127),
        INK_FIELD("output_multiplier", 0, INT32_MAX),
        INK_FIELD("output_shift", -31, 30),
    };
    const ink_mul_params_t *p = check->call.params;
    return ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) &&
           ink_check_s8(check) &&
           ink_check_multiplier(check, "output_multiplier", p->output_multiplier) &&
           ink_check_input_offset(check, "input0_offset", p->input0_offset, check->call.input0) &&
           ink_check_input_offset(check, "input1_offset", p->input1_offset, check->call.input1) &&
           ink_check_output_offset(check, p->output_offset) &&
           ink_check_activation(check, p->act_min, p->act_max);
}

static bool verify_flat(ink_check_t *check) {
    return ink_check_mul_params(check) && ink_check_same_size(check);
}

static bool run_flat(const ink_call_t *call) {
    const ink_mul_params_t *p = call->params;
    return ink_nn_mul_s8(ink_input0(call), ink_input1(call), p->input0_offset, p->input1_offset,
               ink_output(call), p->output_offset, p->output_multiplier, p->output_shift,
               p->act_min, p->act_max, (int32_t)call->output->size) == INK_NN_SUCCESS;
}

const ink_kernel_t ink_op_mul_s8 = {
    .name = "mul_s8",
    .rates = {47, 0, 0, 95},
    .params_size = sizeof(ink_mul_params_t),
    .n_inputs = 2,
    .in_place = true,
    .flat = true,
    .verify = verify_flat,
    .run = run_flat,
};
