// SPDX-License-Identifier: MIT
// Scales a picture as OpenMV's `ml` does, to the bit, as docs/images.md has it: bilinearly, but a
// little up and left of the middles, and RGB565 in its own 5 and 6 bits.
#include <stddef.h>
#include <string.h>

#include "ink_image_blend.h"
#include "ink_options.h"

#if INK_FITTING

// Where an axis begins and how far its pixels lie apart, in 65536ths of a picture's pixel.
typedef struct {
    int32_t first, step;
} walk_t;

// OpenMV computes it in single precision, so we do.
static walk_t walk_of(const ink_image_axis_t *axis, uint32_t before, bool copied) {
    float scale = (float)axis->count / (float)axis->size;
    // a region begins at a whole pixel of the output
    float start = (float)(before + axis->from) * scale;
    start = start < 16777216.0f ? (float)(int32_t)start : start; // larger ones are whole
    walk_t walk = {(int32_t)(start * 65536.0f / scale), (int32_t)(65536.0f / scale)};
    walk.first -= copied ? 0 : 0x8000;
    return walk;
}

// The two pixels, of which the second counts `unit` parts of a pixel or less.
static ink_image_two_t two_of(const ink_image_axis_t *axis, uint32_t before, const walk_t *walk,
    uint32_t index, uint32_t unit) {
    int32_t place = walk->first + (int32_t)index * walk->step - (int32_t)(before << 16);
    int32_t last = (int32_t)(axis->from + axis->size) - 1;
    int32_t pixel = place >> 16;
    if (pixel < (int32_t)axis->from) {
        return (ink_image_two_t){axis->from, 0};
    }
    if (pixel >= last) {
        return (ink_image_two_t){(uint32_t)last - 1, unit};
    }
    return (ink_image_two_t){(uint32_t)pixel, ((uint32_t)place & 0xFFFF) * unit >> 16};
}

// As an unsigned constant that shifts take with them stays in a register.
#define HALVES(number) ((uint32_t)(number) << 16 | (uint32_t)(number))

// Of four pixels' colour of 5 or 6 bits: down the picture first, each sum rounded.
static inline uint32_t blend_few(uint32_t above, uint32_t below, uint32_t down, uint32_t across) {
    uint32_t both = above * (32 - down) + (below * down + HALVES(16));
    return ink_image_dot(both >> 5 & HALVES(63), across, 16) >> 5;
}

static inline uint32_t blend_many(uint32_t above, uint32_t below, uint32_t down, uint32_t across) {
    uint32_t both = above * (256 - down) + (below * down + HALVES(128));
    return ink_image_dot(both >> 8 & HALVES(255), across, 128) >> 8;
}

// Stores a colour of RGB565: for one channel its grey.
static inline void store(
    const ink_image_target_t *target, uint32_t r5, uint32_t g6, uint32_t b5, uint8_t *out) {
    uint32_t red = r5 << 3 | r5 >> 2;
    uint32_t green = g6 << 2 | g6 >> 4;
    uint32_t blue = b5 << 3 | b5 >> 2;
    if (target->channels == 1) {
        red = (38 * red + 75 * green + 15 * blue) >> 7;
    }
    ink_image_store(target, INK_IMAGE_GRAYSCALE, red, green, blue, out);
}

static __attribute__((noinline)) void blend_rgb565(
    const ink_image_rows_t *rows, const ink_image_target_t *given, uint8_t *out, uint32_t step) {
    const ink_image_target_t target = *given;
    const uint8_t *above = rows->above;
    const uint8_t *below = rows->below;
    const uint32_t down = rows->down;
    const ink_image_column_t *end = rows->columns + rows->count;
    for (const ink_image_column_t *column = rows->columns; column < end; column++, out += step) {
        uint32_t a;
        uint32_t b;
        memcpy(&a, above + column->offset, sizeof(a));
        memcpy(&b, below + column->offset, sizeof(b));
        const uint32_t across = column->weights;
        const uint32_t red = blend_few(a >> 11 & HALVES(31), b >> 11 & HALVES(31), down, across);
        const uint32_t green = blend_few(a >> 5 & HALVES(63), b >> 5 & HALVES(63), down, across);
        const uint32_t blue = blend_few(a & HALVES(31), b & HALVES(31), down, across);
        store(&target, red, green, blue, out);
    }
}

