// SPDX-License-Identifier: MIT
// A tensor of a verified model: where its bytes lie, how many elements they are.
#include "inkling.h"

void *ink_tensor_data(const ink_model_t *model, uint32_t index) {
    const ink_tensor_t *tensor = &model->tensors[index];
    // a constant is only ever read
    return tensor->place == INK_PLACE_ARENA ? model->arena + tensor->offset
                                            : (uint8_t *)model->blob + tensor->offset;
}

uint32_t ink_element_size(uint32_t dtype) {
    return dtype >= INK_DTYPE_FLOAT32 ? 4 : 1;
}

uint32_t ink_tensor_elements(const ink_tensor_t *tensor) {
    return tensor->size / ink_element_size(tensor->dtype);
}
