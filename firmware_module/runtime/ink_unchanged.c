// SPDX-License-Identifier: MIT
// Whether what steers a run is as it was verified. First the header and the records, whose places
// and counts are kept; once they are as they were, what they lead to: parameters, tables, front
// ends. Where these have changed, they lead anywhere: each place is held against the blob's end.
#include <string.h>

#include "audio/ink_front_end.h"
#include "ink_operators.h"
#include "ink_options.h"
#include "ink_verify.h"

typedef struct {
    const ink_model_t *model;
    uint32_t sum;
} sum_t;

static inline uint32_t mixed(uint32_t sum, const uint8_t *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof(word)); // a table may have moved to any address
    sum = word ^ (sum << 5 | sum >> 27);
    return sum + (sum << 3);
}

static void add(sum_t *sum, const void *data, uint32_t size) {
    const uint8_t *bytes = data;
    uint32_t value = sum->sum;
#ifndef INKLING_SMALL
    for (; size >= 16; size -= 16) {
        value = mixed(value, bytes);
        value = mixed(value, bytes + 4);
        value = mixed(value, bytes + 8);
        value = mixed(value, bytes + 12);
        bytes += 16;
    }
#endif
    for (; size >= 4; size -= 4) {
        value = mixed(value, bytes);
        bytes += 4;
    }
    for (; size != 0; size--) {
        value = (value ^ *bytes++) * 33;
    }
    sum->sum = value;
}

static void add_table(sum_t *sum, ink_table_t table) {
    const uint32_t end = sum->model->blob_size;
    if (table.offset <= end && table.size <= end - table.offset) {
        add(sum, sum->model->blob + table.offset, table.size);
    }
}

static uint32_t sum_records(const ink_model_t *model) {
    sum_t sum = {model, 0};
    const uint32_t n_io = (uint32_t)model->n_inputs + model->n_outputs;
    add(&sum, model->header, sizeof(ink_header_t));
    add(&sum, model->tensors, model->n_tensors * (uint32_t)sizeof(ink_tensor_t));
    add(&sum, model->operators, model->n_operators * (uint32_t)sizeof(ink_operator_t));
    add(&sum, model->inputs, n_io * (uint32_t)sizeof(ink_io_t));
    return sum.sum;
}

// Of what the records lead to, which are as they were.
static uint32_t sum_parameters(const ink_model_t *model) {
    sum_t sum = {model, 0};
    for (uint32_t i = 0; i < model->n_operators; i++) {
        const ink_operator_t *op = &model->operators[i];
        const ink_kernel_t *kernel = ink_find_kernel(op->kernel);
        add(&sum, model->blob + op->params_offset, op->params_size);
        if (INK_TABLES && kernel->tables != NULL) {
            ink_table_t tables[2];
            ink_call_t call;
            call.model = model;
            call.params = model->blob + op->params_offset;
            call.input0 = &model->tensors[op->input0];
            call.output = &model->tensors[op->output];
            kernel->tables(&call, tables);
            add_table(&sum, tables[0]);
            add_table(&sum, tables[1]);
        }
    }
    for (uint32_t i = 0; INK_AUDIO && i < model->n_inputs; i++) {
        if (model->inputs[i].image_flags == INK_FRONT_END) {
            const uint32_t offset = model->inputs[i].front_end;
            const ink_front_end_t *record = (const ink_front_end_t *)(model->blob + offset);
            ink_table_t edges = {record->edges, (record->bands + 2) * 2};
            add(&sum, record, sizeof(*record));
            add_table(&sum, edges);
        }
    }
    return sum.sum;
}

void ink_sum_up(ink_model_t *model) {
    model->sums[0] = sum_records(model);
    model->sums[1] = sum_parameters(model);
}

bool ink_is_unchanged(const ink_model_t *model) {
    return sum_records(model) == model->sums[0] && sum_parameters(model) == model->sums[1];
}
