// SPDX-License-Identifier: MIT
// Scales a picture by the four pixels around each output pixel's middle, as docs/images.md has it.
#include <stddef.h>
#include <string.h>

#include "ink_image_blend.h"
#include "ink_options.h"

#if INK_FITTING

// The two pixels, weighted in 16ths, whose middles the output pixel's middle lies between.
static ink_image_two_t two_of(const ink_image_axis_t *axis, uint32_t index) {
    uint32_t place = (2 * index + 1) * axis->size * 8 / axis->count;
    uint32_t last = axis->size * 16 - 8;
    place = (place < 8 ? 8 : place > last ? last : place) - 8;
    ink_image_two_t two = {place / 16, place % 16};
    if (two.first == axis->size - 1) {
        two.first--; // nothing is read behind the last pixel
        two.weight = 16;
    }
    two.first += axis->from;
    return two;
}

// Of four pixels' channel, two in the halves of a word and the two below in those of another.
static inline uint32_t blend(uint32_t above, uint32_t below, uint32_t down, uint32_t across) {
    return ink_image_dot(above * (16 - down) + below * down, across, 128) >> 8;
}

#define HALVES(number) ((number) << 16 | (number))

static inline uint32_t widen_5(uint32_t halves, uint32_t sevens) {
    return halves << 3 | (halves >> 2 & sevens);
}

static inline uint32_t widen_6(uint32_t halves) {
    return halves << 2 | (halves >> 4 & HALVES(3u));
}

static __attribute__((noinline)) void blend_rgb565(
    const ink_image_rows_t *rows, const ink_image_target_t *given, uint8_t *out, uint32_t step) {
    const ink_image_target_t target = *given;
    const uint8_t *above = rows->above;
    const uint8_t *below = rows->below;
    const uint32_t down = rows->down;
    // in registers, where they take a shift with them
    uint32_t fives = HALVES(31u);
    uint32_t sevens = HALVES(7u);
    __asm("" : "+r"(fives), "+r"(sevens));
    const ink_image_column_t *end = rows->columns + rows->count;
    for (const ink_image_column_t *column = rows->columns; column < end; column++, out += step) {
        uint32_t a;
        uint32_t b;
        memcpy(&a, above + column->offset, sizeof(a));
        memcpy(&b, below + column->offset, sizeof(b));
        const uint32_t across = column->weights;
        const uint32_t red =
            blend(widen_5(a >> 11 & fives, sevens), widen_5(b >> 11 & fives, sevens), down, across);
        const uint32_t green =
            blend(widen_6(a >> 5 & HALVES(63u)), widen_6(b >> 5 & HALVES(63u)), down, across);
        const uint32_t blue =
            blend(widen_5(a & fives, sevens), widen_5(b & fives, sevens), down, across);
        ink_image_store(&target, INK_IMAGE_RGB565, red, green, blue, out);
    }
}

static void blend_bytes(const ink_image_rows_t *rows, const ink_image_target_t *given, uint8_t *out,
    uint32_t step, ink_image_format_t bytes) {
    const ink_image_target_t target = *given;
    const ink_image_column_t *end = rows->columns + rows->count;
    for (const ink_image_column_t *column = rows->columns; column < end; column++, out += step) {
        const uint8_t *above = rows->above + column->offset;
        const uint8_t *below = rows->below + column->offset;
        uint32_t rgb[3];
        for (uint32_t c = 0; c < (uint32_t)bytes; c++) {
            rgb[c] = blend(above[c] | (uint32_t)above[c + bytes] << 16,
                below[c] | (uint32_t)below[c + bytes] << 16, rows->down, column->weights);
        }
        if (bytes == INK_IMAGE_GRAYSCALE) {
            rgb[1] = rgb[0];
            rgb[2] = rgb[0];
        }
        ink_image_store(&target, bytes, rgb[0], rgb[1], rgb[2], out);
    }
}

void ink_image_bilinear(const ink_image_t *image, const ink_image_axis_t *down,
    const ink_image_axis_t *across, const ink_image_target_t *target, uint8_t *out,
    uint32_t row_step, uint32_t step) {
    const uint32_t bytes = image->format;
    const size_t pitch = (size_t)image->pitch * bytes;
    ink_image_column_t columns[INK_IMAGE_COLUMNS];
    ink_image_rows_t rows = {.columns = columns};
    for (uint32_t start = 0; start < across->count; start += rows.count) {
        rows.count =
            across->count - start < INK_IMAGE_COLUMNS ? across->count - start : INK_IMAGE_COLUMNS;
        for (uint32_t j = 0; j < rows.count; j++) {
            const ink_image_two_t two = two_of(across, start + j);
            columns[j].weights = (two.weight << 16) + 16 - two.weight;
            columns[j].offset = two.first * bytes;
        }
        for (uint32_t i = 0; i < down->count; i++) {
            const ink_image_two_t two = two_of(down, i);
            rows.above = image->pixels + two.first * pitch;
            rows.below = rows.above + pitch;
            rows.down = two.weight;
            uint8_t *to = out + i * row_step + start * step;
            if (bytes == INK_IMAGE_RGB565) {
                blend_rgb565(&rows, target, to, step);
            } else {
                blend_bytes(&rows, target, to, step, image->format);
            }
        }
    }
}

#endif
