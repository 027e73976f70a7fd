// SPDX-License-Identifier: MIT
// average_pool_s8 and max_pool_s8, by CMSIS-NN's functions.
#include "ink_operators.h"
#include "kernels/ink_nn.h"
#include "operators/ink_op_packed_convolution.h"
#include "operators/ink_op_pool.h"

bool ink_check_pool(ink_check_t *check) {
    const ink_pool_params_t *p = check->call.params;
    const ink_tensor_t *input = check->call.input0;
    const ink_tensor_t *output = check->call.output;
    // their windows are those of packed convolutions
    if (!ink_check_packed_windows(check)) {
        return false;
    }
    check->steps = ink_product(check->taps, output->dims[3]);
    return ink_check_word(check, INK_ERROR_SHAPE, "the number of values in a picture",
               input->size / input->dims[0], 1, INK_MAX_REDUCED) &&
           ink_check_shape(
               check, "the output's number of channels", output->dims[3], input->dims[3]) &&
           ink_check_output_zero_point(check, input->zero_point) &&
           ink_check_activation(check, p->act_min, p->act_max);
}

static bool verify_average(ink_check_t *check) {
    if (!ink_check_pool(check)) {
        return false;
    }
    check->scratch = (uint32_t)ink_nn_average_pool_s8_get_buffer_size(
        (int)check->call.output->dims[2], (int)check->call.input0->dims[3]);
    return true;
}

typedef ink_nn_status_t (*pool_t)(const ink_nn_context_t *, const ink_nn_pool_params_t *,
    const ink_nn_dims_t *, const int8_t *, const ink_nn_dims_t *, const ink_nn_dims_t *, int8_t *);

static bool run_pool(const ink_call_t *call, pool_t pool) {
    const ink_pool_params_t *p = call->params;
    const uint32_t *in = call->input0->dims;
    const uint32_t *out = call->output->dims;
    ink_nn_context_t context = {ink_scratch(call), (int32_t)call->record->scratch_size};
    ink_nn_pool_params_t params = {
        .stride = {.h = p->stride_h, .w = p->stride_w},
        .padding = {.h = p->pad_top, .w = p->pad_left},
        .activation = {p->act_min, p->act_max},
    };
    ink_nn_dims_t input_dims = {1, (int32_t)in[1], (int32_t)in[2], (int32_t)in[3]};
    ink_nn_dims_t filter_dims = {1, p->kernel_h, p->kernel_w, 1};
    ink_nn_dims_t output_dims = {1, (int32_t)out[1], (int32_t)out[2], (int32_t)out[3]};
    const int8_t *input = ink_input0(call);
    int8_t *output = ink_output(call);
    for (uint32_t i = 0; i < out[0]; i++) {
        if (pool(&context, &params, &input_dims, input, &filter_dims, &output_dims, output) !=
            INK_NN_SUCCESS) {
            return false;
        }
        input += ink_picture_size(call->input0);
        output += ink_picture_size(call->output);
    }
    return true;
}

static bool run_average(const ink_call_t *call) {
    return run_pool(call, ink_nn_average_pool_s8);
}

static bool run_max(const ink_call_t *call) {
    return run_pool(call, ink_nn_max_pool_s8);
}

const ink_kernel_t ink_op_average_pool_s8 = {
    .name = "average_pool_s8",
    .rates = {25, 58, 77, 139},
    .params_size = sizeof(ink_pool_params_t),
    .n_inputs = 1,
    .verify = verify_average,
    .run = run_average,
};

const ink_kernel_t ink_op_max_pool_s8 = {
    .name = "max_pool_s8",
    .rates = {29, 19, 108, 141},
    .params_size = sizeof(ink_pool_params_t),
    .n_inputs = 1,
    .verify = ink_check_pool,
    .run = run_max,
};
