// SPDX-License-Identifier: MIT
// batch_matmul_s8: products of matrices.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"

// Whether an input's dimensions before the last two, aligned at the last, are the output's or 1,
// and its last two `rows` and `depth`.
static bool check_input(ink_check_t *check, const ink_tensor_t *input, const char *rank,
    const char *phrase, uint32_t rows, uint32_t depth) {
    const ink_tensor_t *output = check->call.output;
    if (!ink_check_word(check, INK_ERROR_SHAPE, rank, input->rank, 2, output->rank)) {
        return false;
    }
    bool fits = input->dims[input->rank - 2] == rows && input->dims[input->rank - 1] == depth;
    for (uint32_t i = 3; i <= input->rank; i++) {
        uint32_t dim = input->dims[input->rank - i];
        fits = fits && (dim == 1 || dim == output->dims[output->rank - i]);
    }
    return fits || ink_refuse_plainly(check, INK_ERROR_SHAPE, phrase);
}

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("input0_offset", -127, 128),
        INK_FIELD("input1_offset", -127, 128),
        INK_FIELD("output_offset", -128, 127),
        INK_FIELD("multiplier", 0, INT32_MAX),
        INK_FIELD("shift", -31, 30),
    };
    const ink_batch_matmul_params_t *p = check->call.params;
    const ink_tensor_t *input0 = check->call.input0;
    const ink_tensor_t *input1 = check->call.input1;
    const ink_tensor_t *output = check->call.output;
    if (!ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) ||
        !ink_check_multiplier(check, "multiplier", p->multiplier) || !ink_check_s8(check) ||
        !ink_check_input_offset(check, "input0_offset", p->input0_offset, input0) ||
        !ink_check_input_offset(check, "input1_offset", p->input1_offset, input1) ||
        !ink_check_output_offset(check, p->output_offset) ||
        !ink_check_word(
            check, INK_ERROR_SHAPE, "the output's rank", output->rank, 2, INK_MAX_RANK)) {
        return false;
    }
    uint32_t rows = output->dims[output->rank - 2];
    uint32_t columns = output->dims[output->rank - 1];
    // of rank 0 it has dimensions of 1
    uint32_t depth = input0->dims[input0->rank == 0 ? 0 : input0->rank - 1];
    // what four columns leave takes as long as three each
    check->steps =
        ink_product(output->size / columns, ink_product(columns + 2 * (columns % 4), depth));
    return check_input(check, input0, "input 0's rank", "input 0's shape is not [..., rows, depth]",
               rows, depth) &&
           check_input(check, input1, "input 1's rank",
               "input 1's shape is not [..., columns, depth]", columns, depth);
}

static bool run(const ink_call_t *call) {
    ink_batch_matmul_s8(call->params, call->input0, ink_input0(call), call->input1,
        ink_input1(call), call->output, ink_output(call));
    return true;
}

const ink_kernel_t ink_op_batch_matmul_s8 = {
    .name = "batch_matmul_s8",
    .rates = {11, 43, 89, 92},
    .params_size = sizeof(ink_batch_matmul_params_t),
    .n_inputs = 2,
    .verify = verify,
    .run = run,
};
