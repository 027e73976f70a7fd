// SPDX-License-Identifier: MIT
// What the element-wise operators of two inputs share: checks of their parameters and shapes.
#ifndef INK_OP_TWO_INPUTS_H
#define INK_OP_TWO_INPUTS_H

#include "ink_check.h"

// Whether each input's dimensions, aligned at the last, equal the output's or are 1.
bool ink_check_broadcast(ink_check_t *check);

// The parameters of sums and differences, and those of products, for whichever shapes.
bool ink_check_add_params(ink_check_t *check);
bool ink_check_mul_params(ink_check_t *check);

#endif
