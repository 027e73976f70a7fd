// SPDX-License-Identifier: MIT
// softmax_s8: over the last dimension, by CMSIS-NN's function.
#include "ink_operators.h"
#include "kernels/ink_nn.h"

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("multiplier", 1 << 30, INT32_MAX),
        INK_FIELD("shift", 0, 30),
        INK_FIELD("diff_min", INT32_MIN, 0),
    };
    const ink_softmax_params_t *p = check->call.params;
    const ink_tensor_t *input = check->call.input0;
    const ink_tensor_t *output = check->call.output;
    if (!ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) ||
        // a difference times 2^shift must fit int32
        !ink_check_parameter(check, "diff_min", p->diff_min, INT32_MIN >> p->shift, 0) ||
        !ink_check_s8(check) || !ink_check_same_size(check) ||
        !ink_check_word(check, INK_ERROR_SHAPE, "input 0's rank", input->rank, 1, 6) ||
        !ink_check_output_zero_point(check, -128)) {
        return false;
    }
    return output->scale == 1.0f / 256 ||
           ink_refuse_plainly(check, INK_ERROR_SHAPE, "the output's scale is not 1/256");
}

static bool run(const ink_call_t *call) {
    const ink_softmax_params_t *p = call->params;
    uint32_t length = call->input0->dims[call->input0->rank - 1];
    ink_nn_softmax_s8(ink_input0(call), (int32_t)(call->input0->size / length), (int32_t)length,
        p->multiplier, p->shift, p->diff_min, ink_output(call));
    return true;
}

const ink_kernel_t ink_op_softmax_s8 = {
    .name = "softmax_s8",
    .rates = {123, 32, 85, 98},
    .params_size = sizeof(ink_softmax_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};
