// SPDX-License-Identifier: MIT
// What the poolings share: the check of their parameters and pictures.
#ifndef INK_POOL_H
#define INK_POOL_H

#include "operators/ink_op_windows.h"

// All but scratch. Sets check->steps.
bool ink_check_pool(ink_check_t *check);

#endif
