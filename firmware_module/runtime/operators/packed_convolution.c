// SPDX-License-Identifier: MIT
// What the convolutions on packed weights share: their parameters, and the checks of them.
#include "operators/ink_op_packed_convolution.h"

#include <string.h>

ink_packed_conv_t ink_packed_convolution(const ink_call_t *call) {
    const ink_packed_conv_params_t *p = call->params;
    const uint32_t *in = call->input0->dims;
    const uint32_t *out = call->output->dims;
    ink_packed_conv_t conv = {
        .batch = (int32_t)in[0],
        .input_h = (int32_t)in[1],
        .input_w = (int32_t)in[2],
        .input_c = (int32_t)in[3],
        .output_h = (int32_t)out[1],
        .output_w = (int32_t)out[2],
        .output_c = (int32_t)out[3],
        .kernel_h = p->kernel_h,
        .kernel_w = p->kernel_w,
        .stride_h = p->stride_h,
        .stride_w = p->stride_w,
        .pad_top = p->pad_top,
        .pad_left = p->pad_left,
        .pad_value = call->input0->zero_point,
        .output_zero = call->output->zero_point,
        .act_min = p->act_min,
        .act_max = p->act_max,
        .dilation_h = 1,
        .dilation_w = 1,
        .groups = 1,
    };
    return conv;
}

ink_packed_conv_t ink_dilated_convolution(const ink_call_t *call) {
    const ink_dilated_conv_params_t *p = call->params;
    ink_packed_conv_t conv = ink_packed_convolution(call);
    conv.dilation_h = p->dilation_h;
    conv.dilation_w = p->dilation_w;
    return conv;
}

ink_windows_t ink_packed_windows(const ink_call_t *call) {
    const ink_packed_conv_params_t *p = call->params;
    ink_windows_t windows = {
        {p->kernel_h, p->kernel_w},
        {p->stride_h, p->stride_w},
        {1, 1},
        {p->pad_top, p->pad_left},
    };
    return windows;
}

ink_windows_t ink_dilated_windows(const ink_call_t *call) {
    const ink_dilated_conv_params_t *p = call->params;
    ink_windows_t windows = ink_packed_windows(call);
    windows.dilation[0] = p->dilation_h;
    windows.dilation[1] = p->dilation_w;
    return windows;
}

uint32_t ink_fours(uint32_t taps) {
    return taps / 4 + (taps % 4 != 0);
}

uint32_t ink_packed_size(uint32_t units, uint32_t taps) {
    // biases and requantizations take as much as three
    return ink_product((units + 1) / 2, ink_product(ink_fours(taps) + 3, 8));
}

uint32_t ink_packed_steps(uint32_t pixels, uint32_t units, uint32_t taps) {
    return ink_product(pixels, ink_product((units + 3) & ~1u, ink_fours(taps) + 2));
}

static bool check_fields(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("kernel_h", 1, INK_MAX_WINDOW),
        INK_FIELD("kernel_w", 1, INK_MAX_WINDOW),
        INK_FIELD("stride_h", 1, INK_MAX_WINDOW),
        INK_FIELD("stride_w", 1, INK_MAX_WINDOW),
        INK_FIELD("pad_top", 0, INT32_MAX),
        INK_FIELD("pad_left", 0, INT32_MAX),
    };
    return ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0]));
}

bool ink_check_packed_windows(ink_check_t *check) {
    const ink_windows_t windows = ink_packed_windows(&check->call);
    return check_fields(check) && ink_check_windows(check, &windows);
}

bool ink_check_packed_convolution(ink_check_t *check, uint32_t size) {
    const ink_packed_conv_params_t *p = check->call.params;
    return ink_check_packed_windows(check) && ink_check_activation(check, p->act_min, p->act_max) &&
           ink_check_data(check, "weights", p->weights, size, 1);
}

bool ink_check_dilated_convolution(ink_check_t *check) {
    const ink_dilated_conv_params_t *p = check->call.params;
    const ink_windows_t windows = ink_dilated_windows(&check->call);
    return check_fields(check) &&
           ink_check_parameter(check, "dilation_h", p->dilation_h, 1, INK_MAX_WINDOW) &&
           ink_check_parameter(check, "dilation_w", p->dilation_w, 1, INK_MAX_WINDOW) &&
           ink_check_windows(check, &windows) &&
           ink_check_activation(check, p->act_min, p->act_max);
}
