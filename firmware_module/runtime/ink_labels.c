// SPDX-License-Identifier: MIT
// The labels of a model's outputs. Those of output 0 are the header's, another's are its record's.
#include "inkling.h"

// Where an output's labels start in the blob; 0 where it has none.
static uint32_t labels_offset(const ink_model_t *model, uint32_t output) {
    const ink_header_t *header = model->header;
    return output != 0             ? model->outputs[output].labels
           : header->n_labels != 0 ? header->labels_offset
                                   : 0;
}

uint32_t ink_n_labels(const ink_model_t *model, uint32_t output) {
    return labels_offset(model, output) == 0
               ? 0
               : ink_tensor_elements(&model->tensors[model->outputs[output].tensor]);
}

const uint32_t *ink_labels(const ink_model_t *model, uint32_t output) {
    return (const uint32_t *)(model->blob + labels_offset(model, output));
}
