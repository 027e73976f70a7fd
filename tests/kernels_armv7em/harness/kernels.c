// SPDX-License-Identifier: MIT
// The kernels that cases may name, in the order of harness.py's KERNELS.
#include "cases.h"
#include "ink_kernels.h"
#include "ink_packed.h"

static uint32_t conv_packed_scratch(const void *params) {
    return (uint32_t)ink_conv_packed_s8_scratch(params);
}

static void conv_packed(const call_t *call) {
    ink_conv_packed_s8(call->params, call->input0, call->weights, call->output, call->scratch);
}

static uint32_t depthwise_3x3_scratch(const void *params) {
    return (uint32_t)ink_depthwise_3x3_s8_scratch(params);
}

static void depthwise_3x3(const call_t *call) {
    ink_depthwise_3x3_s8(call->params, call->input0, call->weights, call->output, call->scratch);
}

static uint32_t fully_connected_packed_scratch(const void *params) {
    return (uint32_t)ink_fully_connected_packed_s8_scratch(params);
}

static void fully_connected_packed(const call_t *call) {
    ink_fully_connected_packed_s8(
        call->params, call->input0, call->weights, call->output, call->scratch);
}

static uint32_t no_scratch(const void *params) {
    (void)params;
    return 0;
}

static void add_table(const call_t *call) {
    ink_add_table_s8(call->params, call->input0, call->input1, call->weights, call->output);
}

static void max_pool_simd(const call_t *call) {
    ink_max_pool_simd_s8(call->params, call->input0, call->output);
}

static void average_pool_simd(const call_t *call) {
    ink_average_pool_simd_s8(call->params, call->input0, call->output);
}

static uint32_t winograd_f2_scratch(const void *params) {
    return (uint32_t)ink_winograd_f2_s8_scratch(params);
}

static void winograd_f2(const call_t *call) {
    ink_winograd_f2_s8(call->params, call->input0, call->weights, call->output, call->scratch);
}

static uint32_t winograd_f4_scratch(const void *params) {
    return (uint32_t)ink_winograd_f4_s8_scratch(params);
}

static void winograd_f4(const call_t *call) {
    ink_winograd_f4_s8(call->params, call->input0, call->weights, call->output, call->scratch);
}

static uint32_t winograd_f45_scratch(const void *params) {
    return (uint32_t)ink_winograd_f45_s8_scratch(params);
}

static void winograd_f45(const call_t *call) {
    ink_winograd_f45_s8(call->params, call->input0, call->weights, call->output, call->scratch);
}

static void depthwise_packed(const call_t *call) {
    ink_depthwise_packed_s8(call->params, call->input0, call->weights, call->output);
}

static uint32_t conv_general_scratch(const void *params) {
    return (uint32_t)ink_conv_general_s8_scratch(params);
}

static void conv_general(const call_t *call) {
    ink_conv_general_s8(call->params, call->input0, call->weights, call->output, call->scratch);
}

typedef struct {
    ink_copy_params_t params;
    uint32_t output_size;
} copy_t;

static void copy(const call_t *call) {
    const copy_t *all = call->params;
    ink_copy(&all->params, call->input0, call->output, all->output_size);
}

const kernel_t kernels[] = {
    {conv_packed_scratch, conv_packed},
    {depthwise_3x3_scratch, depthwise_3x3},
    {fully_connected_packed_scratch, fully_connected_packed},
    {no_scratch, add_table},
    {no_scratch, max_pool_simd},
    {no_scratch, average_pool_simd},
    {winograd_f2_scratch, winograd_f2},
    {winograd_f4_scratch, winograd_f4},
    {winograd_f45_scratch, winograd_f45},
    {no_scratch, depthwise_packed},
    {conv_general_scratch, conv_general},
    {no_scratch, copy},
};
const uint32_t kernel_count = sizeof(kernels) / sizeof(kernels[0]);
