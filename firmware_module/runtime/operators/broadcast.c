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

bool ink_check_broadcast(ink_check_t *check) {
    if (!broadcasts(check->call.input0, check->call.output)) {
        return ink_refuse_plainly(
            check, INK_ERROR_SHAPE, "input 0 does not broadcast to the output's shape");
    }
    if (!broadcasts(check->call.input1, check->call.output)) {
        return ink_refuse_plainly(
            check, INK_ERROR_SHAPE, "input 1 does not broadcast to the output's shape");
    }
    return true;
}
