// SPDX-License-Identifier: MIT
// What the ways to scale a picture share: an axis of it, and where its pixels go.
#ifndef INK_IMAGE_PARTS_H
#define INK_IMAGE_PARTS_H

#include "ink_image.h"

// Of one axis, `size` of the picture's pixels from `from` on become `count` of the input's from
// `to` on.
typedef struct {
    uint32_t from, size, to, count;
} ink_image_axis_t;

// Where an output pixel's red, green and blue go, or its grey in the place of red: the table of
// each, and how many elements from the pixel's first.
typedef struct {
    const uint8_t *tables[3];
    uint32_t places[3];
    uint32_t channels;
    bool wide; // elements of 4 bytes
} ink_image_target_t;

static inline void ink_image_store_byte(
    const ink_image_target_t *target, uint32_t channel, uint32_t value, uint8_t *out) {
    out[target->places[channel]] = target->tables[channel][value];
}

static inline void ink_image_store_word(
    const ink_image_target_t *target, uint32_t channel, uint32_t value, uint8_t *out) {
    ((uint32_t *)(void *)out)[target->places[channel]] =
        ((const uint32_t *)(const void *)target->tables[channel])[value];
}

// Stores a pixel; of a grayscale picture all three are the same.
static inline void ink_image_store(const ink_image_target_t *target, ink_image_format_t format,
    uint32_t red, uint32_t green, uint32_t blue, uint8_t *out) {
    if (target->channels == 1 && format != INK_IMAGE_GRAYSCALE) {
        red = (77 * red + 150 * green + 29 * blue + 128) >> 8;
    }
    if (target->wide) {
        ink_image_store_word(target, 0, red, out);
        if (target->channels != 1) {
            ink_image_store_word(target, 1, green, out);
            ink_image_store_word(target, 2, blue, out);
        }
        return;
    }
    ink_image_store_byte(target, 0, red, out);
    if (target->channels != 1) {
        ink_image_store_byte(target, 1, green, out);
        ink_image_store_byte(target, 2, blue, out);
    }
}

// Fill the part of the input that begins at `out`: a row of the input has row_step bytes, a pixel
// step. The second and the third take two pixels or more along both axes.
void ink_image_average(const ink_image_t *image, const ink_image_axis_t *down,
    const ink_image_axis_t *across, const ink_image_target_t *target, uint8_t *out,
    uint32_t row_step, uint32_t step);
void ink_image_bilinear(const ink_image_t *image, const ink_image_axis_t *down,
    const ink_image_axis_t *across, const ink_image_target_t *target, uint8_t *out,
    uint32_t row_step, uint32_t step);
void ink_image_openmv(const ink_image_t *image, const ink_image_axis_t *down,
    const ink_image_axis_t *across, const ink_image_target_t *target, uint8_t *out,
    uint32_t row_step, uint32_t step);

#endif
