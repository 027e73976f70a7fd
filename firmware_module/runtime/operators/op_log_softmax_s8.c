// SPDX-License-Identifier: MIT
// log_softmax_s8: over the last dimension.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"

// elements in a row: a sum of as many ones fits int32 with its 19 bits below the point
#define MAX_LENGTH 4095

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("multiplier", 1 << 30, INT32_MAX),
        INK_FIELD("shift", 0, 30),
        INK_FIELD("reverse_multiplier", 0, INT32_MAX),
        INK_FIELD("reverse_shift", -31, 0),
    };
    const ink_log_softmax_params_t *p = check->call.params;
    const ink_tensor_t *input = check->call.input0;
    const ink_tensor_t *output = check->call.output;
    if (!ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) ||
        !ink_check_parameter(check, "diff_min", p->diff_min, INT32_MIN + 1, 0) ||
        // a difference times 2^shift must fit int32
        !ink_check_parameter(check, "diff_min", p->diff_min, INT32_MIN >> p->shift, 0) ||
        !ink_check_s8(check) || !ink_check_same_size(check) ||
        !ink_check_word(check, INK_ERROR_SHAPE, "input 0's rank", input->rank, 1, INK_MAX_RANK) ||
        !ink_check_word(check, INK_ERROR_SHAPE, "input 0's last dimension",
            input->dims[input->rank - 1], 1, MAX_LENGTH) ||
        !ink_check_output_zero_point(check, 127)) {
        return false;
    }
    return output->scale == 1.0f / 16 ||
           ink_refuse_plainly(check, INK_ERROR_SHAPE, "the output's scale is not 1/16");
}

static bool run(const ink_call_t *call) {
    uint32_t length = call->input0->dims[call->input0->rank - 1];
    ink_log_softmax_s8(
        call->params, ink_input0(call), call->input0->size / length, length, ink_output(call));
    return true;
}

const ink_kernel_t ink_op_log_softmax_s8 = {
    .name = "log_softmax_s8",
    .rates = {110, 79, 0, 128},
    .params_size = sizeof(ink_log_softmax_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};
