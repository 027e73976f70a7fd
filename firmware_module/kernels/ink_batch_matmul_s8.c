// SPDX-License-Identifier: MIT
// Products of batches of int8 matrices, each a fully connected layer whose weights are input 1's
// matrix.
#include <stddef.h>

#include "arm_nnfunctions.h"
#include "ink_kernels.h"

// The offset of the index-th matrix of the output's in an input, whose dimensions of 1 are
// repeated.
static uint32_t matrix_offset(
    const ink_tensor_t *input, const ink_tensor_t *output, uint32_t index) {
    uint32_t step = input->dims[input->rank - 2] * input->dims[input->rank - 1];
    uint32_t offset = 0;
    for (uint32_t i = 3; i <= input->rank; i++) {
        const uint32_t count = output->dims[output->rank - i];
        const uint32_t dim = input->dims[input->rank - i];
        offset += dim > 1 ? index % count * step : 0;
        step *= dim;
        index /= count;
    }
    return offset;
}

bool ink_batch_matmul_s8(const ink_batch_matmul_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data, void *scratch, uint32_t scratch_size) {
    const uint32_t rows = output->dims[output->rank - 2];
    const uint32_t columns = output->dims[output->rank - 1];
    const int32_t depth = (int32_t)input0->dims[input0->rank - 1];
    int32_t multiplier = params->multiplier;
    int32_t shift = params->shift;
    const cmsis_nn_context context = {scratch, (int32_t)scratch_size};
    const cmsis_nn_fc_params layer = {
        .input_offset = params->input0_offset,
        .filter_offset = params->input1_offset,
        .output_offset = params->output_offset,
        .activation = {-128, 127},
    };
    const cmsis_nn_quant_params quantization = {&multiplier, &shift, 0};
    const cmsis_nn_dims input_dims = {(int32_t)rows, 1, 1, depth};
    const cmsis_nn_dims filter_dims = {depth, 1, 1, (int32_t)columns};
    const cmsis_nn_dims bias_dims = {1, 1, 1, (int32_t)columns};
    const cmsis_nn_dims output_dims = {(int32_t)rows, 1, 1, (int32_t)columns};
    const uint32_t matrices = output->size / (rows * columns);
    for (uint32_t i = 0; i < matrices; i++) {
        if (arm_fully_connected_wrapper_s8(&context, &layer, &quantization, &input_dims,
                input0_data + matrix_offset(input0, output, i), &filter_dims,
                input1_data + matrix_offset(input1, output, i), &bias_dims, NULL, &output_dims,
                output_data + i * rows * columns) != ARM_CMSIS_NN_SUCCESS) {
            return false;
        }
    }
    return true;
}
