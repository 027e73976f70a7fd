// SPDX-License-Identifier: MIT
// mean_s8: means over some dimensions.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("axes", 0, (1 << INK_MAX_RANK) - 1),
        INK_FIELD("input_offset", -127, 128),
        INK_FIELD("output_offset", -128, 127),
        INK_FIELD("multiplier", 0, INT32_MAX),
        INK_FIELD("shift", -31, 30),
    };
    const ink_mean_params_t *p = check->call.params;
    const ink_tensor_t *input = check->call.input0;
    if (!ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) ||
        !ink_check_parameter(check, "axes", p->axes, 0, (1 << input->rank) - 1) ||
        !ink_check_s8(check) ||
        !ink_check_input_offset(check, "input_offset", p->input_offset, input) ||
        !ink_check_output_offset(check, p->output_offset)) {
        return false;
    }
    uint32_t averaged = 1;
    uint32_t kept = 1;
    uint32_t row = 1;
    for (uint32_t i = 0; i < input->rank; i++) {
        uint32_t *product = (p->axes >> i & 1) != 0 ? &averaged : &kept;
        *product = ink_product(*product, input->dims[i]);
        row = (p->axes >> i & 1) != 0 ? input->dims[i] : row;
    }
    check->steps = input->size;
    check->rows = input->size / row;
    // so that sums fit int32
    return ink_check_word(check, INK_ERROR_SHAPE, "the number of elements averaged", averaged, 1,
               INK_MAX_REDUCED) &&
           ink_check_shape(check, "the output's number of elements",
               ink_tensor_elements(check->call.output), kept);
}

static bool run(const ink_call_t *call) {
    ink_mean_s8(call->params, call->input0, ink_input0(call), ink_output(call));
    return true;
}

const ink_kernel_t ink_op_mean_s8 = {
    .name = "mean_s8",
    .rates = {25, 64, 43, 149},
    .params_size = sizeof(ink_mean_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};
