// SPDX-License-Identifier: MIT
// The table of operators, by the list in ink_operators.h.
#include "ink_operators.h"

#ifdef INK_FEW_KERNELS

#define NUMBER(number, name) number,
#define KERNEL(number, name) &ink_op_##name,

static const uint8_t NUMBERS[] = {INK_KERNELS(NUMBER)};
static const ink_kernel_t *const TABLE[] = {INK_KERNELS(KERNEL)};

const ink_kernel_t *ink_find_kernel(uint32_t kernel) {
    for (uint32_t i = 0; i < sizeof(NUMBERS); i++) {
        if (NUMBERS[i] == kernel) {
            return TABLE[i];
        }
    }
    return NULL;
}

#else

#define KERNEL(number, name) [number] = &ink_op_##name,

static const ink_kernel_t *const TABLE[] = {INK_KERNELS(KERNEL)};

const ink_kernel_t *ink_find_kernel(uint32_t kernel) {
    return kernel < sizeof(TABLE) / sizeof(TABLE[0]) ? TABLE[kernel] : NULL;
}

#endif
