// SPDX-License-Identifier: MIT
// cast: stored values from one type to another.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"

static bool run(const ink_call_t *call) {
    ink_cast(call->input0->dtype, ink_input0(call), call->output->dtype, ink_output(call),
        ink_tensor_elements(call->output));
    return true;
}

const ink_kernel_t ink_op_cast = {
    .name = "cast",
    .rates = {34, 0, 0, 88},
    .n_inputs = 1,
    .flat = true,
    .verify = ink_check_same_size,
    .run = run,
};
