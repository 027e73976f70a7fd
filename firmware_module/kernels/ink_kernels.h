// SPDX-License-Identifier: MIT
// Kernels that CMSIS-NN's interface has no function for, one a file. They trust their arguments:
// the blob was verified.
//
// A tensor's record gives its shape, type and quantization; its elements come as a pointer of their
// own. Inputs and output do not overlap, except where a line says "in place": there the output may
// be exactly the (first) input.
#ifndef INK_KERNELS_H
#define INK_KERNELS_H

#include <stdint.h>

#include "ink_blob.h"

// Each input's dimensions, aligned at the last, equal the output's or are 1.
void ink_broadcast_add_s8(const ink_add_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data);
void ink_broadcast_sub_s8(const ink_add_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data);
void ink_broadcast_mul_s8(const ink_mul_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data);

// In place. Bytes are int8 or uint8; the table is indexed by the byte read as unsigned.
void ink_lut_s8(const uint8_t table[256], const uint8_t *input, uint8_t *output, uint32_t size);

// Where params->fill is 1, the output_size bytes are filled first.
void ink_copy(
    const ink_copy_params_t *params, const void *input, void *output, uint32_t output_size);

void ink_mean_s8(const ink_mean_params_t *params, const ink_tensor_t *input,
    const int8_t *input_data, int8_t *output_data);

// rows[output height] and columns[output width] are indices into the input.
void ink_resize_nearest_s8(const uint16_t *rows, const uint16_t *columns, const ink_tensor_t *input,
    const int8_t *input_data, const ink_tensor_t *output, int8_t *output_data);

// float32 to int8 or uint8, and back; `count` elements. Type, scale and zero point are the 8-bit
// tensor's. The second copies a float32 or int32 tensor as it is.
void ink_quantize_f32(
    const ink_tensor_t *output, const float *input_data, void *output_data, uint32_t count);
void ink_dequantize_f32(
    const ink_tensor_t *input, const void *input_data, float *output_data, uint32_t count);

#endif
