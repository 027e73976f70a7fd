// SPDX-License-Identifier: MIT
// fully_connected_s8: rows times weights, per tensor or per channel, by CMSIS-NN's function.
#include "ink_operators.h"
#include "kernels/ink_nn.h"

static ink_nn_dims_t filter_dims(const ink_fully_connected_params_t *p) {
    ink_nn_dims_t dims = {p->depth, 1, 1, p->units};
    return dims;
}

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("depth", 1, INK_MAX_ARENA),
        INK_FIELD("units", 1, INK_MAX_ARENA),
        INK_FIELD("per_channel", 0, 1),
        INK_FIELD("input_offset", -127, 128),
        INK_FIELD("filter_offset", -127, 128),
    };
    const ink_fully_connected_params_t *p = check->call.params;
    if (!ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) ||
        !ink_check_s8(check) ||
        !ink_check_input_offset(check, "input_offset", p->input_offset, check->call.input0) ||
        !ink_check_output_offset(check, p->output_offset) ||
        !ink_check_activation(check, p->act_min, p->act_max)) {
        return false;
    }
    // Arm's kernel has no zero point of the weights where it has a multiplier a channel
    if (p->per_channel && !ink_check_parameter_is(check, "filter_offset", p->filter_offset, 0)) {
        return false;
    }
    if (!ink_check_rows(check, (uint32_t)p->depth, (uint32_t)p->units)) {
        return false;
    }
    uint32_t weights = ink_product((uint32_t)p->depth, (uint32_t)p->units);
    check->steps = ink_product(ink_tensor_elements(check->call.output), (uint32_t)p->depth);
    ink_nn_dims_t filter = filter_dims(p);
    check->scratch = (uint32_t)ink_nn_fully_connected_s8_get_buffer_size(&filter);
    return ink_check_data(check, "weights", p->weights, weights, 1) &&
           ink_check_data(check, "bias", p->bias, (uint32_t)p->units, 4) &&
           ink_check_requantization(
               check, p->multiplier, p->shift, p->per_channel ? (uint32_t)p->units : 1);
}

static void tables(const ink_call_t *call, ink_table_t tables[2]) {
    const ink_fully_connected_params_t *p = call->params;
    const uint32_t size = (p->per_channel ? (uint32_t)p->units : 1) * 4;
    tables[0] = (ink_table_t){p->multiplier, size};
    tables[1] = (ink_table_t){p->shift, size};
}

static bool run(const ink_call_t *call) {
    const ink_fully_connected_params_t *p = call->params;
    uint8_t *blob = (uint8_t *)call->model->blob; // CMSIS-NN's pointers are not const
    int32_t rows = (int32_t)(ink_tensor_elements(call->input0) / (uint32_t)p->depth);
    ink_nn_context_t context = {ink_scratch(call), (int32_t)call->record->scratch_size};
    ink_nn_fc_params_t params = {
        .input_offset = p->input_offset,
        .filter_offset = p->filter_offset,
        .output_offset = p->output_offset,
        .activation = {p->act_min, p->act_max},
    };
    ink_nn_quant_params_t quantization = {
        .multiplier = (int32_t *)(blob + p->multiplier),
        .shift = (int32_t *)(blob + p->shift),
        .is_per_channel = p->per_channel,
    };
    ink_nn_dims_t input = {rows, 1, 1, p->depth};
    ink_nn_dims_t filter = filter_dims(p);
    ink_nn_dims_t bias = {1, 1, 1, p->units};
    ink_nn_dims_t output = {rows, 1, 1, p->units};
    return ink_nn_fully_connected_s8(&context, &params, &quantization, &input, ink_input0(call),
               &filter, ink_data(call, p->weights), &bias, ink_data(call, p->bias), &output,
               ink_output(call)) == INK_NN_SUCCESS;
}

const ink_kernel_t ink_op_fully_connected_s8 = {
    .name = "fully_connected_s8",
    .rates = {17, 61, 109, 78},
    .params_size = sizeof(ink_fully_connected_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
    .tables = tables,
};
