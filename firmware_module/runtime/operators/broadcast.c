// SPDX-License-Identifier: MIT
// The check that inputs broadcast, for the element-wise operators of two inputs.
#include "operators/ink_op_two_inputs.h"

static bool broadcasts(const ink_tensor_t *input, const ink_tensor_t *output) {
    uint32_t behind = output->rank;
    if (input->rank > output->rank) {
        return false;
    }
    for (uint32_t i = input->rank; i-- > 0;) {
        behind--;
        if (input->dims[i] != 1 && input->dims[i] != output->dims[behind]) {
            return false;
        }
    }
    return true;
}

// Whether a tensor has more than one value along dimension i of the output, counted from the last.
static bool varies(const ink_tensor_t *tensor, uint32_t i) {
    return i < tensor->rank && tensor->dims[tensor->rank - 1 - i] > 1;
}

// How many rows are walked: one is as long as both inputs go on in the same way (ink_broadcast.c).
static uint32_t rows(const ink_call_t *call) {
    const ink_tensor_t *output = call->output;
    uint32_t length = 1;
    uint32_t way = 0;
    for (uint32_t i = 0; i < output->rank; i++) {
        if (varies(output, i)) {
            const uint32_t here = 1u + varies(call->input0, i) + 2u * varies(call->input1, i);
            if (way != 0 && here != way) {
                break;
            }
            way = here;
            length *= output->dims[output->rank - 1 - i];
        }
    }
    return ink_tensor_elements(output) / length;
}

bool ink_check_broadcast(ink_check_t *check) {
    if (!broadcasts(check->call.input0, check->call.output)) {
        return ink_refuse_plainly(
            check, INK_ERROR_SHAPE, "input 0 does not broadcast to the output's shape");
    }
    if (!broadcasts(check->call.input1, check->call.output)) {
        return ink_refuse_plainly(
            check, INK_ERROR_SHAPE, "input 1 does not broadcast to the output's shape");
    }
    check->rows = rows(&check->call);
    return true;
}
