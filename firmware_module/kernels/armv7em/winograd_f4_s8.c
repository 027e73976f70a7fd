// SPDX-License-Identifier: MIT
// Winograd F(4x4,3x3): tiles of 4 x 4 outputs from windows of 6 x 6 inputs, with 36 products a
// channel in place of 144. Its transforms are in winograd_f4_input.c and winograd_f4_output.c, the
// rest in winograd.c.
#include "ink_winograd.h"

size_t ink_winograd_f4_s8_scratch(const ink_packed_conv_t *conv) {
    return ink_winograd_scratch(INK_WINOGRAD_F4_SIDE, conv->input_c);
}

void ink_winograd_f4_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch) {
    static const ink_winograd_t method = {.side = INK_WINOGRAD_F4_SIDE,
        .input = ink_winograd_f4_input,
        .output = ink_winograd_f4_output};
    ink_winograd_run(&method, conv, input, weights, output, scratch);
}
