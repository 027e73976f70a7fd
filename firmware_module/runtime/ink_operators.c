// SPDX-License-Identifier: MIT
// The table of operators. A new kernel is a line here, a number in ink_blob.h and its own file in
// operators/.
#include "ink_operators.h"

static const ink_kernel_t *const KERNELS[] = {
    &ink_op_conv_s8,
    &ink_op_depthwise_conv_s8,
    &ink_op_fully_connected_s8,
    &ink_op_average_pool_s8,
    &ink_op_max_pool_s8,
    &ink_op_add_s8,
    &ink_op_mul_s8,
    &ink_op_broadcast_add_s8,
    &ink_op_broadcast_sub_s8,
    &ink_op_broadcast_mul_s8,
    &ink_op_softmax_s8,
    &ink_op_lut_s8,
    &ink_op_copy,
    &ink_op_mean_s8,
    &ink_op_resize_nearest_s8,
    &ink_op_quantize_f32,
    &ink_op_dequantize_f32,
    &ink_op_conv_packed_s8,
    &ink_op_depthwise_3x3_s8,
    &ink_op_fully_connected_packed_s8,
    &ink_op_add_table_s8,
    &ink_op_max_pool_simd_s8,
    &ink_op_average_pool_simd_s8,
    &ink_op_winograd_f2_s8,
    &ink_op_winograd_f4_s8,
};

const ink_kernel_t *ink_find_kernel(uint32_t kernel) {
    for (uint32_t i = 0; i < sizeof(KERNELS) / sizeof(KERNELS[0]); i++) {
        if (KERNELS[i]->kernel == kernel) {
            return KERNELS[i];
        }
    }
    return NULL;
}
