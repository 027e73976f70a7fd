// SPDX-License-Identifier: MIT
// Prints every field of a blob as the C structs see it, a record a line: a test compares them with
// what the writer was given.
#include <stdio.h>
#include <stdlib.h>

#include "inkling.h"

static void print_header(const ink_model_t *model) {
    const ink_header_t *h = model->header;
    printf("header %u %u %u %u %u %u %u %u %u %u %u %s\n", h->version, h->header_size, h->blob_size,
        h->target, h->memory, h->arena_size, h->n_tensors, h->n_operators, h->n_inputs,
        h->n_outputs, h->n_labels, ink_string(model, h->name));
}

static void print_tensor(const ink_model_t *model, const ink_tensor_t *t) {
    printf("tensor %u %u %u %u %u", t->dtype, t->rank, t->place, t->offset, t->size);
    for (int i = 0; i < INK_MAX_RANK; i++) {
        printf(" %u", t->dims[i]);
    }
    printf(" %.9g %d %s\n", (double)t->scale, t->zero_point, ink_string(model, t->name));
}

static void print_operator(const ink_model_t *model, const ink_operator_t *op) {
    const int32_t *params = (const int32_t *)(model->blob + op->params_offset);
    printf("operator %u %u %u %u %u %u %u %u", op->kernel, op->source_index, op->input0, op->input1,
        op->output, op->scratch_offset, op->scratch_size, op->macs);
    for (uint32_t i = 0; i < op->params_size / 4; i++) {
        printf(" %d", params[i]);
    }
    printf(" %s %s\n", ink_kernel_name(op->kernel), ink_string(model, op->name));
}

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: dump_blob BLOB\n");
        return 2;
    }
    void *blob = malloc(1 << 24);
    size_t size = fread(blob, 1, 1 << 24, file);
    fclose(file);
    ink_model_t model;
    ink_error_t error;
    if (ink_open(&model, blob, size, &error) != INK_OK) {
        char message[200];
        ink_error_message(&error, message, sizeof(message));
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    print_header(&model);
    for (uint32_t i = 0; i < model.header->n_tensors; i++) {
        print_tensor(&model, &model.tensors[i]);
    }
    for (uint32_t i = 0; i < (uint32_t)model.header->n_inputs + model.header->n_outputs; i++) {
        printf("io %u %u %u\n", model.inputs[i].tensor, model.inputs[i].image_flags,
            model.inputs[i].image_table);
    }
    for (uint32_t i = 0; i < model.header->n_operators; i++) {
        print_operator(&model, &model.operators[i]);
    }
    for (uint32_t output = 0; output < model.header->n_outputs; output++) {
        for (uint32_t i = 0; i < ink_n_labels(&model, output); i++) {
            printf("label %s\n", ink_string(&model, ink_labels(&model, output)[i]));
        }
    }
    free(blob);
    return 0;
}
