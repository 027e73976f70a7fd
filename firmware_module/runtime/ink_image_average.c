// SPDX-License-Identifier: MIT
// Scales a picture by averages of boxes, as docs/images.md has it.
#include <stddef.h>
#include <string.h>

#include "ink_image_parts.h"

// The pixels of an axis that an output pixel averages: [first, end).
typedef struct {
    uint32_t first, end;
} span_t;

static span_t box(const ink_image_axis_t *axis, uint32_t index) {
    span_t span = {index * axis->size / axis->count, (index + 1) * axis->size / axis->count};
    if (span.end <= span.first) {
        span.end = span.first + 1;
    }
    span.first += axis->from;
    span.end += axis->from;
    return span;
}

static uint32_t rounded_average(uint32_t sum, uint32_t count) {
    return (sum + count / 2) / count;
}

#ifdef __OPTIMIZE_SIZE__

static void colours_of(const ink_image_t *image, uint32_t y, uint32_t x, uint32_t rgb[3]) {
    const uint8_t *pixel = image->pixels + ((size_t)y * image->pitch + x) * image->format;
    rgb[0] = rgb[1] = rgb[2] = pixel[0];
    if (image->format == INK_IMAGE_RGB888) {
        rgb[1] = pixel[1];
        rgb[2] = pixel[2];
    } else if (image->format == INK_IMAGE_RGB565) {
        uint32_t value = pixel[0] | (uint32_t)pixel[1] << 8;
        rgb[0] = (value >> 8 & 0xF8) | value >> 13;
        rgb[1] = (value >> 3 & 0xFC) | (value >> 9 & 3);
        rgb[2] = (value << 3 & 0xF8) | (value >> 2 & 7);
    }
}

// Any picture's, a pixel at a time.
static void average_colours(
    const ink_image_t *image, span_t rows, span_t columns, uint32_t rgb[3]) {
    uint32_t count = (rows.end - rows.first) * (columns.end - columns.first);
    rgb[0] = rgb[1] = rgb[2] = 0;
    for (uint32_t y = rows.first; y < rows.end; y++) {
        for (uint32_t x = columns.first; x < columns.end; x++) {
            uint32_t colours[3];
            colours_of(image, y, x, colours);
            for (uint32_t c = 0; c < 3; c++) {
                rgb[c] += colours[c];
            }
        }
    }
    for (uint32_t c = 0; c < 3; c++) {
        rgb[c] = rounded_average(rgb[c], count);
    }
}

#else

static uint32_t sum_grayscale(const ink_image_t *image, span_t rows, span_t columns) {
    uint32_t sum = 0;
    const uint8_t *row = image->pixels + (size_t)rows.first * image->pitch;
    for (uint32_t y = rows.first; y < rows.end; y++, row += image->pitch) {
        const uint8_t *pixel = row + columns.first;
        const uint8_t *end = row + columns.end;
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
        for (; end - pixel >= 4; pixel += 4) {
            uint32_t four;
            memcpy(&four, pixel, sizeof(four));
            __asm("usada8 %0, %1, %2, %0" : "+r"(sum) : "r"(four), "r"(0));
        }
#endif
        while (pixel < end) {
            sum += *pixel++;
        }
    }
    return sum;
}

// Sums of RGB565 pixels. A pixel beside itself, 16 bits up, holds green in bits 21 to 26, red in 11
// to 15 and blue in 0 to 4, with room above each for the sum of 32 pixels. Widened to 8 bits, a
// colour is its bits shifted up plus its upper bits: so both are summed.
#define RGB565_PIXELS 32u
#define RGB565_COLOURS 0x07E0F81Fu
#define RGB565_UPPER_BITS 0x0600E01Cu

static void add_colours(uint32_t colours, uint32_t upper, uint32_t rgb[3]) {
    rgb[0] += ((colours >> 11 & 0x3FF) << 3) + (upper >> 13 & 0xFF);
    rgb[1] += (colours >> 21 << 2) + (upper >> 25);
    rgb[2] += ((colours & 0x7FF) << 3) + (upper >> 2 & 0x7FF);
}

