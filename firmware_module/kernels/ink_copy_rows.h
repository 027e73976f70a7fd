// SPDX-License-Identifier: MIT
// Copies rows of whole words: what the channels of pictures mostly are.
#ifndef INK_COPY_ROWS_H
#define INK_COPY_ROWS_H

#include <stdint.h>

// A row is `blocks` of 32 bytes, then `words` of 4, up to 7. The steps lead, in bytes, from a row's
// end to the next row.
typedef struct {
    int32_t rows, blocks, words; // `rows` at least 1
    uint32_t input_step, output_step;
} ink_copy_rows_t;

// Addresses and steps are multiples of 4.
void ink_copy_rows(uint8_t *to, const uint8_t *from, const ink_copy_rows_t *how);

#endif
