// SPDX-License-Identifier: MIT
// arg_max_s8: where the greatest or least value along a dimension is.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("axis", 0, INK_MAX_RANK - 1),
        INK_FIELD("minimum", 0, 1),
    };
    const ink_arg_max_params_t *p = check->call.params;
    const ink_tensor_t *input = check->call.input0;
    const ink_tensor_t *output = check->call.output;
    if (!ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) ||
        !ink_check_parameter(check, "axis", p->axis, 0, input->rank - 1) ||
        !ink_check_shape(check, "input 0's dtype", input->dtype, INK_DTYPE_INT8) ||
        !ink_check_shape(check, "the output's dtype", output->dtype, INK_DTYPE_INT32)) {
        return false;
    }
    check->steps = input->size;
    return ink_check_word(check, INK_ERROR_SHAPE, "the number of elements compared",
               input->dims[p->axis], 1, INK_MAX_REDUCED) &&
           ink_check_shape(check, "the output's number of elements", ink_tensor_elements(output),
               input->size / input->dims[p->axis]);
}

static bool run(const ink_call_t *call) {
    ink_arg_max_s8(call->params, call->input0, ink_input0(call), ink_output(call));
    return true;
}

const ink_kernel_t ink_op_arg_max_s8 = {
    .name = "arg_max_s8",
    .rates = {29, 15, 15, 115},
    .params_size = sizeof(ink_arg_max_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};
