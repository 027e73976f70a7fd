// SPDX-License-Identifier: MIT
// What the checks of recurrent layers share.
#include "ink_op_recurrent.h"

static bool check_elements(
    ink_check_t *check, const char *field, const ink_tensor_t *tensor, uint32_t allowed) {
    return ink_check_shape(check, field, ink_tensor_elements(tensor), allowed);
}

bool ink_check_recurrent(ink_check_t *check, uint32_t input_elements, uint32_t state_elements,
    uint32_t output_elements) {
    const ink_call_t *call = &check->call;
    return ink_check_s8(check) &&
           ink_check_shape(check, "input 1's place", call->input1->place, INK_PLACE_STATE) &&
           check_elements(check, "input 0's elements", call->input0, input_elements) &&
           check_elements(check, "input 1's elements", call->input1, state_elements) &&
           check_elements(check, "the output's elements", call->output, output_elements);
}
