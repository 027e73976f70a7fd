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

typedef struct {
    int32_t input0_offset, input1_offset, output_offset, multiplier, shift;
    uint32_t positive;
} ink_prelu_params_t;

// Broadcast; in place where input 0 is not repeated. `positive` holds the outputs of inputs from
// the zero point on, indexed by the byte read as unsigned. The shift is at most 13.
void ink_prelu_s8(const ink_prelu_params_t *params, const int8_t positive[256],
    const ink_tensor_t *input0, const int8_t *input0_data, const ink_tensor_t *input1,
    const int8_t *input1_data, const ink_tensor_t *output, int8_t *output_data);

// Broadcast; in place where input 0 is not repeated.
void ink_maximum_s8(const ink_tensor_t *input0, const int8_t *input0_data,
    const ink_tensor_t *input1, const int8_t *input1_data, const ink_tensor_t *output,
    int8_t *output_data);
void ink_minimum_s8(const ink_tensor_t *input0, const int8_t *input0_data,
    const ink_tensor_t *input1, const int8_t *input1_data, const ink_tensor_t *output,
    int8_t *output_data);

// Broadcast; in place where input 0 is not repeated.
void ink_squared_difference_s8(const ink_add_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data);

typedef struct {
    int32_t greater, threshold, shift;
    uint32_t lines, above, inner, below;
} ink_channel_lines_params_t;

// In place. `lines` holds a multiplier and an offset a channel; entry i of a table is for i - 128.
void ink_channel_lines_s8(const ink_channel_lines_params_t *params, const int32_t *lines,
    const int8_t above[256], const int8_t inner[256], const int8_t below[256], uint32_t channels,
    uint32_t pixels, const int8_t *input, int8_t *output);

// In place. Bytes are int8 or uint8; the table is indexed by the byte read as unsigned.
void ink_lut_s8(const uint8_t table[256], const uint8_t *input, uint8_t *output, uint32_t size);

// Where params->fill is 1, the output_size bytes are filled first.
void ink_copy(
    const ink_copy_params_t *params, const void *input, void *output, uint32_t output_size);

void ink_mean_s8(const ink_mean_params_t *params, const ink_tensor_t *input,
    const int8_t *input_data, int8_t *output_data);

typedef struct {
    int32_t axes;
} ink_reduce_params_t;

// Over dimension i where bit i of the axes is set.
void ink_reduce_max_s8(const ink_reduce_params_t *params, const ink_tensor_t *input,
    const int8_t *input_data, int8_t *output_data);
void ink_reduce_min_s8(const ink_reduce_params_t *params, const ink_tensor_t *input,
    const int8_t *input_data, int8_t *output_data);

// rows[output height] and columns[output width] are indices into the input.
void ink_resize_nearest_s8(const uint16_t *rows, const uint16_t *columns, const ink_tensor_t *input,
    const int8_t *input_data, const ink_tensor_t *output, int8_t *output_data);

// rows[output height] and columns[output width] are places in the input, in 1/1024 of a pixel.
void ink_resize_bilinear_s8(const int32_t *rows, const int32_t *columns, const ink_tensor_t *input,
    const int8_t *input_data, const ink_tensor_t *output, int8_t *output_data);

// float32 to int8 or uint8, and back; `count` elements. Type, scale and zero point are the 8-bit
// tensor's. The second copies a float32 or int32 tensor as it is.
void ink_quantize_f32(
    const ink_tensor_t *output, const float *input_data, void *output_data, uint32_t count);
void ink_dequantize_f32(
    const ink_tensor_t *input, const void *input_data, float *output_data, uint32_t count);

typedef struct {
    int32_t input0_offset, input1_offset, output_offset, multiplier, shift;
} ink_batch_matmul_params_t;

// Dimensions of both inputs before their last two broadcast to the output's. Input 0 is [rows,
// depth] there, input 1 [columns, depth].
void ink_batch_matmul_s8(const ink_batch_matmul_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data);

typedef struct {
    int32_t multiplier, shift, reverse_multiplier, reverse_shift, diff_min;
} ink_log_softmax_params_t;

// `rows` rows of `length` elements each.
void ink_log_softmax_s8(const ink_log_softmax_params_t *params, const int8_t *input, uint32_t rows,
    uint32_t length, int8_t *output);

typedef struct {
    int32_t input_offset;
} ink_l2_normalization_params_t;

