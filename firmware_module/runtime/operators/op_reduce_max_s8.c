// SPDX-License-Identifier: MIT
// reduce_max_s8 and reduce_min_s8: the greatest and the least over some dimensions.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"

static bool verify(ink_check_t *check) {
    const ink_reduce_params_t *p = check->call.params;
    const ink_tensor_t *input = check->call.input0;
    uint32_t kept = 1;
    uint32_t row = 1; // values that are walked together, all along dimensions that go or stay
    uint32_t last = 2;
    if (!ink_check_parameter(check, "axes", p->axes, 0, (1 << input->rank) - 1) ||
        !ink_check_s8(check)) {
        return false;
    }
    for (uint32_t i = 0; i < input->rank; i++) {
        const uint32_t goes = (uint32_t)p->axes >> i & 1;
        kept = ink_product(kept, goes != 0 ? 1 : input->dims[i]);
        if (input->dims[i] > 1) {
            row = (goes == last ? row : 1) * input->dims[i];
            last = goes;
        }
    }
    check->steps = input->size;
    check->rows = input->size / row;
    return ink_check_shape(
        check, "the output's number of elements", ink_tensor_elements(check->call.output), kept);
}

static bool run_max(const ink_call_t *call) {
    ink_reduce_max_s8(call->params, call->input0, ink_input0(call), ink_output(call));
    return true;
}

static bool run_min(const ink_call_t *call) {
    ink_reduce_min_s8(call->params, call->input0, ink_input0(call), ink_output(call));
    return true;
}

const ink_kernel_t ink_op_reduce_max_s8 = {
    .name = "reduce_max_s8",
    .rates = {12, 19, 74, 188},
    .params_size = sizeof(ink_reduce_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run_max,
};

const ink_kernel_t ink_op_reduce_min_s8 = {
    .name = "reduce_min_s8",
    .rates = {11, 0, 0, 139},
    .params_size = sizeof(ink_reduce_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run_min,
};
