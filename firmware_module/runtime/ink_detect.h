// SPDX-License-Identifier: MIT
// From a tensor to what was detected: the cells whose best class is above a threshold, and which
// of the boxes that overlap stay. Allocates nothing, checks nothing.
#ifndef INK_DETECT_H
#define INK_DETECT_H

#include "inkling.h"

// A tensor (not int32) as cells of classes: element (cell, class) lies at (cell / inner *
// n_classes + class) * inner + cell % inner. Classes from first up to, not including, last count.
typedef struct {
    const void *values;
    uint32_t dtype;
    uint32_t cells, n_classes, inner;
    uint32_t width; // cells of a row
    uint32_t first, last;
} ink_map_t;

typedef struct {
    int32_t value; // in the order of real values
    uint32_t best; // the class, the first of equals
} ink_cell_t;

// The first cell from `cell` on whose value is greater than `threshold`; map->cells where there is
// none.
uint32_t ink_map_next(const ink_map_t *map, uint32_t cell, int32_t threshold, ink_cell_t *found);

// The value that those with a real value greater than `threshold` are greater than.
int32_t ink_map_threshold(const ink_tensor_t *tensor, float threshold);

// The real value of a cell's.
float ink_map_real(const ink_tensor_t *tensor, int32_t value);

// Whether no cell within `near` rows and columns is better, or as good and earlier.
bool ink_map_is_peak(const ink_map_t *map, uint32_t cell, int32_t value, uint32_t near);

typedef struct {
    float x, y, width, height, score;
    uint32_t index;
} ink_box_t;

// Soft non-maximum suppression as docs/device.md has it: brings the boxes that stay to the front,
// best first, with their new scores, and returns how many.
uint32_t ink_suppress(ink_box_t *boxes, uint32_t count, float threshold, float sigma);

#endif
