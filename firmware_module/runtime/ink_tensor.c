// SPDX-License-Identifier: MIT
// A tensor of a verified model: where its bytes lie, how many elements they are.
#include "ink_call.h"

void *ink_tensor_data(const ink_model_t *model, uint32_t index) {
    return ink_tensor_bytes(model, &model->tensors[index]);
}

#if INK_WIDE
uint32_t ink_element_size(uint32_t dtype) {
    return ink_is_wide(dtype) ? 4 : 1;
}
#endif

uint32_t ink_tensor_elements(const ink_tensor_t *tensor) {
    return tensor->size / ink_element_size(tensor->dtype);
}
