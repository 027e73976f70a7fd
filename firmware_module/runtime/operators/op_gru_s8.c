// SPDX-License-Identifier: MIT
// gru_s8: a step of a GRU, from an input and the hidden state before to the one after.
#include "ink_operators.h"
#include "kernels/ink_four_rows.h"
#include "kernels/ink_kernels.h"

#define TABLES 4

// `names` are those of the blocks.
static bool check_dense(ink_check_t *check, const char *const names[3],
    const ink_gru_blocks_t *blocks, uint32_t groups, uint32_t rows) {
    const uint32_t fours = (rows + INK_ROWS - 1) / INK_ROWS;
    return ink_check_data(check, names[0], blocks->weights,
               ink_product(fours, groups * INK_GROUP * INK_ROWS), 1) &&
           ink_check_data(check, names[1], blocks->start, fours * INK_ROWS, 4) &&
           ink_check_data(check, names[2], blocks->scales, 2 * rows, 4);
}

static ink_gru_dense_t dense(
    const ink_call_t *call, const ink_gru_blocks_t *blocks, int32_t offset) {
    return (ink_gru_dense_t){
        .weights = ink_data(call, blocks->weights),
        .start = ink_data(call, blocks->start),
        .scales = ink_data(call, blocks->scales),
        .offset = offset,
    };
}

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("depth", 1, INK_MAX_SIDE),
        INK_FIELD("units", 1, INK_MAX_SIDE),
        INK_FIELD("input_offset", -128, 127),
        INK_FIELD("hidden_offset", -128, 127),
    };
    static const char *const NAMES[3] = {"weights", "start", "scales"};
    static const char *const HIDDEN_NAMES[3] = {"hidden_weights", "hidden_start", "hidden_scales"};
    const ink_gru_params_t *p = check->call.params;
    if (!ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) ||
        !ink_check_s8(check)) {
        return false;
    }
    const uint32_t depth = (uint32_t)p->depth;
    const uint32_t units = (uint32_t)p->units;
    const uint32_t groups = (uint32_t)ink_groups(p->depth);
    const uint32_t hidden_groups = (uint32_t)ink_groups(p->units);
    const uint32_t most = groups > hidden_groups ? groups : hidden_groups;
    check->scratch = most * INK_GROUP * (uint32_t)sizeof(int16_t) + 6 * units;
    check->steps = ink_product(3 * units, depth + units);
    return ink_check_shape(check, "input 0's number of elements",
               ink_tensor_elements(check->call.input0), depth) &&
           ink_check_shape(check, "input 1's number of elements",
               ink_tensor_elements(check->call.input1), units) &&
           ink_check_shape(check, "the output's number of elements",
               ink_tensor_elements(check->call.output), units) &&
           check_dense(check, NAMES, &p->input, groups, 3 * units) &&
           check_dense(check, HIDDEN_NAMES, &p->hidden, hidden_groups, 3 * units) &&
           ink_check_data(check, "elements", p->elements, 1, sizeof(ink_gru_elements_t)) &&
           ink_check_data(check, "tables", p->tables, TABLES * 256, 1);
}

static bool run(const ink_call_t *call) {
    const ink_gru_params_t *p = call->params;
    const ink_gru_t layer = {
        .depth = p->depth,
        .units = p->units,
        .input = dense(call, &p->input, p->input_offset),
        .hidden = dense(call, &p->hidden, p->hidden_offset),
        .elements = ink_data(call, p->elements),
        .tables = ink_data(call, p->tables),
    };
    ink_gru_s8(&layer, ink_input0(call), ink_input1(call), ink_output(call), ink_scratch(call));
    return true;
}

const ink_kernel_t ink_op_gru_s8 = {
    .name = "gru_s8",
    .rates = {11, 107, 0, 229},
    .params_size = sizeof(ink_gru_params_t),
    .n_inputs = 2,
    .verify = verify,
    .run = run,
};
