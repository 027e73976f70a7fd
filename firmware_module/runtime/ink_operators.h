// SPDX-License-Identifier: MIT
// The table of operators: what a kernel number of a blob stands for. CONTRIBUTING.md has the steps
// to add one.
#ifndef INK_OPERATORS_H
#define INK_OPERATORS_H

#include "ink_check.h"

typedef struct {
    const char *name;
    uint16_t kernel;      // INK_KERNEL_...
    uint16_t params_size; // bytes
    uint8_t n_inputs;     // 1 or 2
    bool in_place;        // the output may be exactly input 0
    // Checks all that `run` trusts: parameters, shapes, data blocks. The records, their ranges and
    // the order are checked already, overlaps after it. It may set check->scratch, else 0: the
    // bytes that the operator's scratch must have at least, negative where the kernel cannot do it
    // at all; check->slide, else INK_NO_SLIDE; and check->work, else the elements of the largest
    // tensor.
    bool (*verify)(ink_check_t *check);
    // Runs it; false where the kernel reports an error.
    bool (*run)(const ink_call_t *call);
} ink_kernel_t;

// The kernel of that number, NULL where this build has none.
const ink_kernel_t *ink_find_kernel(uint32_t kernel);

// Each is in operators/, in the file of its name or its family's.
extern const ink_kernel_t ink_op_conv_s8;
extern const ink_kernel_t ink_op_depthwise_conv_s8;
extern const ink_kernel_t ink_op_fully_connected_s8;
extern const ink_kernel_t ink_op_average_pool_s8;
extern const ink_kernel_t ink_op_max_pool_s8;
extern const ink_kernel_t ink_op_add_s8;
extern const ink_kernel_t ink_op_mul_s8;
extern const ink_kernel_t ink_op_broadcast_add_s8;
extern const ink_kernel_t ink_op_broadcast_sub_s8;
extern const ink_kernel_t ink_op_broadcast_mul_s8;
extern const ink_kernel_t ink_op_softmax_s8;
extern const ink_kernel_t ink_op_lut_s8;
extern const ink_kernel_t ink_op_copy;
extern const ink_kernel_t ink_op_mean_s8;
extern const ink_kernel_t ink_op_resize_nearest_s8;
extern const ink_kernel_t ink_op_quantize_f32;
extern const ink_kernel_t ink_op_dequantize_f32;
extern const ink_kernel_t ink_op_conv_packed_s8;
extern const ink_kernel_t ink_op_depthwise_3x3_s8;
extern const ink_kernel_t ink_op_fully_connected_packed_s8;
extern const ink_kernel_t ink_op_add_table_s8;
extern const ink_kernel_t ink_op_max_pool_simd_s8;
extern const ink_kernel_t ink_op_average_pool_simd_s8;
extern const ink_kernel_t ink_op_winograd_f2_s8;
extern const ink_kernel_t ink_op_winograd_f4_s8;
extern const ink_kernel_t ink_op_depthwise_packed_s8;

#endif
