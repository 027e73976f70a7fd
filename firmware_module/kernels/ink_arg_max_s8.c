// SPDX-License-Identifier: MIT
// Where the greatest or least int8 along a dimension is; the first of equal ones.
#include "ink_kernels.h"
#include "ink_rest.h"

void ink_arg_max_s8(const ink_arg_max_params_t *params, const ink_tensor_t *input,
    const int8_t *input_data, int32_t *output_data) {
    const uint32_t axis = (uint32_t)params->axis;
    const int32_t sign = params->minimum ? -1 : 1;
    const uint32_t count = input->dims[axis];
    uint32_t outer = 1;
    uint32_t inner = 1;
    for (uint32_t i = 0; i < axis; i++) {
        outer *= input->dims[i];
    }
    for (uint32_t i = axis + 1; i < input->rank; i++) {
        inner *= input->dims[i];
    }
    uint32_t done = 0;
    for (; outer > 0; outer--) {
        for (uint32_t i = 0; i < inner; i++) {
            const int8_t *value = input_data + i;
            int32_t best = sign * *value;
            uint32_t place = 0;
            for (uint32_t j = 1; j < count; j++) {
                value += inner;
                if (sign * *value > best) {
                    best = sign * *value;
                    place = j;
                }
            }
            *output_data++ = (int32_t)place;
            done = ink_rest_after(done, count);
        }
        input_data += count * inner;
    }
}