static void sum_rgb565(const ink_image_t *image, span_t rows, span_t columns, uint32_t rgb[3]) {
    const size_t pitch = (size_t)image->pitch * 2;
    const uint8_t *strip = image->pixels + rows.first * pitch + (size_t)columns.first * 2;
    for (uint32_t left = columns.end - columns.first; left != 0;) {
        const uint32_t width = left < RGB565_PIXELS ? left : RGB565_PIXELS;
        uint32_t colours = 0;
        uint32_t upper = 0;
        uint32_t room = RGB565_PIXELS;
        const uint8_t *row = strip;
        for (uint32_t y = rows.first; y < rows.end; y++, row += pitch) {
            if (room < width) {
                add_colours(colours, upper, rgb);
                colours = 0;
                upper = 0;
                room = RGB565_PIXELS;
            }
            room -= width;
            const uint8_t *pixel = row;
            if (width % 2 != 0) {
                uint32_t value = pixel[0] | (uint32_t)pixel[1] << 8;
                value |= value << 16;
                colours += value & RGB565_COLOURS;
                upper += value & RGB565_UPPER_BITS;
                pixel += 2;
            }
            // of two pixels in a word: green of the upper, red and blue of the lower one; then the
            // others
            for (const uint8_t *end = row + (size_t)width * 2; pixel < end; pixel += 4) {
                uint32_t two;
                memcpy(&two, pixel, sizeof(two));
                colours += two & RGB565_COLOURS;
                upper += two & RGB565_UPPER_BITS;
                two = two << 16 | two >> 16;
                colours += two & RGB565_COLOURS;
                upper += two & RGB565_UPPER_BITS;
            }
        }
        add_colours(colours, upper, rgb);
        strip += (size_t)width * 2;
        left -= width;
    }
}

static void sum_rgb888(const ink_image_t *image, span_t rows, span_t columns, uint32_t rgb[3]) {
    for (uint32_t y = rows.first; y < rows.end; y++) {
        const uint8_t *pixel = image->pixels + ((size_t)y * image->pitch + columns.first) * 3;
        const uint8_t *end = pixel + (size_t)(columns.end - columns.first) * 3;
        uint32_t red = 0;
        uint32_t green = 0;
        uint32_t blue = 0;
        for (; pixel < end; pixel += 3) {
            red += pixel[0];
            green += pixel[1];
            blue += pixel[2];
        }
        rgb[0] += red;
        rgb[1] += green;
        rgb[2] += blue;
    }
}

static inline void average_colours(
    const ink_image_t *image, span_t rows, span_t columns, uint32_t rgb[3]) {
    const uint32_t bytes = image->format;
    uint32_t count = (rows.end - rows.first) * (columns.end - columns.first);
    if (bytes == INK_IMAGE_GRAYSCALE) {
        rgb[0] = rounded_average(sum_grayscale(image, rows, columns), count);
        rgb[1] = rgb[0];
        rgb[2] = rgb[0];
        return;
    }
    rgb[0] = 0;
    rgb[1] = 0;
    rgb[2] = 0;
    if (bytes == INK_IMAGE_RGB565) {
        sum_rgb565(image, rows, columns, rgb);
    } else {
        sum_rgb888(image, rows, columns, rgb);
    }
    for (uint32_t c = 0; c < 3; c++) {
        rgb[c] = rounded_average(rgb[c], count);
    }
}

#endif

void ink_image_average(const ink_image_t *image, const ink_image_axis_t *down,
    const ink_image_axis_t *across, const ink_image_target_t *target, uint8_t *out,
    uint32_t row_step, uint32_t step) {
    for (uint32_t i = 0; i < down->count; i++, out += row_step) {
        const span_t rows = box(down, i);
        for (uint32_t j = 0; j < across->count; j++) {
            uint32_t rgb[3];
            average_colours(image, rows, box(across, j), rgb);
            ink_image_store(target, image->format, rgb[0], rgb[1], rgb[2], out + j * step);
        }
    }
}
