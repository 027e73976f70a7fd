// SPDX-License-Identifier: MIT
// Nearest neighbours of an image, by tables of rows and columns.
#include "ink_kernels.h"
#include "ink_rest.h"

void ink_resize_nearest_s8(const uint16_t *rows, const uint16_t *columns, const ink_tensor_t *input,
    const int8_t *input_data, const ink_tensor_t *output, int8_t *output_data) {
    const uint32_t height = input->dims[1];
    const uint32_t width = input->dims[2];
    const uint32_t channels = input->dims[3];
    uint32_t done = 0;
    for (uint32_t batch = 0; batch < output->dims[0]; batch++) {
        for (uint32_t y = 0; y < output->dims[1]; y++) {
            const int8_t *const row = input_data + rows[y] * width * channels;
            for (uint32_t x = 0; x < output->dims[2]; x++) {
                const int8_t *const pixel = row + columns[x] * channels;
                for (uint32_t channel = 0; channel < channels; channel++) {
                    *output_data++ = pixel[channel];
                }
                done = ink_rest_after(done, channels);
            }
        }
        input_data += height * width * channels;
    }
}
