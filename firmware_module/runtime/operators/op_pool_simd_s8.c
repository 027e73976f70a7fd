// SPDX-License-Identifier: MIT
// average_pool_simd_s8 and max_pool_simd_s8: poolings that take many channels at a time.
#include "ink_operators.h"
#include "kernels/armv7em/ink_packed.h"
#include "operators/ink_op_packed_convolution.h"
#include "operators/ink_op_pool.h"

static ink_pool_t pool(const ink_call_t *call) {
    const ink_pool_params_t *p = call->params;
    const uint32_t *in = call->input0->dims;
    const uint32_t *out = call->output->dims;
    ink_pool_t pool = {
        .batch = (int32_t)in[0],
        .input_h = (int32_t)in[1],
        .input_w = (int32_t)in[2],
        .channels = (int32_t)in[3],
        .output_h = (int32_t)out[1],
        .output_w = (int32_t)out[2],
        .kernel_h = p->kernel_h,
        .kernel_w = p->kernel_w,
        .stride_h = p->stride_h,
        .stride_w = p->stride_w,
        .pad_top = p->pad_top,
        .pad_left = p->pad_left,
        .act_min = p->act_min,
        .act_max = p->act_max,
    };
    return pool;
}

static bool verify(ink_check_t *check) {
    if (!ink_check_pool(check)) {
        return false;
    }
    const ink_windows_t windows = ink_packed_windows(&check->call);
    // what four channels leave takes as long as five each
    const uint32_t channels = check->call.output->dims[3];
    check->steps = ink_product(check->taps, channels + channels % 4 * 4);
    check->slide = ink_slide(&check->call, &windows);
    return true;
}

static bool run_average(const ink_call_t *call) {
    ink_pool_t average = pool(call);
    ink_average_pool_simd_s8(&average, ink_input0(call), ink_output(call));
    return true;
}

static bool run_max(const ink_call_t *call) {
    ink_pool_t max = pool(call);
    ink_max_pool_simd_s8(&max, ink_input0(call), ink_output(call));
    return true;
}

const ink_kernel_t ink_op_average_pool_simd_s8 = {
    .name = "average_pool_simd_s8",
    .rates = {9, 36, 77, 128},
    .params_size = sizeof(ink_pool_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run_average,
};

const ink_kernel_t ink_op_max_pool_simd_s8 = {
    .name = "max_pool_simd_s8",
    .rates = {11, 21, 83, 95},
    .params_size = sizeof(ink_pool_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run_max,
};
