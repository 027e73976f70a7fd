// SPDX-License-Identifier: MIT
// resize_bilinear_s8: bilinear interpolation of a picture, by tables of rows and columns.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"

static bool check_table(
    ink_check_t *check, const char *field, uint32_t offset, uint32_t count, uint32_t size) {
    if (!ink_check_word(check, INK_ERROR_SHAPE, "a side of input 0", size, 1, INK_MAX_SIDE) ||
        !ink_check_data(check, field, offset, count, 4)) {
        return false;
    }
    const int32_t *table = ink_data(&check->call, offset);
    for (uint32_t i = 0; i < count; i++) {
        if (!ink_check_parameter(check, field, table[i], 0, ((int32_t)size - 1) * 1024)) {
            return false;
        }
    }
    return true;
}

static bool verify(ink_check_t *check) {
    const ink_resize_params_t *p = check->call.params;
    const ink_tensor_t *input = check->call.input0;
    const ink_tensor_t *output = check->call.output;
    return ink_check_images(check) &&
           ink_check_shape(
               check, "the output's number of channels", output->dims[3], input->dims[3]) &&
           check_table(check, "rows", p->rows, output->dims[1], input->dims[1]) &&
           check_table(check, "columns", p->columns, output->dims[2], input->dims[2]);
}

static void tables(const ink_call_t *call, ink_table_t tables[2]) {
    const ink_resize_params_t *p = call->params;
    tables[0] = (ink_table_t){p->rows, call->output->dims[1] * 4};
    tables[1] = (ink_table_t){p->columns, call->output->dims[2] * 4};
}

static bool run(const ink_call_t *call) {
    const ink_resize_params_t *p = call->params;
    ink_resize_bilinear_s8(ink_data(call, p->rows), ink_data(call, p->columns), call->input0,
        ink_input0(call), call->output, ink_output(call));
    return true;
}

const ink_kernel_t ink_op_resize_bilinear_s8 = {
    .name = "resize_bilinear_s8",
    .rates = {23, 14, 67, 147},
    .params_size = sizeof(ink_resize_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
    .tables = tables,
};
