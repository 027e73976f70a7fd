// SPDX-License-Identifier: MIT
// What the convolutions on packed weights share: their parameters, and the checks of them.
#include "operators/packed_convolution.h"

#include <string.h>

#include "operators/windows.h"

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
        .act_min = p->act_min,
        .act_max = p->act_max,
    };
    return conv;
}

bool ink_check_packed_convolution(ink_check_t *check, uint64_t size) {
    static const ink_field_t FIELDS[] = {
        {"kernel_h", 1, INK_MAX_WINDOW},
        {"kernel_w", 1, INK_MAX_WINDOW},
        {"stride_h", 1, INK_MAX_WINDOW},
        {"stride_w", 1, INK_MAX_WINDOW},
        {"pad_top", 0, INT32_MAX},
        {"pad_left", 0, INT32_MAX},
    };
    const ink_packed_conv_params_t *p = check->call.params;
    const ink_windows_t windows = {
        {p->kernel_h, p->kernel_w},
        {p->stride_h, p->stride_w},
        {1, 1},
        {p->pad_top, p->pad_left},
    };
    return ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) &&
           ink_check_windows(check, &windows) &&
           ink_check_activation(check, p->act_min, p->act_max) &&
           ink_check_data(check, "weights", p->weights, size, 1);
}

bool ink_check_packed_shift(ink_check_t *check, const uint8_t *record) {
    int32_t shift;
    memcpy(&shift, record + 8, sizeof(shift));
    return ink_check_between(check, INK_ERROR_PARAMETER, "a packed shift", shift, 1, 22);
}

// How far writing runs ahead of reading along one axis, at most. Before output i, i * written bytes
// are written, and what lies before place i * stride - pad of the input, read bytes a place, is not
// read again. That is greatest on either side of where padding ends, or at the end.
static int64_t most_ahead(
    int32_t count, int64_t written, int32_t stride, int32_t pad, int64_t read) {
    const int32_t corners[] = {pad / stride, pad / stride + 1, count - 1};
    int64_t most = 0;
    for (uint32_t i = 0; i < 3; i++) {
        int64_t at = corners[i] < count ? corners[i] : count - 1;
        int64_t start = at * stride - pad;
        int64_t ahead = at * written - (start > 0 ? start : 0) * read;
        most = ahead > most ? ahead : most;
    }
    return most;
}

int64_t ink_packed_slide(const ink_packed_conv_t *conv) {
    if (conv->batch != 1) {
        return INK_NO_SLIDE;
    }
    int64_t row = (int64_t)conv->input_w * conv->input_c;
    return most_ahead(conv->output_h, (int64_t)conv->output_w * conv->output_c, conv->stride_h,
               conv->pad_top, row) +
           most_ahead(
               conv->output_w, conv->output_c, conv->stride_w, conv->pad_left, conv->input_c);
}
