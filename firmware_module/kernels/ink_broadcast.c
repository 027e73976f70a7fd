// SPDX-License-Identifier: MIT
// Walks two inputs that broadcast to an output's shape, a row of the last dimension at a time.
#include "ink_broadcast.h"

// An input's steps through its data along each of the output's dimensions: 0 where it is repeated.
static void find_steps(
    const ink_tensor_t *input, const ink_tensor_t *output, uint32_t steps[INK_MAX_RANK]) {
    uint32_t size = 1;
    for (uint32_t i = 1; i <= INK_MAX_RANK; i++) {
        const uint32_t dim = i <= input->rank ? input->dims[input->rank - i] : 1;
        steps[INK_MAX_RANK - i] = dim > 1 && i <= output->rank ? size : 0;
        size *= dim;
    }
}

void ink_broadcast(ink_broadcast_row_t row, const void *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data) {
    uint32_t count[INK_MAX_RANK];
    uint32_t step0[INK_MAX_RANK];
    uint32_t step1[INK_MAX_RANK];
    uint32_t place[INK_MAX_RANK] = {0};
    uint32_t rows = 1;
    find_steps(input0, output, step0);
    find_steps(input1, output, step1);
    for (uint32_t i = 1; i <= INK_MAX_RANK; i++) {
        count[INK_MAX_RANK - i] = i <= output->rank ? output->dims[output->rank - i] : 1;
        rows *= i > 1 ? count[INK_MAX_RANK - i] : 1;
    }
    const uint32_t last = INK_MAX_RANK - 1;
    for (; rows > 0; rows--) {
        uint32_t offset0 = 0;
        uint32_t offset1 = 0;
        for (uint32_t i = 0; i < last; i++) {
            offset0 += place[i] * step0[i];
            offset1 += place[i] * step1[i];
        }
        row(params, input0_data + offset0, step0[last], input1_data + offset1, step1[last],
            output_data, count[last]);
        output_data += count[last];
        // the next place, counting up from the last dimension but one
        for (uint32_t i = last; i-- > 0;) {
            if (++place[i] < count[i]) {
                break;
            }
            place[i] = 0;
        }
    }
}
