// SPDX-License-Identifier: MIT
// One operator of a verified plan, as its kernel's functions see it.
#ifndef INK_CALL_H
#define INK_CALL_H

#include "inkling.h"

// input1 is NULL where the kernel takes one input. The bytes of the tensors are known when it runs.
typedef struct {
    const ink_model_t *model;
    const ink_operator_t *record;
    const void *params;
    const ink_tensor_t *input0, *input1, *output;
    const void *input0_bytes, *input1_bytes;
    void *output_bytes;
} ink_call_t;

// A constant's are only ever read.
static inline void *ink_tensor_bytes(const ink_model_t *model, const ink_tensor_t *tensor) {
    return (tensor->place == INK_PLACE_BLOB ? (uint8_t *)model->blob : model->arena) +
           tensor->offset;
}

// NULL where the kernel takes one input.
static inline const ink_tensor_t *ink_call_input1(const ink_call_t *call) {
    return INK_TWO_INPUTS ? call->input1 : NULL;
}

static inline const void *ink_input0(const ink_call_t *call) {
    return call->input0_bytes;
}

static inline const void *ink_input1(const ink_call_t *call) {
    return call->input1_bytes;
}

static inline void *ink_output(const ink_call_t *call) {
    return call->output_bytes;
}

// The operator's scratch, record->scratch_size bytes; NULL where it has none. Added as a number:
// the verifier, which asks for kernels' parameters whole, has no arena yet.
static inline void *ink_scratch(const ink_call_t *call) {
    const ink_operator_t *op = call->record;
    return op->scratch_size == 0 ? NULL
                                 : (void *)((uintptr_t)call->model->arena + op->scratch_offset);
}

// A data block of the blob.
static inline const void *ink_data(const ink_call_t *call, uint32_t offset) {
    return call->model->blob + offset;
}

#endif
