// SPDX-License-Identifier: MIT
// The check of windows that slide over pictures, for convolutions and poolings.
#include "operators/ink_op_windows.h"

static bool check_sides(ink_check_t *check, const ink_tensor_t *tensor) {
    static const char *const NAMES[] = {"a height", "a width", "a number of channels"};
    for (uint32_t i = 0; i < 3; i++) {
        if (!ink_check_word(
                check, INK_ERROR_SHAPE, NAMES[i], tensor->dims[i + 1], 1, INK_MAX_SIDE)) {
            return false;
        }
    }
    return true;
}

// Windows along an axis that tell for all how much of them lies in the input.
#define LOOKS 16

// How many of a window's taps along an axis lie before place `end`, counted from its start.
static int32_t before(const ink_windows_t *windows, uint32_t axis, int32_t end) {
    const int32_t dilation = windows->dilation[axis];
    const int32_t taps = end > 0 ? (end + dilation - 1) / dilation : 0;
    return taps < windows->kernel[axis] ? taps : windows->kernel[axis];
}

// Taps of all windows along an axis that lie in the input.
static uint32_t inside(const ink_windows_t *windows, uint32_t axis, uint32_t size, uint32_t count) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < LOOKS; i++) {
        const int32_t place = (int32_t)((2 * i + 1) * count / (2 * LOOKS));
        const int32_t start = place * windows->stride[axis] - windows->pad[axis];
        found += (uint32_t)(before(windows, axis, (int32_t)size - start) -
                            before(windows, axis, -start));
    }
    return (uint32_t)((uint64_t)found * count / LOOKS);
}

bool ink_check_windows(ink_check_t *check, const ink_windows_t *windows) {
    static const char *const PAD[] = {"pad_top", "pad_left"};
    static const char *const OUTPUT[] = {"the output's height", "the output's width"};
    const ink_tensor_t *input = check->call.input0;
    const ink_tensor_t *output = check->call.output;
    if (!ink_check_images(check) || !check_sides(check, input) || !check_sides(check, output)) {
        return false;
    }
    check->taps = input->dims[0];
    for (uint32_t i = 0; i < 2; i++) {
        // below 2^30 + 2^17, so that kernels may count in int32
        int32_t reach = (windows->kernel[i] - 1) * windows->dilation[i];
        if (!ink_check_parameter(check, PAD[i], windows->pad[i], 0, reach)) {
            return false;
        }
        uint32_t last_start = input->dims[i + 1] - 1 + (uint32_t)windows->pad[i];
        uint32_t most = last_start / (uint32_t)windows->stride[i] + 1;
        if (!ink_check_word(check, INK_ERROR_SHAPE, OUTPUT[i], output->dims[i + 1], 1, most)) {
            return false;
        }
        check->taps =
            ink_product(check->taps, inside(windows, i, input->dims[i + 1], output->dims[i + 1]));
    }
    return true;
}

int32_t ink_picture_size(const ink_tensor_t *tensor) {
    return (int32_t)(tensor->dims[1] * tensor->dims[2] * tensor->dims[3]);
}

// How far writing runs ahead of reading along one axis, at most. Before output i, i * written bytes
// are written, and what lies before place i * stride - pad of the input, read bytes a place, is not
// read again: none is more than a tensor has. That is greatest on either side of where padding
// ends, or at the end.
static int32_t most_ahead(
    int32_t count, int32_t written, int32_t stride, int32_t pad, int32_t read) {
    const int32_t corners[] = {pad / stride, pad / stride + 1, count - 1};
    int32_t most = 0;
    for (uint32_t i = 0; i < 3; i++) {
        int32_t at = corners[i] < count ? corners[i] : count - 1;
        int32_t start = at * stride - pad;
        int32_t ahead = at * written - (start > 0 ? start : 0) * read;
        most = ahead > most ? ahead : most;
    }
    return most;
}

int32_t ink_slide(const ink_call_t *call, const ink_windows_t *windows) {
    const uint32_t *in = call->input0->dims;
    const uint32_t *out = call->output->dims;
    if (in[0] != 1) {
        return INK_NO_SLIDE;
    }
    return most_ahead((int32_t)out[1], (int32_t)(out[2] * out[3]), windows->stride[0],
               windows->pad[0], (int32_t)(in[2] * in[3])) +
           most_ahead((int32_t)out[2], (int32_t)out[3], windows->stride[1], windows->pad[1],
               (int32_t)in[3]);
}
