// SPDX-License-Identifier: MIT
// Crops and scales a picture into an input tensor. The rule, to the bit, is docs/images.md; nothing
// here checks anything.
#include "ink_image.h"

#include <stddef.h>

// The part of one axis that an output pixel averages: [first, end).
typedef struct {
    uint32_t first, end;
} span_t;

static span_t box(uint32_t index, uint32_t source, uint32_t destination) {
    span_t span = {index * source / destination, (index + 1) * source / destination};
    if (span.end <= span.first) {
        span.end = span.first + 1;
    }
    return span;
}

static uint32_t rounded_average(uint32_t sum, uint32_t count) {
    return (sum + count / 2) / count;
}

// Stores an output pixel's colours at `index`, the element of its first channel. What `input` says
// is read once: to the compiler, a byte that is stored may be a part of it.
static void store(const ink_image_input_t *input, const uint32_t rgb[3], void *out, size_t index) {
    const uint8_t *table = input->table;
    const uint32_t step = input->table_step;
    const bool wide = input->element_size != 1;
    const int32_t next = input->bgr ? -1 : 1;
    const uint32_t *value = input->bgr ? rgb + 2 : rgb;
    for (size_t end = index + input->channels; index < end; index++) {
        if (wide) {
            ((uint32_t *)out)[index] = ((const uint32_t *)(const void *)table)[*value];
        } else {
            ((uint8_t *)out)[index] = table[*value];
        }
        table += step;
        value += next;
    }
}

#ifdef __OPTIMIZE_SIZE__

// Any picture's, a pixel at a time.
static void average_colours(
    const ink_image_t *image, span_t rows, span_t columns, uint32_t count, uint32_t rgb[3]) {
    uint32_t bytes = image->format; // a pixel's
    for (uint32_t y = rows.first; y < rows.end; y++) {
        for (uint32_t x = columns.first; x < columns.end; x++) {
            const uint8_t *pixel = image->pixels + ((size_t)y * image->pitch + x) * bytes;
            uint32_t red = pixel[0];
            uint32_t green = red;
            uint32_t blue = red;
            if (bytes == INK_IMAGE_RGB888) {
                green = pixel[1];
                blue = pixel[2];
            } else if (bytes == INK_IMAGE_RGB565) {
                uint32_t value = pixel[0] | (uint32_t)pixel[1] << 8;
                red = (value >> 8 & 0xF8) | value >> 13;
                green = (value >> 3 & 0xFC) | (value >> 9 & 3);
                blue = (value << 3 & 0xF8) | (value >> 2 & 7);
            }
            rgb[0] += red;
            rgb[1] += green;
            rgb[2] += blue;
        }
    }
    for (uint32_t c = 0; c < 3; c++) {
        rgb[c] = rounded_average(rgb[c], count);
    }
}

#else

static uint32_t sum_grayscale(const ink_image_t *image, span_t rows, span_t columns) {
    uint32_t sum = 0;
    for (uint32_t y = rows.first; y < rows.end; y++) {
        const uint8_t *pixels = image->pixels + (size_t)y * image->pitch;
        for (uint32_t x = columns.first; x < columns.end; x++) {
            sum += pixels[x];
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
    uint32_t colours = 0;
    uint32_t upper = 0;
    uint32_t room = RGB565_PIXELS;
    for (uint32_t y = rows.first; y < rows.end; y++) {
        const uint8_t *pixel = image->pixels + ((size_t)y * image->pitch + columns.first) * 2;
        uint32_t left = columns.end - columns.first;
        while (left != 0) {
            uint32_t count = left < RGB565_PIXELS ? left : RGB565_PIXELS;
            if (count > room) {
                add_colours(colours, upper, rgb);
                colours = 0;
                upper = 0;
                room = RGB565_PIXELS;
            }
            room -= count;
            left -= count;
            const uint8_t *end = pixel + (size_t)count * 2;
            for (; pixel < end; pixel += 2) {
                uint32_t value = pixel[0] | (uint32_t)pixel[1] << 8;
                value |= value << 16;
                colours += value & RGB565_COLOURS;
                upper += value & RGB565_UPPER_BITS;
            }
        }
    }
    add_colours(colours, upper, rgb);
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
    const ink_image_t *image, span_t rows, span_t columns, uint32_t count, uint32_t rgb[3]) {
    if (image->format == INK_IMAGE_GRAYSCALE) {
        rgb[0] = rounded_average(sum_grayscale(image, rows, columns), count);
        rgb[1] = rgb[0];
        rgb[2] = rgb[0];
        return;
    }
    if (image->format == INK_IMAGE_RGB565) {
        sum_rgb565(image, rows, columns, rgb);
    } else {
        sum_rgb888(image, rows, columns, rgb);
    }
    for (uint32_t c = 0; c < 3; c++) {
        rgb[c] = rounded_average(rgb[c], count);
    }
}

#endif

void ink_image_to_tensor(const ink_image_t *image, const ink_image_input_t *input, void *out) {
    uint32_t out_height = input->height;
    uint32_t out_width = input->width;
    // the largest part with the output's aspect ratio, in the middle
    uint32_t crop_width = image->width;
    uint32_t crop_height = image->height;
    if (image->width * out_height > image->height * out_width) {
        crop_width = image->height * out_width / out_height;
        crop_width += crop_width == 0;
    } else {
        crop_height = image->width * out_height / out_width;
        crop_height += crop_height == 0;
    }
    uint32_t left = (image->width - crop_width) / 2;
    uint32_t top = (image->height - crop_height) / 2;

    size_t index = 0;
    for (uint32_t i = 0; i < out_height; i++) {
        span_t rows = box(i, crop_height, out_height);
        rows.first += top;
        rows.end += top;
        for (uint32_t j = 0; j < out_width; j++) {
            span_t columns = box(j, crop_width, out_width);
            columns.first += left;
            columns.end += left;
            uint32_t count = (rows.end - rows.first) * (columns.end - columns.first);
            uint32_t rgb[3] = {0, 0, 0};
            average_colours(image, rows, columns, count, rgb);
            if (input->channels == 1 && image->format != INK_IMAGE_GRAYSCALE) {
                rgb[0] = (77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2] + 128) >> 8;
            }
            store(input, rgb, out, index);
            index += input->channels;
        }
    }
}
