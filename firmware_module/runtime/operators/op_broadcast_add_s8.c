// SPDX-License-Identifier: MIT
// broadcast_add_s8 and broadcast_sub_s8: sums and differences of two inputs, broadcast.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"
#include "operators/ink_op_two_inputs.h"

static bool verify_broadcast(ink_check_t *check) {
    return ink_check_add_params(check) && ink_check_broadcast(check);
}

static bool run_add(const ink_call_t *call) {
    ink_broadcast_add_s8(call->params, call->input0, ink_input0(call), call->input1,
        ink_input1(call), call->output, ink_output(call));
    return true;
}

static bool run_sub(const ink_call_t *call) {
    ink_broadcast_sub_s8(call->params, call->input0, ink_input0(call), call->input1,
        ink_input1(call), call->output, ink_output(call));
    return true;
}

const ink_kernel_t ink_op_broadcast_add_s8 = {
    .name = "broadcast_add_s8",
    .rates = {59, 0, 80, 132},
    .params_size = sizeof(ink_add_params_t),
    .n_inputs = 2,
    .verify = verify_broadcast,
    .run = run_add,
};

const ink_kernel_t ink_op_broadcast_sub_s8 = {
    .name = "broadcast_sub_s8",
    .rates = {59, 0, 75, 156},
    .params_size = sizeof(ink_add_params_t),
    .n_inputs = 2,
    .verify = verify_broadcast,
    .run = run_sub,
};
