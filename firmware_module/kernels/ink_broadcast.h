// SPDX-License-Identifier: MIT
// Walks two inputs that broadcast to an output's shape, a row of the last dimension at a time.
#ifndef INK_BROADCAST_H
#define INK_BROADCAST_H

#include <stdint.h>

#include "ink_blob.h"

// Computes output[i] from input0[i * step0] and input1[i * step1], for i below count; steps are
// 0 or 1.
typedef void (*ink_broadcast_row_t)(const void *params, const int8_t *input0, uint32_t step0,
    const int8_t *input1, uint32_t step1, int8_t *output, uint32_t count);

// Calls `row` for each row of the output.
void ink_broadcast(ink_broadcast_row_t row, const void *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data);

#endif
