// SPDX-License-Identifier: MIT
// Peaks of a tensor, and soft non-maximum suppression of boxes.
#include "ink_detect.h"

#include <string.h>

#include "ink_options.h"

#if INK_DETECT

static int32_t flipped(int32_t bits) {
    return bits ^ (int32_t)((uint32_t)(bits >> 31) >> 1);
}

// A float's bits in the order of the numbers; NaN is the least.
static int32_t ordered(float value) {
    if (value != value) {
        return INT32_MIN;
    }
    value += 0.0f; // no minus zero
    int32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return flipped(bits);
}

float ink_map_real(const ink_tensor_t *tensor, int32_t value) {
    if (tensor->dtype != INK_DTYPE_FLOAT32) {
        return tensor->scale * (float)(value - tensor->zero_point);
    }
    int32_t bits = flipped(value);
    float real;
    memcpy(&real, &bits, sizeof(real));
    return real;
}

static inline ink_cell_t best_of(const ink_map_t *map, uint32_t index) {
    const uint32_t last = map->last;
    ink_cell_t best = {INT32_MIN, map->first};
    if (map->dtype == INK_DTYPE_FLOAT32) {
        for (uint32_t i = map->first; i < last; i++, index += map->inner) {
            int32_t value = ordered(((const float *)map->values)[index]);
            if (value > best.value) {
                best = (ink_cell_t){value, i};
            }
        }
        return best;
    }
    const int32_t flip = map->dtype == INK_DTYPE_INT8 ? 128 : 0;
    const uint8_t *stored = (const uint8_t *)map->values + index;
    for (uint32_t i = map->first; i < last; i++, stored += map->inner) {
        int32_t value = *stored ^ flip; // 128 greater, if signed
        if (value > best.value) {
            best = (ink_cell_t){value, i};
        }
    }
    best.value -= flip;
    return best;
}

uint32_t ink_map_next(const ink_map_t *map, uint32_t cell, int32_t threshold, ink_cell_t *found) {
    const uint32_t inner = map->inner;
    const uint32_t cells = map->cells;
    const uint32_t flip = map->dtype == INK_DTYPE_INT8 ? 128 : 0;
    const uint32_t size = (map->last - map->first) * inner;
    for (; cell < cells; cell++) {
        const uint32_t index = (cell / inner * map->n_classes + map->first) * inner + cell % inner;
        if (map->dtype != INK_DTYPE_FLOAT32) {
            // most cells have no class above: no need to know their best one
            const uint8_t *stored = (const uint8_t *)map->values + index;
            const uint8_t *end = stored + size;
            while (stored != end && (int32_t)(*stored ^ flip) - (int32_t)flip <= threshold) {
                stored += inner;
            }
            if (stored == end) {
                continue;
            }
        }
        *found = best_of(map, index);
        if (found->value > threshold) {
            break;
        }
    }
    return cell;
}

int32_t ink_map_threshold(const ink_tensor_t *tensor, float threshold) {
    if (tensor->dtype == INK_DTYPE_FLOAT32) {
        return threshold != threshold ? INT32_MAX : ordered(threshold);
    }
    int32_t high = tensor->dtype == INK_DTYPE_INT8 ? 127 : 255;
    int32_t low = high - 256;
    while (low < high) {
        // as values are dequantized, so that none is above by another rounding
        int32_t middle = (low + high + 1) >> 1;
        if (ink_map_real(tensor, middle) > threshold) {
            high = middle - 1;
        } else {
            low = middle;
        }
    }
    return low;
}

bool ink_map_is_peak(const ink_map_t *map, uint32_t cell, int32_t value, uint32_t near) {
    uint32_t x = cell % map->width;
    uint32_t y = cell / map->width;
    uint32_t height = map->cells / map->width;
    uint32_t left = x > near ? x - near : 0;
    uint32_t right = map->width - 1 - x > near ? x + near : map->width - 1;
    uint32_t bottom = height - 1 - y > near ? y + near : height - 1;
    for (uint32_t row = y > near ? y - near : 0; row <= bottom; row++) {
        ink_map_t part = *map;
        part.cells = row * map->width + right + 1;
        ink_cell_t other;
        for (uint32_t i = part.cells - 1 - right + left;
            (i = ink_map_next(&part, i, value - 1, &other)) < part.cells; i++) {
            if (other.value > value || i < cell) {
                return false;
            }
        }
    }
    return true;
}

// Rounded by itself: fused with a sum, as compilers may, it would give other bits on some boards.
static float times(float a, float b) {
    volatile float product = a * b;
    return product;
}

// The area that two boxes share, as a part of what they cover together.
static float overlap(const ink_box_t *a, const ink_box_t *b) {
    float left = a->x > b->x ? a->x : b->x;
    float top = a->y > b->y ? a->y : b->y;
    float a_right = a->x + a->width;
    float b_right = b->x + b->width;
    float a_bottom = a->y + a->height;
    float b_bottom = b->y + b->height;
    float across = (a_right < b_right ? a_right : b_right) - left;
    float down = (a_bottom < b_bottom ? a_bottom : b_bottom) - top;
    if (!(across > 0 && down > 0)) {
        return 0;
    }
    float shared = times(across, down);
    return shared / (times(a->width, a->height) + times(b->width, b->height) - shared);
}

// exp(-x) of an x of 0 or more, to 2^-22 of itself; below 2^-125 it is 0, and of NaN.
static float decay(float x) {
    float halvings = times(x, 1.44269504f);
    if (!(halvings < 125.0f)) {
        return 0;
    }
    uint32_t whole = (uint32_t)halvings;
    float part = halvings - (float)whole;
    float value = -0.000943510851f;
    value = times(value, part) + 0.00920217671f;
    value = times(value, part) - 0.0552940406f;
    value = times(value, part) + 0.240178898f;
    value = times(value, part) - 0.693143547f;
    value = times(value, part) + 1.0f; // 2^-part
    uint32_t bits = (127 - whole) << 23;
    float power;
    memcpy(&power, &bits, sizeof(power));
    return value * power;
}

uint32_t ink_suppress(ink_box_t *boxes, uint32_t count, float threshold, float sigma) {
    float slope = sigma > 0 ? 1.0f / sigma : 0;
    uint32_t kept = 0;
    while (kept < count) {
        uint32_t best = kept;
        for (uint32_t i = kept + 1; i < count; i++) {
            bool earlier =
                boxes[i].score == boxes[best].score && boxes[i].index < boxes[best].index;
            if (boxes[i].score > boxes[best].score || earlier) {
                best = i;
            }
        }
        ink_box_t taken = boxes[best];
        boxes[best] = boxes[kept];
        boxes[kept++] = taken;
        uint32_t left = kept;
        for (uint32_t i = kept; i < count; i++) {
            float shared = overlap(&taken, &boxes[i]);
            float score = boxes[i].score;
            if (shared > 0) {
                score *= decay(slope * shared * shared);
            }
            if (score > 0 && score >= threshold) {
                boxes[left] = boxes[i];
                boxes[left++].score = score;
            }
        }
        count = left;
    }
    return kept;
}

#endif
