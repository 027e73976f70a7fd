// SPDX-License-Identifier: MIT
// What the two ways to blend an output pixel from four of the picture's share.
#ifndef INK_IMAGE_BLEND_H
#define INK_IMAGE_BLEND_H

#include "ink_image_parts.h"

// Two pixels of an axis: the first, and what part of a whole the second counts.
typedef struct {
    uint32_t first, weight;
} ink_image_two_t;

// The left one of two pixels, in bytes from the row's first, and the weights of both, in halves.
typedef struct {
    uint32_t weights, offset;
} ink_image_column_t;

// Columns whose places are computed once for all rows.
#define INK_IMAGE_COLUMNS 16

typedef struct {
    const uint8_t *above, *below; // rows
    uint32_t down;                // the weight of the one below
    const ink_image_column_t *columns;
    uint32_t count;
} ink_image_rows_t;

// The products of both halves, and `more`.
static inline uint32_t ink_image_dot(uint32_t a, uint32_t b, uint32_t more) {
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
    uint32_t sum;
    __asm("smlad %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(more));
    return sum;
#else
    return (a & 0xFFFF) * (b & 0xFFFF) + (a >> 16) * (b >> 16) + more;
#endif
}

#endif
