// SPDX-License-Identifier: MIT
// copy: elements from strided places to strided places, after a fill where there is one.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"

// Whether each index start + sum i * stride, i below count, lies within `elements`.
static bool check_reach(ink_check_t *check, const char *phrase, const int32_t *count, int32_t start,
    const int32_t *stride, uint32_t elements) {
    int64_t low = start;
    int64_t high = start;
    for (uint32_t i = 0; i < INK_MAX_RANK; i++) {
        // up to 2^28 * 2^31, six of them: within 64 bits
        int64_t reach = (int64_t)(count[i] - 1) * stride[i];
        if (reach < 0) {
            low += reach;
        } else {
            high += reach;
        }
    }
    return (low >= 0 && high < (int64_t)elements) ||
           ink_refuse_plainly(check, INK_ERROR_PARAMETER, phrase);
}

static bool verify(ink_check_t *check) {
    const ink_copy_params_t *p = check->call.params;
    const ink_tensor_t *input = check->call.input0;
    const ink_tensor_t *output = check->call.output;
    uint32_t element_size = ink_element_size(input->dtype);
    if (!ink_check_shape(check, "the output's dtype", output->dtype, input->dtype) ||
        !ink_check_parameter_is(check, "element_size", p->element_size, element_size) ||
        !ink_check_parameter(check, "fill", p->fill, 0, element_size == 1 ? 1 : 0)) {
        return false;
    }
    enum { ROWS = INK_MAX_RANK - 2, ROW };
    // what a multiple of four is asked of to copy words
    int32_t places = p->count[ROW] | p->input_start | p->output_start;
    uint32_t elements = 1;
    for (uint32_t i = 0; i < INK_MAX_RANK; i++) {
        if (!ink_check_parameter(check, "count", p->count[i], 1, INK_MAX_COUNT)) {
            return false;
        }
        elements = ink_product(elements, (uint32_t)p->count[i]);
        if (i != ROW && p->count[i] > 1) {
            places |= p->input_stride[i] | p->output_stride[i];
        }
    }
    if (!ink_check_word(check, INK_ERROR_PARAMETER, "the product of count", elements, 1,
            ink_tensor_elements(output))) {
        return false;
    }
    // rows of bytes side by side are copied whole
    const uint32_t rows = elements / (uint32_t)p->count[ROW];
    const bool dense = p->input_stride[ROW] == 1 && p->output_stride[ROW] == 1;
    const uint32_t each = !dense ? 12 : ((uint32_t)places * element_size & 3) != 0 ? 5 : 1;
    const uint32_t size = elements * element_size;
    check->steps = ink_product(
        dense ? ink_sum(size / 16, ink_product(rows, 6)) : ink_sum(size / 8, rows), each);
    check->steps = ink_sum(check->steps, p->fill ? output->size / 5 : 0);
    check->rows = rows / (uint32_t)p->count[ROWS];
    return check_reach(check, "input_start and input_stride lead out of input 0", p->count,
               p->input_start, p->input_stride, ink_tensor_elements(input)) &&
           check_reach(check, "output_start and output_stride lead out of the output", p->count,
               p->output_start, p->output_stride, ink_tensor_elements(output));
}

static bool run(const ink_call_t *call) {
    ink_copy(call->params, ink_input0(call), ink_output(call), call->output->size);
    return true;
}

const ink_kernel_t ink_op_copy = {
    .name = "copy",
    .rates = {11, 2, 68, 109},
    .params_size = sizeof(ink_copy_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};
