// SPDX-License-Identifier: MIT
// What conv_s8 and depthwise_conv_s8 share: their parameters' checks and CMSIS-NN's shapes.
#include "operators/ink_op_convolution.h"

#include "operators/ink_op_windows.h"

ink_convolution_t ink_convolution(const ink_call_t *call, int32_t filter_n, int32_t filter_c) {
    const ink_conv_params_t *p = call->params;
    const uint32_t *in = call->input0->dims;
    const uint32_t *out = call->output->dims;
    uint8_t *blob = (uint8_t *)call->model->blob; // CMSIS-NN's pointers are not const
    ink_convolution_t conv = {
        .input = {1, (int32_t)in[1], (int32_t)in[2], (int32_t)in[3]},
        .filter = {filter_n, p->kernel_h, p->kernel_w, filter_c},
        .bias = {1, 1, 1, (int32_t)out[3]},
        .output = {1, (int32_t)out[1], (int32_t)out[2], (int32_t)out[3]},
        .quantization = {(int32_t *)(blob + p->multiplier), (int32_t *)(blob + p->shift)},
        .stride = {.h = p->stride_h, .w = p->stride_w},
        .padding = {.h = p->pad_top, .w = p->pad_left},
        .dilation = {.h = p->dilation_h, .w = p->dilation_w},
        .activation = {p->act_min, p->act_max},
        .context = {ink_scratch(call), (int32_t)call->record->scratch_size},
    };
    return conv;
}

void ink_convolution_tables(const ink_call_t *call, ink_table_t tables[2]) {
    const ink_conv_params_t *p = call->params;
    tables[0] = (ink_table_t){p->multiplier, call->output->dims[3] * 4};
    tables[1] = (ink_table_t){p->shift, call->output->dims[3] * 4};
}

bool ink_check_convolution_fields(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("kernel_h", 1, INK_MAX_WINDOW),
        INK_FIELD("kernel_w", 1, INK_MAX_WINDOW),
        INK_FIELD("stride_h", 1, INK_MAX_WINDOW),
        INK_FIELD("stride_w", 1, INK_MAX_WINDOW),
        INK_FIELD("dilation_h", 1, INK_MAX_WINDOW),
        INK_FIELD("dilation_w", 1, INK_MAX_WINDOW),
        INK_FIELD("pad_top", 0, INT32_MAX),
        INK_FIELD("pad_left", 0, INT32_MAX),
        INK_FIELD("channel_factor", 1, INK_MAX_SIDE),
    };
    return ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) &&
           ink_check_images(check);
}

_Static_assert(offsetof(ink_conv_params_t, pad_top) == offsetof(ink_windows_t, pad), "windows");

bool ink_check_convolution(ink_check_t *check, uint32_t depth, uint32_t joined, uint32_t uneven) {
    const ink_conv_params_t *p = check->call.params;
    uint32_t units = check->call.output->dims[3];
    uint32_t window = ink_product((uint32_t)(p->kernel_h * p->kernel_w), depth);
    if (!ink_check_windows(check, check->call.params)) {
        return false;
    }
    uint32_t steps = ink_sum(ink_product(check->taps, depth), ink_product(check->taps / joined, 3));
    check->steps = ink_product(steps, units + uneven);
    return ink_check_input_offset(check, "input_offset", p->input_offset, check->call.input0) &&
           ink_check_output_offset(check, p->output_offset) &&
           ink_check_activation(check, p->act_min, p->act_max) &&
           ink_check_data(check, "weights", p->weights, ink_product(window, units), 1) &&
           ink_check_data(check, "bias", p->bias, units, 4) &&
           ink_check_requantization(check, p->multiplier, p->shift, units);
}
