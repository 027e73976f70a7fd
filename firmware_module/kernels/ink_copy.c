// SPDX-License-Identifier: MIT
// Copies elements of 1 or 4 bytes from strided places to strided places, in six dimensions.
#include "ink_copy_bytes.h"
#include "ink_kernels.h"

#include <string.h>

// Elements of 4 bytes may be floats, so they are moved as bytes: one load and one store all the
// same.
static void copy_row(const uint8_t *input, int32_t input_stride, uint8_t *output,
    int32_t output_stride, int32_t count, int32_t element_size) {
    if (input_stride == 1 && output_stride == 1) {
        ink_copy_bytes(output, input, (size_t)(count * element_size));
    } else if (element_size == 1) {
        for (int32_t i = 0; i < count; i++) {
            output[i * output_stride] = input[i * input_stride];
        }
    } else {
        for (int32_t i = 0; i < count; i++) {
            memcpy(output + i * output_stride * 4, input + i * input_stride * 4, 4);
        }
    }
}

void ink_copy(
    const ink_copy_params_t *params, const void *input, void *output, uint32_t output_size) {
    const uint8_t *const from = input;
    uint8_t *const to = output;
    const int32_t last = INK_MAX_RANK - 1;
    if (params->fill) {
        for (uint32_t i = 0; i < output_size; i++) {
            to[i] = (uint8_t)params->fill_value;
        }
    }
    uint32_t rows = 1;
    for (int32_t i = 0; i < last; i++) {
        rows *= (uint32_t)params->count[i];
    }
    int32_t place[INK_MAX_RANK] = {0};
    for (; rows > 0; rows--) {
        int32_t input_index = params->input_start;
        int32_t output_index = params->output_start;
        for (int32_t i = 0; i < last; i++) {
            input_index += place[i] * params->input_stride[i];
            output_index += place[i] * params->output_stride[i];
        }
        copy_row(from + input_index * params->element_size, params->input_stride[last],
            to + output_index * params->element_size, params->output_stride[last],
            params->count[last], params->element_size);
        for (int32_t i = last; i-- > 0;) {
            if (++place[i] < params->count[i]) {
                break;
            }
            place[i] = 0;
        }
    }
}
