// SPDX-License-Identifier: MIT
// Crops and scales a picture of any size into an input tensor, by the rule of docs/images.md.
#ifndef INK_IMAGE_H
#define INK_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    INK_IMAGE_GRAYSCALE = 1,
    INK_IMAGE_RGB565 = 2,
    INK_IMAGE_RGB888 = 3
} ink_image_format_t; // bytes a pixel

typedef struct {
    const uint8_t *pixels; // rows top to bottom; RGB565 little-endian
    uint32_t width, height;
    uint32_t pitch; // pixels from a row to the next: more than the width in a part of a picture
    ink_image_format_t format;
} ink_image_t;

#define INK_IMAGE_MAX_SIDE 16384
#define INK_IMAGE_MAX_PIXELS (1u << 24) // so that sums of pixels fit 32 bits

// Writes out_height x out_width x channels (1 or 3) elements of element_size bytes (1 or 4) to
// `out`: each the entry of `table` (256 elements) at the scaled pixel's value. The caller checks
// that sides are 1 to INK_IMAGE_MAX_SIDE and that the picture has at most INK_IMAGE_MAX_PIXELS.
void ink_image_to_tensor(const ink_image_t *image, uint32_t out_height, uint32_t out_width,
    uint32_t channels, uint32_t element_size, const void *table, void *out);

#endif
