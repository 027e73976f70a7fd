// SPDX-License-Identifier: MIT
// Dot products of int8 rows, four rows of weights at a time: the inner loop of convolutions and
// fully connected layers.
#ifndef INK_DOT_H
#define INK_DOT_H

#include <stdint.h>

#define INK_DOT_ROWS 4

// Adds (input + input_offset) * weights over `length` elements to sums[0..rows), for `rows` rows of
// weights that lie `row_stride` apart. input_offset is -127 to 128; sums wrap.
static inline void ink_dot_rows(uint32_t *sums, int32_t rows, const int8_t *input,
    int32_t input_offset, const int8_t *weights, int32_t row_stride, int32_t length) {
    if (rows == INK_DOT_ROWS) {
        const int8_t *const weights1 = weights + row_stride;
        const int8_t *const weights2 = weights1 + row_stride;
        const int8_t *const weights3 = weights2 + row_stride;
        uint32_t sum0 = sums[0];
        uint32_t sum1 = sums[1];
        uint32_t sum2 = sums[2];
        uint32_t sum3 = sums[3];
        for (int32_t i = 0; i < length; i++) {
            // 16 bits wide, so that compilers take 16-bit multiply-accumulates
            const int16_t value = (int16_t)(input[i] + input_offset);
            sum0 += (uint32_t)(value * weights[i]);
            sum1 += (uint32_t)(value * weights1[i]);
            sum2 += (uint32_t)(value * weights2[i]);
            sum3 += (uint32_t)(value * weights3[i]);
        }
        sums[0] = sum0;
        sums[1] = sum1;
        sums[2] = sum2;
        sums[3] = sum3;
        return;
    }
    for (int32_t row = 0; row < rows; row++) {
        uint32_t sum = sums[row];
        for (int32_t i = 0; i < length; i++) {
            sum += (uint32_t)((int16_t)(input[i] + input_offset) * weights[i]);
        }
        sums[row] = sum;
        weights += row_stride;
    }
}

#endif
