// SPDX-License-Identifier: MIT
// What the checks of recurrent layers share.
#ifndef INK_OP_RECURRENT_H
#define INK_OP_RECURRENT_H

#include "ink_operators.h"

// Whether the tensors are int8 and have as many elements, input 1 a state of them.
bool ink_check_recurrent(
    ink_check_t *check, uint32_t input_elements, uint32_t state_elements, uint32_t output_elements);

#endif
