// SPDX-License-Identifier: MIT
// A table looked up by each byte.
#include "ink_kernels.h"

void ink_lut_s8(const uint8_t table[256], const uint8_t *input, uint8_t *output, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) {
        output[i] = table[input[i]];
    }
}
