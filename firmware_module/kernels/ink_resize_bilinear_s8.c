// SPDX-License-Identifier: MIT
// Bilinear interpolation of an image, by tables of rows and columns in 1/1024 of a pixel.
#include "ink_kernels.h"
#include "ink_rest.h"

#define ONE 1024

// Each corner of the square that a point lies in, and how much it weighs: 2^20 in all.
typedef struct {
    const int8_t *from[4];
    int32_t weight[4];
} corners_t;

static void blend(const corners_t *corners, int8_t *output, uint32_t channels) {
    const int8_t *const from0 = corners->from[0];
    const int8_t *const from1 = corners->from[1];
    const int8_t *const from2 = corners->from[2];
    const int8_t *const from3 = corners->from[3];
    const int32_t weight0 = corners->weight[0];
    const int32_t weight1 = corners->weight[1];
    const int32_t weight2 = corners->weight[2];
    const int32_t weight3 = corners->weight[3];
    for (uint32_t i = 0; i < channels; i++) {
        const int32_t sum =
            from0[i] * weight0 + from1[i] * weight1 + from2[i] * weight2 + from3[i] * weight3;
        // halves away from zero
        output[i] = (int8_t)((sum + (sum >> 31) + (1 << 19)) >> 20);
    }
}

void ink_resize_bilinear_s8(const int32_t *rows, const int32_t *columns, const ink_tensor_t *input,
    const int8_t *input_data, const ink_tensor_t *output, int8_t *output_data) {
    const uint32_t channels = input->dims[3];
    const uint32_t row_size = input->dims[2] * channels;
    uint32_t done = 0;
    for (uint32_t batch = 0; batch < output->dims[0]; batch++) {
        for (uint32_t y = 0; y < output->dims[1]; y++) {
            const int32_t below = rows[y] % ONE;
            const int8_t *const upper = input_data + (uint32_t)(rows[y] / ONE) * row_size;
            const int8_t *const lower = upper + (below > 0 ? row_size : 0);
            for (uint32_t x = 0; x < output->dims[2]; x++) {
                const int32_t right = columns[x] % ONE;
                const uint32_t left = (uint32_t)(columns[x] / ONE) * channels;
                const uint32_t next = left + (right > 0 ? channels : 0);
                const corners_t corners = {
                    {upper + left, upper + next, lower + left, lower + next},
                    {(ONE - below) * (ONE - right), (ONE - below) * right, below * (ONE - right),
                        below * right},
                };
                blend(&corners, output_data, channels);
                output_data += channels;
                done = ink_rest_after(done, channels);
            }
        }
        input_data += input->dims[1] * row_size;
    }
}
