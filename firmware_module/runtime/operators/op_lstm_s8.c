// SPDX-License-Identifier: MIT
// lstm_s8: steps of a recurrent layer, from the cells and the output that its state keeps.
#include "ink_op_recurrent.h"
#include "kernels/ink_four_rows.h"
#include "kernels/ink_kernels.h"

#define SCALES 11
#define TABLE 256

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("steps", 1, INK_MAX_SIDE),
        INK_FIELD("batches", 1, INK_MAX_SIDE),
        INK_FIELD("time_major", 0, 1),
        INK_FIELD("depth", 1, INK_MAX_SIDE),
        INK_FIELD("units", 1, INK_MAX_SIDE),
        INK_FIELD("output_offset", -128, 127),
        INK_FIELD("cell_clip", 0, INT16_MAX),
        INK_FIELD("cell_multiplier", 3, 3 << 12),
        INK_FIELD("cell_shift", 0, 15),
    };
    const ink_lstm_params_t *p = check->call.params;
    if (!ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0]))) {
        return false;
    }
    const uint32_t units = (uint32_t)p->units;
    const uint32_t rows = (uint32_t)p->steps * (uint32_t)p->batches;
    const uint32_t groups = (uint32_t)ink_groups(p->depth) + (uint32_t)ink_groups(p->units);
    const uint32_t taps = 4 * ((uint32_t)p->depth + units);
    check->scratch = groups * INK_GROUP * (uint32_t)sizeof(int16_t);
    check->steps = ink_product(ink_product(rows, units), taps);
    return ink_check_recurrent(check, ink_product(rows, (uint32_t)p->depth),
               ink_product((uint32_t)p->batches, 3 * units), ink_product(rows, units)) &&
           ink_check_data(check, "weights", p->weights,
               ink_product(units, groups * INK_GROUP * INK_ROWS), 1) &&
           ink_check_data(check, "bias", p->bias, 2 * INK_ROWS * units, 4) &&
           ink_check_data(check, "scales", p->scales, 2 * SCALES, 4) &&
           ink_check_data(check, "table", p->table, TABLE, 2);
}

static bool run(const ink_call_t *call) {
    const ink_lstm_params_t *p = call->params;
    const ink_lstm_t layer = {
        .params = p,
        .weights = ink_data(call, p->weights),
        .bias = ink_data(call, p->bias),
        .scales = ink_data(call, p->scales),
        .table = ink_data(call, p->table),
    };
    // a state is in the arena
    ink_lstm_s8(&layer, ink_input0(call), (void *)(uintptr_t)ink_input1(call), ink_output(call),
        ink_scratch(call));
    return true;
}

const ink_kernel_t ink_op_lstm_s8 = {
    .name = "lstm_s8",
    .rates = {10, 157, 48, 162},
    .params_size = sizeof(ink_lstm_params_t),
    .n_inputs = 2,
    .verify = verify,
    .run = run,
};
