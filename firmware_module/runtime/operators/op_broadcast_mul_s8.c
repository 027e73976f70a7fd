// SPDX-License-Identifier: MIT
// broadcast_mul_s8: products of two inputs, broadcast.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"
#include "operators/ink_op_two_inputs.h"

static bool verify_broadcast(ink_check_t *check) {
    return ink_check_mul_params(check) && ink_check_broadcast(check);
}

static bool run_broadcast(const ink_call_t *call) {
    ink_broadcast_mul_s8(call->params, call->input0, ink_input0(call), call->input1,
        ink_input1(call), call->output, ink_output(call));
    return true;
}

const ink_kernel_t ink_op_broadcast_mul_s8 = {
    .name = "broadcast_mul_s8",
    .rates = {55, 0, 54, 136},
    .params_size = sizeof(ink_mul_params_t),
    .n_inputs = 2,
    .verify = verify_broadcast,
    .run = run_broadcast,
};
