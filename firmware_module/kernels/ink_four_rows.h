// SPDX-License-Identifier: MIT
// An input vector by four rows of weights at a time, where recurrent layers spend their time.
#ifndef INK_FOUR_ROWS_H
#define INK_FOUR_ROWS_H

#include <stdint.h>

#define INK_ROWS 4  // of weights together
#define INK_GROUP 4 // elements of each of these that lie together

// Groups that `length` elements make.
static inline int32_t ink_groups(int32_t length) {
    return (length + INK_GROUP - 1) / INK_GROUP;
}

// Makes 16-bit inputs of `length` bytes, in the order 0, 2, 1, 3 of each group; the last group is
// filled up with zeros. `to` has room for all groups, at a multiple of 4.
void ink_widen_groups(int16_t *to, const int8_t *from, int32_t length);

// Adds products to sums[0..4), which wrap. `weights`, at a multiple of 4: of each group four bytes
// of row 0, then of rows 1, 2 and 3. Returns the end of the weights.
const int8_t *ink_four_rows(
    uint32_t sums[INK_ROWS], const int16_t *inputs, const int8_t *weights, int32_t groups);

#endif
