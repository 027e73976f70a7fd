// SPDX-License-Identifier: MIT
// The verifier's part that knows front ends.
#ifndef INK_FRONT_END_H
#define INK_FRONT_END_H

#include "ink_check.h"

// Whether the front end at `offset` of the blob is one for this tensor, whose record is verified.
bool ink_verify_front_end(ink_check_t *check, const ink_tensor_t *tensor, uint32_t offset);

#endif
