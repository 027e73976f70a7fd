// SPDX-License-Identifier: MIT
// Fits and scales a picture of any size into an input tensor, by the rule of docs/images.md.
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
    uint32_t left, top; // where a part lies in its picture: INK_IMAGE_OPENMV asks
} ink_image_t;

#define INK_IMAGE_MAX_SIDE 16384
#define INK_IMAGE_MAX_PIXELS (1u << 24) // so that sums of pixels fit 32 bits

// Where a picture goes: height x width x channels (1 or 3) elements of element_size bytes (1 or 4),
// each the entry of the channel's table (256 elements) at the scaled pixel's value. table_step is
// the bytes from a channel's table to the next: 0 where all have one. Not RGB but BGR where `bgr`.
// `ways` are INK_IMAGE_SQUEEZE or INK_IMAGE_BORDER, and INK_IMAGE_BILINEAR or
// INK_IMAGE_OPENMV.
typedef struct {
    uint32_t height, width, channels, element_size;
    const uint8_t *table;
    uint32_t table_step;
    bool bgr;
    uint32_t ways;
} ink_image_input_t;

// The caller checks that sides are 1 to INK_IMAGE_MAX_SIDE and that the picture has at most
// INK_IMAGE_MAX_PIXELS.
void ink_image_to_tensor(const ink_image_t *image, const ink_image_input_t *input, void *out);

#endif