// As above.
void ink_l2_normalization_s8(const ink_l2_normalization_params_t *params, const int8_t *input,
    uint32_t rows, uint32_t length, int8_t *output);

typedef struct {
    int32_t axis, minimum;
} ink_arg_max_params_t;

void ink_arg_max_s8(const ink_arg_max_params_t *params, const ink_tensor_t *input,
    const int8_t *input_data, int32_t *output_data);

typedef struct {
    int32_t batches, depth, filters, rank, memory, wide, state_zero_point, output_offset;
    int32_t feature_multiplier, feature_shift, output_multiplier, output_shift;
    uint32_t weights, start, time, bias;
} ink_svdf_params_t;

// An SVDF with its data. `weights` as ink_four_rows() has them, filters in the place of rows;
// `start` is what their sums start from, both filled up to a multiple of four filters. `time` has
// int8 [filters, memory], int16 where wide; `bias` is [filters / rank].
typedef struct {
    const ink_svdf_params_t *params;
    const int8_t *weights, *time;
    const int32_t *start, *bias;
} ink_svdf_t;

// input [batches, depth], state [batches, filters, memory] as `time`, output [batches, filters /
// rank]. `scratch` has room for ink_groups(depth) groups.
void ink_svdf_s8(
    const ink_svdf_t *layer, const int8_t *input, int8_t *state, int8_t *output, int16_t *scratch);

typedef struct {
    int32_t steps, batches, time_major, depth, units, output_offset, cell_clip;
    int32_t cell_multiplier, cell_shift;
    uint32_t weights, bias, scales, table;
} ink_lstm_params_t;

// An LSTM with its data. Gates are input, forget, cell, output. For each unit `weights` has those
// of the four gates as ink_four_rows() has them, first of the input, then of the hidden state, and
// `bias` four of each. `scales` are the packed kernels' requantizations of the gates' products with
// the input, then with the hidden state, then of forget gate x cell, input gate x cell gate, output
// gate x tanh(cell). `table` has the logistic function.
typedef struct {
    const ink_lstm_params_t *params;
    const int8_t *weights;
    const int32_t *bias, *scales;
    const uint16_t *table;
} ink_lstm_t;

// input [batches, steps, depth] or, time_major, [steps, batches, depth]; output alike. `state`:
// cells [batches, units], then int8 [batches, units] of the last output. `scratch` has room for
// ink_groups(depth) + ink_groups(units) groups.
void ink_lstm_s8(
    const ink_lstm_t *layer, const int8_t *input, int16_t *state, int8_t *output, int16_t *scratch);

// A step of a GRU. Scales are requantizations of the packed kernels, any words of which do no harm;
// offsets of inputs are minus their zero points.
typedef struct {
    int32_t offset, scale[2];
} ink_gru_term_t;
typedef struct {
    ink_gru_term_t terms[2];
    int32_t scale[2], output_offset;
} ink_gru_sum_t;
typedef struct {
    int32_t offsets[2], scale[2], output_offset;
} ink_gru_product_t;
typedef struct {
    ink_gru_sum_t update, reset, candidate, output;
    ink_gru_product_t kept_of_hidden, old, fresh;
} ink_gru_elements_t;

typedef struct {
    uint32_t weights, start, scales;
} ink_gru_blocks_t;
typedef struct {
    int32_t depth, units, input_offset, hidden_offset;
    ink_gru_blocks_t input, hidden;
    uint32_t elements, tables;
} ink_gru_params_t;

// One of its fully connected layers, of update, reset and candidate: rows as ink_four_rows() has
// them, filled up to a multiple of four; `start` and `scales` likewise, but scales are not filled
// up.
typedef struct {
    const int8_t *weights;
    const int32_t *start, *scales;
    int32_t offset;
} ink_gru_dense_t;

// `tables`, int8 [4, 256], by a byte read as unsigned: the update gate, what it leaves of 1, the
// reset gate, the candidate.
typedef struct {
    int32_t depth, units;
    ink_gru_dense_t input, hidden;
    const ink_gru_elements_t *elements;
    const int8_t *tables;
} ink_gru_t;

// `scratch` has room for the groups of the longer of both inputs, then for 6 x units bytes.
void ink_gru_s8(const ink_gru_t *layer, const int8_t *input, const int8_t *hidden, int8_t *output,
    int16_t *scratch);

// From one dtype of tensors to another.
void ink_cast(uint32_t from, const void *input, uint32_t to, void *output, uint32_t count);

#endif
