// SPDX-License-Identifier: MIT
// The table of operators. A new kernel is a line here, a number in ink_blob.h and its own file in
// operators/.
#include "ink_operators.h"

static const ink_kernel_t *const KERNELS[] = {
    [INK_KERNEL_CONV_S8] = &ink_op_conv_s8,
    [INK_KERNEL_DEPTHWISE_CONV_S8] = &ink_op_depthwise_conv_s8,
    [INK_KERNEL_FULLY_CONNECTED_S8] = &ink_op_fully_connected_s8,
    [INK_KERNEL_AVERAGE_POOL_S8] = &ink_op_average_pool_s8,
    [INK_KERNEL_MAX_POOL_S8] = &ink_op_max_pool_s8,
    [INK_KERNEL_ADD_S8] = &ink_op_add_s8,
    [INK_KERNEL_MUL_S8] = &ink_op_mul_s8,
    [INK_KERNEL_BROADCAST_ADD_S8] = &ink_op_broadcast_add_s8,
    [INK_KERNEL_BROADCAST_SUB_S8] = &ink_op_broadcast_sub_s8,
    [INK_KERNEL_BROADCAST_MUL_S8] = &ink_op_broadcast_mul_s8,
    [INK_KERNEL_SOFTMAX_S8] = &ink_op_softmax_s8,
    [INK_KERNEL_LUT_S8] = &ink_op_lut_s8,
    [INK_KERNEL_COPY] = &ink_op_copy,
    [INK_KERNEL_MEAN_S8] = &ink_op_mean_s8,
    [INK_KERNEL_RESIZE_NEAREST_S8] = &ink_op_resize_nearest_s8,
    [INK_KERNEL_QUANTIZE_F32] = &ink_op_quantize_f32,
    [INK_KERNEL_DEQUANTIZE_F32] = &ink_op_dequantize_f32,
    [INK_KERNEL_CONV_PACKED_S8] = &ink_op_conv_packed_s8,
    [INK_KERNEL_DEPTHWISE_3X3_S8] = &ink_op_depthwise_3x3_s8,
    [INK_KERNEL_FULLY_CONNECTED_PACKED_S8] = &ink_op_fully_connected_packed_s8,
    [INK_KERNEL_ADD_TABLE_S8] = &ink_op_add_table_s8,
    [INK_KERNEL_MAX_POOL_SIMD_S8] = &ink_op_max_pool_simd_s8,
    [INK_KERNEL_AVERAGE_POOL_SIMD_S8] = &ink_op_average_pool_simd_s8,
    [INK_KERNEL_WINOGRAD_F2_S8] = &ink_op_winograd_f2_s8,
    [INK_KERNEL_WINOGRAD_F4_S8] = &ink_op_winograd_f4_s8,
    [INK_KERNEL_DEPTHWISE_PACKED_S8] = &ink_op_depthwise_packed_s8,
};

const ink_kernel_t *ink_find_kernel(uint32_t kernel) {
    return kernel < sizeof(KERNELS) / sizeof(KERNELS[0]) ? KERNELS[kernel] : NULL;
}
