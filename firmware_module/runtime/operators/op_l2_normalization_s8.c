// SPDX-License-Identifier: MIT
// l2_normalization_s8: the last dimension divided by its length.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"

static bool verify(ink_check_t *check) {
    const ink_l2_normalization_params_t *p = check->call.params;
    const ink_tensor_t *input = check->call.input0;
    const ink_tensor_t *output = check->call.output;
    if (!ink_check_s8(check) ||
        !ink_check_input_offset(check, "input_offset", p->input_offset, input) ||
        !ink_check_same_size(check) ||
        !ink_check_word(check, INK_ERROR_SHAPE, "input 0's rank", input->rank, 1, INK_MAX_RANK) ||
        !ink_check_output_zero_point(check, 0)) {
        return false;
    }
    // so that the sum of squares fits int32
    int32_t most = p->input_offset > 0 ? 127 + p->input_offset : 128 - p->input_offset;
    if (!ink_check_word(check, INK_ERROR_SHAPE, "input 0's last dimension",
            input->dims[input->rank - 1], 1, INT32_MAX / (most * most))) {
        return false;
    }
    return output->scale == 1.0f / 128 ||
           ink_refuse_plainly(check, INK_ERROR_SHAPE, "the output's scale is not 1/128");
}

static bool run(const ink_call_t *call) {
    uint32_t length = call->input0->dims[call->input0->rank - 1];
    ink_l2_normalization_s8(
        call->params, ink_input0(call), call->input0->size / length, length, ink_output(call));
    return true;
}

const ink_kernel_t ink_op_l2_normalization_s8 = {
    .name = "l2_normalization_s8",
    .rates = {43, 0, 0, 154},
    .params_size = sizeof(ink_l2_normalization_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};
