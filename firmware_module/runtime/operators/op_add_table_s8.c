// SPDX-License-Identifier: MIT
// add_table_s8: addition by a table of 256 sums for each input.
#include "ink_operators.h"
#include "operators/ink_op_packed_convolution.h"

// A requantization, then two tables.
#define BLOCK (8 + 2 * 256 * 4)

static bool verify(ink_check_t *check) {
    const ink_add_table_params_t *p = check->call.params;
    return ink_check_s8(check) && ink_check_same_size(check) &&
           ink_check_activation(check, p->act_min, p->act_max) &&
           ink_check_data(check, "weights", p->weights, BLOCK, 1);
}

static bool run(const ink_call_t *call) {
    const ink_add_table_params_t *p = call->params;
    ink_add_t add = {
        .size = (int32_t)ink_tensor_elements(call->output),
        .output_zero = call->output->zero_point,
        .act_min = p->act_min,
        .act_max = p->act_max,
    };
    ink_add_table_s8(
        &add, ink_input0(call), ink_input1(call), ink_data(call, p->weights), ink_output(call));
    return true;
}

const ink_kernel_t ink_op_add_table_s8 = {
    .name = "add_table_s8",
    .rates = {28, 0, 0, 111},
    .params_size = sizeof(ink_add_table_params_t),
    .n_inputs = 2,
    .in_place = true,
    .flat = true,
    .verify = verify,
    .run = run,
};
