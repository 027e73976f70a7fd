// SPDX-License-Identifier: MIT
// maximum_s8 and minimum_s8: the greater and the less of two inputs, broadcast.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"
#include "operators/ink_op_two_inputs.h"

static bool verify(ink_check_t *check) {
    return ink_check_s8(check) && ink_check_broadcast(check);
}

static bool run_maximum(const ink_call_t *call) {
    ink_maximum_s8(call->input0, ink_input0(call), call->input1, ink_input1(call), call->output,
        ink_output(call));
    return true;
}

static bool run_minimum(const ink_call_t *call) {
    ink_minimum_s8(call->input0, ink_input0(call), call->input1, ink_input1(call), call->output,
        ink_output(call));
    return true;
}

const ink_kernel_t ink_op_maximum_s8 = {
    .name = "maximum_s8",
    .rates = {13, 5, 68, 155},
    .n_inputs = 2,
    .in_place = true,
    .verify = verify,
    .run = run_maximum,
};

const ink_kernel_t ink_op_minimum_s8 = {
    .name = "minimum_s8",
    .rates = {13, 5, 68, 155},
    .n_inputs = 2,
    .in_place = true,
    .verify = verify,
    .run = run_minimum,
};
