// SPDX-License-Identifier: MIT
// Walks two inputs that broadcast to an output's shape, in rows as long as their steps allow:
// tensors of one shape are a single row.
#include "ink_broadcast.h"
#include "ink_rest.h"

// Output dimensions that are walked together, the innermost first, with each input's step along
// them: 0 where it is repeated.
typedef struct {
    uint32_t rank;
    uint32_t count[INK_MAX_RANK], place[INK_MAX_RANK];
    uint32_t step0[INK_MAX_RANK], step1[INK_MAX_RANK];
} walk_t;

// Dimension i of a tensor, counted from the last; 1 where it has none.
static uint32_t dimension(const ink_tensor_t *tensor, uint32_t i) {
    return i < tensor->rank ? tensor->dims[tensor->rank - 1 - i] : 1;
}

static void walk_over(walk_t *walk, uint32_t count, uint32_t step0, uint32_t step1) {
    const uint32_t inner = walk->rank - 1;
    if (walk->rank > 0 && step0 == walk->step0[inner] * walk->count[inner] &&
        step1 == walk->step1[inner] * walk->count[inner]) {
        walk->count[inner] *= count;
        return;
    }
    walk->count[walk->rank] = count;
    walk->place[walk->rank] = 0;
    walk->step0[walk->rank] = step0;
    walk->step1[walk->rank] = step1;
    walk->rank += 1;
}

// A row that would take too long at once.
static void walk_long_row(ink_broadcast_row_t row, const void *params, const int8_t *input0,
    uint32_t step0, const int8_t *input1, uint32_t step1, int8_t *output, uint32_t count) {
    while (count > 0) {
        const uint32_t piece = count < INK_REST_STEPS ? count : INK_REST_STEPS;
        row(params, input0, step0, input1, step1, output, piece);
        input0 += step0 * piece;
        input1 += step1 * piece;
        output += piece;
        count -= piece;
        ink_rest(piece);
    }
}

void ink_broadcast(ink_broadcast_row_t row, const void *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data) {
    walk_t walk;
    uint32_t size0 = 1;
    uint32_t size1 = 1;
    walk.rank = 0;
    for (uint32_t i = 0; i < output->rank; i++) {
        const uint32_t dim0 = dimension(input0, i);
        const uint32_t dim1 = dimension(input1, i);
        if (dimension(output, i) > 1) {
            walk_over(&walk, dimension(output, i), dim0 > 1 ? size0 : 0, dim1 > 1 ? size1 : 0);
        }
        size0 *= dim0;
        size1 *= dim1;
    }
    if (walk.rank == 0) {
        walk_over(&walk, 1, 1, 1);
    }
    uint32_t done = 0;
    uint32_t level;
    do {
        if (walk.count[0] <= INK_REST_STEPS) {
            row(params, input0_data, walk.step0[0], input1_data, walk.step1[0], output_data,
                walk.count[0]);
        } else {
            walk_long_row(row, params, input0_data, walk.step0[0], input1_data, walk.step1[0],
                output_data, walk.count[0]);
        }
        output_data += walk.count[0];
        done = ink_rest_after(done, walk.count[0]);
        for (level = 1; level < walk.rank; level++) {
            input0_data += walk.step0[level];
            input1_data += walk.step1[level];
            if (++walk.place[level] < walk.count[level]) {
                break;
            }
            input0_data -= walk.step0[level] * walk.count[level];
            input1_data -= walk.step1[level] * walk.count[level];
            walk.place[level] = 0;
        }
    } while (level < walk.rank);
}
