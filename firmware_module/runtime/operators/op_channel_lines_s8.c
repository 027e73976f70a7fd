// SPDX-License-Identifier: MIT
// channel_lines_s8: a function of int8 for each channel, by lines and tables.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"

static uint32_t channels_of(const ink_tensor_t *tensor) {
    return tensor->rank == 0 ? 1 : tensor->dims[tensor->rank - 1];
}

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("greater", 0, 1),
        INK_FIELD("threshold", -128, 128),
        INK_FIELD("shift", 0, 31),
    };
    const ink_channel_lines_params_t *p = check->call.params;
    const uint32_t channels = channels_of(check->call.input0);
    check->rows = check->call.input0->size / channels;
    return ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) &&
           ink_check_s8(check) && ink_check_same_size(check) &&
           ink_check_data(check, "lines", p->lines, channels, 8) &&
           ink_check_data(check, "above", p->above, 256, 1) &&
           ink_check_data(check, "inner", p->inner, 256, 1) &&
           ink_check_data(check, "below", p->below, 256, 1);
}

static bool run(const ink_call_t *call) {
    const ink_channel_lines_params_t *p = call->params;
    const uint32_t channels = channels_of(call->input0);
    ink_channel_lines_s8(p, ink_data(call, p->lines), ink_data(call, p->above),
        ink_data(call, p->inner), ink_data(call, p->below), channels, call->output->size / channels,
        ink_input0(call), ink_output(call));
    return true;
}

const ink_kernel_t ink_op_channel_lines_s8 = {
    .name = "channel_lines_s8",
    .rates = {28, 0, 37, 83},
    .params_size = sizeof(ink_channel_lines_params_t),
    .n_inputs = 1,
    .in_place = true,
    .verify = verify,
    .run = run,
};
