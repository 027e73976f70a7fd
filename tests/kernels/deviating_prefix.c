// SPDX-License-Identifier: MIT
// Two functions of a CMSIS-NN library that a test can tell from ours: a softmax that always writes
// 42, and a max pooling that fails.
#include "arm_nnfunctions.h"

void arm_softmax_s8(const int8_t *input, const int32_t num_rows, const int32_t row_size,
    const int32_t mult, const int32_t shift, const int32_t diff_min, int8_t *output) {
    (void)input;
    (void)mult;
    (void)shift;
    (void)diff_min;
    for (int32_t i = 0; i < num_rows * row_size; ++i) {
        output[i] = 42;
    }
}

arm_cmsis_nn_status arm_max_pool_s8(const cmsis_nn_context *ctx,
    const cmsis_nn_pool_params *pool_params, const cmsis_nn_dims *input_dims,
    const int8_t *input_data, const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims,
    int8_t *output_data) {
    (void)ctx;
    (void)pool_params;
    (void)input_dims;
    (void)input_data;
    (void)filter_dims;
    (void)output_dims;
    (void)output_data;
    return ARM_CMSIS_NN_FAILURE;
}
