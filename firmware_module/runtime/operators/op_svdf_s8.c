// SPDX-License-Identifier: MIT
// svdf_s8: features of an input and of those before it, which its state keeps.
#include "ink_op_recurrent.h"
#include "kernels/ink_four_rows.h"
#include "kernels/ink_kernels.h"

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("batches", 1, INK_MAX_SIDE),
        INK_FIELD("depth", 1, INK_MAX_SIDE),
        INK_FIELD("filters", 1, INK_MAX_SIDE),
        INK_FIELD("rank", 1, INK_MAX_SIDE),
        INK_FIELD("memory", 1, INK_MAX_SIDE),
        INK_FIELD("wide", 0, 1),
        INK_FIELD("state_zero_point", -128, 127),
        INK_FIELD("output_offset", -128, 127),
        INK_FIELD("feature_multiplier", 0, INT32_MAX),
        INK_FIELD("feature_shift", -31, 30),
        INK_FIELD("output_multiplier", 0, INT32_MAX),
        INK_FIELD("output_shift", -31, 30),
    };
    const ink_svdf_params_t *p = check->call.params;
    if (!ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) ||
        !ink_check_multiplier(check, "feature_multiplier", p->feature_multiplier) ||
        !ink_check_multiplier(check, "output_multiplier", p->output_multiplier) ||
        !ink_check_output_offset(check, p->output_offset)) {
        return false;
    }
    const uint32_t filters = (uint32_t)p->filters;
    const uint32_t batches = (uint32_t)p->batches;
    const uint32_t units = filters / (uint32_t)p->rank;
    if (!ink_check_parameter_is(check, "filters", p->filters, (int32_t)units * p->rank)) {
        return false;
    }
    const uint32_t groups = (uint32_t)ink_groups(p->depth);
    const uint32_t blocks = (uint32_t)ink_groups(p->filters); // of four filters
    const uint32_t element = p->wide ? 2 : 1;
    const uint32_t time = filters * (uint32_t)p->memory;
    check->scratch = groups * INK_GROUP * (uint32_t)sizeof(int16_t);
    check->steps =
        ink_product(batches * filters, 4 * (uint32_t)p->memory + (uint32_t)p->depth + 40);
    return ink_check_recurrent(check, batches * (uint32_t)p->depth,
               ink_product(batches, ink_product(time, element)), batches * units) &&
           ink_check_data(check, "weights", p->weights,
               ink_product(blocks, groups * INK_GROUP * INK_ROWS), 1) &&
           ink_check_data(check, "start", p->start, blocks * INK_ROWS, 4) &&
           ink_check_data(check, "time", p->time, ink_product(time, element), 1) &&
           ink_check_data(check, "bias", p->bias, units, 4);
}

static bool run(const ink_call_t *call) {
    const ink_svdf_params_t *p = call->params;
    const ink_svdf_t layer = {
        .params = p,
        .weights = ink_data(call, p->weights),
        .time = ink_data(call, p->time),
        .start = ink_data(call, p->start),
        .bias = ink_data(call, p->bias),
    };
    // a state is in the arena
    ink_svdf_s8(&layer, ink_input0(call), (void *)(uintptr_t)ink_input1(call), ink_output(call),
        ink_scratch(call));
    return true;
}

const ink_kernel_t ink_op_svdf_s8 = {
    .name = "svdf_s8",
    .rates = {11, 68, 0, 147},
    .params_size = sizeof(ink_svdf_params_t),
    .n_inputs = 2,
    .verify = verify,
    .run = run,
};
