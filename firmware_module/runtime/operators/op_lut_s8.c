// SPDX-License-Identifier: MIT
// lut_s8: a table looked up by each byte, int8 or uint8 on either side.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"

static bool verify(ink_check_t *check) {
    const ink_lut_params_t *p = check->call.params;
    return ink_check_word(check, INK_ERROR_SHAPE, "input 0's dtype", check->call.input0->dtype,
               INK_DTYPE_INT8, INK_DTYPE_UINT8) &&
           ink_check_word(check, INK_ERROR_SHAPE, "the output's dtype", check->call.output->dtype,
               INK_DTYPE_INT8, INK_DTYPE_UINT8) &&
           ink_check_same_size(check) && ink_check_data(check, "table", p->table, 256, 1);
}

static bool run(const ink_call_t *call) {
    const ink_lut_params_t *p = call->params;
    ink_lut_s8(ink_data(call, p->table), ink_input0(call), ink_output(call), call->output->size);
    return true;
}

const ink_kernel_t ink_op_lut_s8 = {
    .name = "lut_s8",
    .rates = {18, 0, 0, 79},
    .params_size = sizeof(ink_lut_params_t),
    .n_inputs = 1,
    .in_place = true,
    .flat = true,
    .verify = verify,
    .run = run,
};
