// SPDX-License-Identifier: MIT
// What the element-wise operators of two inputs share: the check that inputs broadcast.
#ifndef INK_CHECK_BROADCAST_H
#define INK_CHECK_BROADCAST_H

#include "ink_check.h"

// Whether each input's dimensions, aligned at the last, equal the output's or are 1.
bool ink_check_broadcast(ink_check_t *check);

#endif
