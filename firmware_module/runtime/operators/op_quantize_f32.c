// SPDX-License-Identifier: MIT
// quantize_f32 and dequantize_f32: float32 to int8 or uint8, and back.
#include "ink_operators.h"
#include "kernels/ink_kernels.h"

static bool verify_pair(ink_check_t *check, const ink_tensor_t *real, const char *real_dtype,
    const ink_tensor_t *stored, const char *stored_dtype) {
    return ink_check_shape(check, real_dtype, real->dtype, INK_DTYPE_FLOAT32) &&
           ink_check_word(check, INK_ERROR_SHAPE, stored_dtype, stored->dtype, INK_DTYPE_INT8,
               INK_DTYPE_UINT8) &&
           ink_check_same_size(check);
}

static bool verify_quantize(ink_check_t *check) {
    const ink_call_t *call = &check->call;
    return verify_pair(check, call->input0, "input 0's dtype", call->output, "the output's dtype");
}

static bool verify_dequantize(ink_check_t *check) {
    const ink_call_t *call = &check->call;
    return verify_pair(check, call->output, "the output's dtype", call->input0, "input 0's dtype");
}

static bool run_quantize(const ink_call_t *call) {
    ink_quantize_f32(call->output, ink_input0(call), ink_output(call), call->output->size);
    return true;
}

static bool run_dequantize(const ink_call_t *call) {
    ink_dequantize_f32(call->input0, ink_input0(call), ink_output(call), call->input0->size);
    return true;
}

const ink_kernel_t ink_op_quantize_f32 = {
    .name = "quantize_f32",
    .rates = {29, 0, 0, 85},
    .n_inputs = 1,
    .flat = true,
    .verify = verify_quantize,
    .run = run_quantize,
};

const ink_kernel_t ink_op_dequantize_f32 = {
    .name = "dequantize_f32",
    .rates = {24, 0, 0, 83},
    .n_inputs = 1,
    .flat = true,
    .verify = verify_dequantize,
    .run = run_dequantize,
};
