// SPDX-License-Identifier: MIT
// Fits a picture into an input tensor. The rule, to the bit, is docs/images.md; nothing here checks
// anything.
#include "ink_blob.h"
#include "ink_image_parts.h"
#include "ink_options.h"
#include "ink_small.h"

static ink_image_target_t target_of(const ink_image_input_t *input) {
    ink_image_target_t target = {
        .channels = input->channels, .wide = INK_WIDE && input->element_size != 1};
    for (uint32_t c = 0; c < input->channels; c++) {
        target.places[c] = input->bgr ? 2 - c : c;
        target.tables[c] = input->table + target.places[c] * input->table_step;
    }
    return target;
}

// Lays the picture into the input: which part of it, and where.
static void fit(const ink_image_t *image, const ink_image_input_t *input, ink_image_axis_t *down,
    ink_image_axis_t *across) {
    *down = (ink_image_axis_t){0, image->height, 0, input->height};
    *across = (ink_image_axis_t){0, image->width, 0, input->width};
#if INK_FITTING
    if ((input->ways & INK_IMAGE_SQUEEZE) != 0) {
        return;
    }
#endif
    const uint32_t wide = image->width * input->height;
    const uint32_t tall = image->height * input->width;
#if INK_FITTING
    if ((input->ways & INK_IMAGE_BORDER) != 0) {
        ink_image_axis_t *shorter = wide > tall ? down : across;
        uint32_t count = wide > tall ? tall / image->width : wide / image->height;
        count += count == 0;
        shorter->to = (shorter->count - count) / 2;
        shorter->count = count;
        return;
    }
#endif
    // the largest part with the input's aspect ratio, in the middle
    ink_image_axis_t *longer = wide > tall ? across : down;
    uint32_t size = wide > tall ? tall / input->height : wide / input->width;
    size += size == 0;
    longer->from = (longer->size - size) / 2;
    longer->size = size;
}

void ink_image_to_tensor(const ink_image_t *image, const ink_image_input_t *input, void *out) {
    ink_image_axis_t down;
    ink_image_axis_t across;
    fit(image, input, &down, &across);
    const ink_image_target_t target = target_of(input);
    const uint32_t step = input->channels * input->element_size;
    const uint32_t row_step = input->width * step;
    uint8_t *start = out;
#if INK_FITTING
    if (down.count != input->height || across.count != input->width) {
        for (uint32_t i = 0; i < input->height * input->width; i++) {
            ink_image_store(&target, INK_IMAGE_GRAYSCALE, 0, 0, 0, start + i * step);
        }
        start += down.to * row_step + across.to * step;
    }
    if ((input->ways & INK_IMAGE_SCALINGS) != 0 && down.size > 1 && across.size > 1) {
        if ((input->ways & INK_IMAGE_OPENMV) != 0) {
            ink_image_openmv(image, &down, &across, &target, start, row_step, step);
        } else {
            ink_image_bilinear(image, &down, &across, &target, start, row_step, step);
        }
        return;
    }
#endif
    ink_image_average(image, &down, &across, &target, start, row_step, step);
}
