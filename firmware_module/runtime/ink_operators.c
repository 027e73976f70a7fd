// SPDX-License-Identifier: MIT
// The table of operators, by the list in ink_operators.h.
#include "ink_operators.h"

#define KERNEL(number, name) [number] = &ink_op_##name,

static const ink_kernel_t *const TABLE[] = {INK_KERNELS(KERNEL)};

const ink_kernel_t *ink_find_kernel(uint32_t kernel) {
    return kernel < sizeof(TABLE) / sizeof(TABLE[0]) ? TABLE[kernel] : NULL;
}
