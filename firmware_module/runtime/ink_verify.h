// SPDX-License-Identifier: MIT
// The verifier's two halves, run by ink_open() in this order. `model`, which check->model points to
// as well, is what they fill in.
#ifndef INK_VERIFY_H
#define INK_VERIFY_H

#include "ink_check.h"

// Header, strings, tensors, inputs, outputs and labels.
bool ink_verify_records(ink_check_t *check, ink_model_t *model, const void *blob, size_t size);

// The operators, each alone and in their order.
bool ink_verify_plan(ink_check_t *check, ink_model_t *model);

// Fills in what ink_is_unchanged() compares with. All is verified.
void ink_sum_up(ink_model_t *model);

// Whether a string starts within the strings, which are verified already.
bool ink_check_string(ink_check_t *check, const char *field, uint32_t string);

// Whether two places in the arena share a byte. Neither is empty.
bool ink_overlap(uint32_t offset0, uint32_t size0, uint32_t offset1, uint32_t size1);

// Whether both are the same bytes of the arena, read as the same type.
bool ink_same_bytes(const ink_tensor_t *a, const ink_tensor_t *b);

#endif
