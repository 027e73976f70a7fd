// SPDX-License-Identifier: MIT
// What ink_nn.h names, as Arm's CMSIS-NN names it: structs with the same fields, functions with the
// same arguments. Macros, so that they are called directly.
#ifndef INK_CMSIS_NN_H
#define INK_CMSIS_NN_H

#include "arm_nnfunctions.h"

typedef arm_cmsis_nn_status ink_nn_status_t;
typedef cmsis_nn_tile ink_nn_tile_t;
typedef cmsis_nn_context ink_nn_context_t;
typedef cmsis_nn_dims ink_nn_dims_t;
typedef cmsis_nn_per_channel_quant_params ink_nn_per_channel_quant_params_t;
typedef cmsis_nn_quant_params ink_nn_quant_params_t;
typedef cmsis_nn_activation ink_nn_activation_t;
typedef cmsis_nn_conv_params ink_nn_conv_params_t;
typedef cmsis_nn_dw_conv_params ink_nn_dw_conv_params_t;
typedef cmsis_nn_pool_params ink_nn_pool_params_t;
typedef cmsis_nn_fc_params ink_nn_fc_params_t;

#define INK_NN_SUCCESS ARM_CMSIS_NN_SUCCESS
#define INK_NN_ARG_ERROR ARM_CMSIS_NN_ARG_ERROR

#define ink_nn_conv_s8 arm_convolve_wrapper_s8
#define ink_nn_conv_s8_get_buffer_size arm_convolve_wrapper_s8_get_buffer_size
#define ink_nn_depthwise_conv_s8 arm_depthwise_conv_wrapper_s8
#define ink_nn_depthwise_conv_s8_get_buffer_size arm_depthwise_conv_wrapper_s8_get_buffer_size
#define ink_nn_fully_connected_s8 arm_fully_connected_wrapper_s8
#define ink_nn_fully_connected_s8_get_buffer_size arm_fully_connected_s8_get_buffer_size
#define ink_nn_average_pool_s8 arm_avgpool_s8
#define ink_nn_average_pool_s8_get_buffer_size arm_avgpool_s8_get_buffer_size
#define ink_nn_max_pool_s8 arm_max_pool_s8
#define ink_nn_softmax_s8 arm_softmax_s8
#define ink_nn_add_s8 arm_elementwise_add_s8
#define ink_nn_mul_s8 arm_elementwise_mul_s8

#endif