static __attribute__((noinline)) void blend_grayscale(
    const ink_image_rows_t *rows, const ink_image_target_t *given, uint8_t *out, uint32_t step) {
    const ink_image_target_t target = *given;
    const uint8_t *above = rows->above;
    const uint8_t *below = rows->below;
    const uint32_t down = rows->down;
    const ink_image_column_t *end = rows->columns + rows->count;
    for (const ink_image_column_t *column = rows->columns; column < end; column++, out += step) {
        uint16_t a;
        uint16_t b;
        memcpy(&a, above + column->offset, sizeof(a));
        memcpy(&b, below + column->offset, sizeof(b));
        const uint32_t grey = blend_many(
            (a | a << 8) & HALVES(255), (b | b << 8) & HALVES(255), down, column->weights);
        if (target.channels == 1) {
            ink_image_store(&target, INK_IMAGE_GRAYSCALE, grey, 0, 0, out);
        } else {
            store(&target, grey >> 3, grey >> 2, grey >> 3, out);
        }
    }
}

static void blend_rgb888(
    const ink_image_rows_t *rows, const ink_image_target_t *given, uint8_t *out, uint32_t step) {
    const ink_image_target_t target = *given;
    const ink_image_column_t *end = rows->columns + rows->count;
    for (const ink_image_column_t *column = rows->columns; column < end; column++, out += step) {
        const uint8_t *above = rows->above + column->offset;
        const uint8_t *below = rows->below + column->offset;
        uint32_t rgb[3];
        for (uint32_t c = 0; c < 3; c++) {
            rgb[c] = blend_many(above[c] | (uint32_t)above[c + 3] << 16,
                below[c] | (uint32_t)below[c + 3] << 16, rows->down, column->weights);
        }
        store(&target, rgb[0] >> 3, rgb[1] >> 2, rgb[2] >> 3, out);
    }
}

void ink_image_openmv(const ink_image_t *image, const ink_image_axis_t *down,
    const ink_image_axis_t *across, const ink_image_target_t *target, uint8_t *out,
    uint32_t row_step, uint32_t step) {
    const uint32_t bytes = image->format;
    const size_t pitch = (size_t)image->pitch * bytes;
    const uint32_t unit = bytes == INK_IMAGE_RGB565 ? 32 : 256;
    const bool copied = down->size == down->count && across->size == across->count;
    const walk_t walk_down = walk_of(down, image->top, copied);
    const walk_t walk_across = walk_of(across, image->left, copied);
    ink_image_column_t columns[INK_IMAGE_COLUMNS];
    ink_image_rows_t rows = {.columns = columns};
    for (uint32_t start = 0; start < across->count; start += rows.count) {
        rows.count =
            across->count - start < INK_IMAGE_COLUMNS ? across->count - start : INK_IMAGE_COLUMNS;
        for (uint32_t j = 0; j < rows.count; j++) {
            const ink_image_two_t two = two_of(across, image->left, &walk_across, start + j, unit);
            columns[j].weights = (two.weight << 16) + unit - two.weight;
            columns[j].offset = two.first * bytes;
        }
        for (uint32_t i = 0; i < down->count; i++) {
            const ink_image_two_t two = two_of(down, image->top, &walk_down, i, unit);
            rows.above = image->pixels + two.first * pitch;
            rows.below = rows.above + pitch;
            rows.down = two.weight;
            uint8_t *to = out + i * row_step + start * step;
            if (bytes == INK_IMAGE_RGB565) {
                blend_rgb565(&rows, target, to, step);
            } else if (bytes == INK_IMAGE_GRAYSCALE) {
                blend_grayscale(&rows, target, to, step);
            } else {
                blend_rgb888(&rows, target, to, step);
            }
        }
    }
}

#endif
