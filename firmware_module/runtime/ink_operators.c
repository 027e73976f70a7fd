// SPDX-License-Identifier: MIT
// The table of operators, by the list in ink_operators.h, and how one is run: together, because
// what every operator pays for its call is most of what the smallest cost.
#include <string.h>

#include "ink_operators.h"
#include "ink_rest.h"

#ifdef INK_FEW_KERNELS

#define NUMBER(number, name) number,
#define KERNEL(number, name) &ink_op_##name,

static const uint8_t NUMBERS[] = {INK_KERNELS(NUMBER)};
static const ink_kernel_t *const TABLE[] = {INK_KERNELS(KERNEL)};

const ink_kernel_t *ink_find_kernel(uint32_t kernel) {
    for (uint32_t i = 0; i < sizeof(NUMBERS); i++) {
        if (NUMBERS[i] == kernel) {
            return TABLE[i];
        }
    }
    return NULL;
}

// of one that the build has
static const ink_kernel_t *known_kernel(uint32_t kernel) {
    return ink_find_kernel(kernel);
}

#else

#define KERNEL(number, name) [number] = &ink_op_##name,

static const ink_kernel_t *const TABLE[] = {INK_KERNELS(KERNEL)};

const ink_kernel_t *ink_find_kernel(uint32_t kernel) {
    return kernel < sizeof(TABLE) / sizeof(TABLE[0]) ? TABLE[kernel] : NULL;
}

static const ink_kernel_t *known_kernel(uint32_t kernel) {
    return TABLE[kernel];
}

#endif

#define CASE(number, name) case number:

const char *ink_left_out(uint32_t kernel) {
    switch (kernel) {
#if !INK_SELDOM
        INK_SELDOM_KERNELS(CASE)
        return "this build has none (INK_SELDOM)";
#endif
#if !INK_WINOGRAD
        INK_WINOGRAD_KERNELS(CASE)
        return "this build has none (INK_WINOGRAD)";
#endif
#if !INK_RECURRENT
        INK_RECURRENT_KERNELS(CASE)
        return "this build has none (INK_RECURRENT)";
#endif
    default:
        return NULL;
    }
}

// A flat kernel's, over elements that take too long at once.
__attribute__((noinline)) static bool run_in_pieces(
    const ink_kernel_t *kernel, const ink_call_t *whole) {
    ink_call_t call = *whole;
    ink_tensor_t input0 = *whole->input0;
    ink_tensor_t output = *whole->output;
    call.input0 = &input0;
    call.output = &output;
    for (uint32_t left = ink_tensor_elements(whole->output); left != 0;) {
        const uint32_t count = left < INK_REST_STEPS ? left : INK_REST_STEPS;
        input0.size = count * ink_element_size(input0.dtype);
        output.size = count * ink_element_size(output.dtype);
        if (!kernel->run(&call)) {
            return false;
        }
        call.input0_bytes = (const uint8_t *)call.input0_bytes + input0.size;
        if (INK_TWO_INPUTS) {
            call.input1_bytes = (const uint8_t *)call.input1_bytes + count;
        }
        call.output_bytes = (uint8_t *)call.output_bytes + output.size;
        left -= count;
        ink_rest(count);
    }
    return true;
}

ink_status_t ink_run_operator(const ink_model_t *model, uint32_t index, ink_error_t *error) {
    const ink_operator_t *op = &model->operators[index];
    const ink_kernel_t *kernel = known_kernel(op->kernel);
    ink_call_t call;
    call.model = model;
    call.record = op;
    call.params = model->blob + op->params_offset;
    call.input0 = &model->tensors[op->input0];
    call.input0_bytes = ink_tensor_bytes(model, call.input0);
    call.input1 = NULL;
    if (INK_TWO_INPUTS && kernel->n_inputs == 2) {
        call.input1 = &model->tensors[op->input1];
        call.input1_bytes = ink_tensor_bytes(model, call.input1);
    }
    call.output = &model->tensors[op->output];
    call.output_bytes = ink_tensor_bytes(model, call.output);
    if (kernel->flat && call.output->size > INK_REST_STEPS ? run_in_pieces(kernel, &call)
                                                           : kernel->run(&call)) {
        // the rest is unused, and to clear it would cost as much as the smallest layers
        error->status = INK_OK;
        return INK_OK;
    }
    memset(error, 0, sizeof(*error));
    error->status = INK_ERROR_KERNEL_FAILED;
    error->part = INK_PART_OPERATOR;
    error->index = index;
    error->kernel = op->kernel;
    return INK_ERROR_KERNEL_FAILED;
}
