// SPDX-License-Identifier: MIT
// Opens and runs a blob on random inputs, in memory of its size to the byte: for the programs here,
// each one C file, built with AddressSanitizer and UBSan.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/ink_listener.h"
#include "ink_operators.h"

// Plans beyond these are verified, but not run: they would only take long.
#define MOST_WORK (1u << 20)
#define MOST_ARENA (1u << 20)

static volatile size_t text_length; // so that no compiler leaves the reading out

// --- random numbers: splitmix64 ---

static uint64_t state;

static uint32_t any(void) {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

static uint32_t below(uint32_t limit) {
    return (uint32_t)(((uint64_t)any() * limit) >> 32);
}

// --- opening and running ---

static void fill_inputs(const ink_model_t *model) {
    for (uint32_t i = 0; i < model->header->n_inputs; i++) {
        uint32_t index = model->inputs[i].tensor;
        uint8_t *data = ink_tensor_data(model, index);
        for (uint32_t j = 0; j < model->tensors[index].size; j++) {
            data[j] = (uint8_t)any();
        }
    }
}

// Reads every string of an opened blob to its end.
static size_t read_strings(const ink_model_t *model) {
    const ink_header_t *header = model->header;
    size_t length = strlen(ink_string(model, header->name));
    for (uint32_t i = 0; i < header->n_tensors; i++) {
        length += strlen(ink_string(model, model->tensors[i].name));
    }
    for (uint32_t i = 0; i < header->n_operators; i++) {
        length += strlen(ink_string(model, model->operators[i].name));
    }
    for (uint32_t output = 0; output < header->n_outputs; output++) {
        for (uint32_t i = 0; i < ink_n_labels(model, output); i++) {
            length += strlen(ink_string(model, ink_labels(model, output)[i]));
        }
    }
    return length;
}

// Sound for two results and their scores, in memory as large as asked for to the byte.
static void listen(const ink_model_t *model, ink_error_t *error) {
    const ink_listener_settings_t settings = {
        .smoothing = 1 + below(3), .threshold = 0.5f, .stride = below(3)};
    const uint32_t size = ink_listener_size(model, settings.smoothing);
    if (size > MOST_ARENA) {
        return;
    }
    ink_listener_t listener;
    void *memory = malloc(size);
    ink_listener_start(&listener, model, memory, &settings);
    int16_t samples[333];
    const uint32_t shift = below(16);
    uint32_t left = 40000;
    for (uint32_t results = 0; results < 2 && left > 333; left -= 333) {
        for (uint32_t i = 0; i < 333; i++) {
            samples[i] = (int16_t)((int16_t)any() >> shift);
        }
        ink_listener_take(&listener, samples, 333);
        if (listener.due) {
            ink_listener_fill(&listener);
            ink_run(model, error);
            ink_listener_hear(&listener);
            results++;
        }
    }
    free(memory);
}

// The bytes of all outputs, FNV-1a.
static uint64_t add_outputs(uint64_t sum, const ink_model_t *model) {
    for (uint32_t i = 0; i < model->header->n_outputs; i++) {
        uint32_t index = model->outputs[i].tensor;
        const uint8_t *data = ink_tensor_data(model, index);
        for (uint32_t j = 0; j < model->tensors[index].size; j++) {
            sum = (sum ^ data[j]) * 0x100000001b3u;
        }
    }
    return sum;
}

// Runs it twice, because of states, and lets it listen where it does. `outputs` sums both up.
static ink_status_t run_opened(ink_model_t *model, ink_error_t *error, uint64_t *outputs) {
    void *arena = malloc(model->header->arena_size);
    ink_status_t status = ink_set_arena(model, arena, model->header->arena_size, error);
    *outputs = 0xcbf29ce484222325u;
    for (uint32_t i = 0; i < 2 && status == INK_OK; i++) {
        fill_inputs(model);
        status = ink_run(model, error);
        *outputs = add_outputs(*outputs, model);
    }
    if (status == INK_OK && ink_listener_input(model) < model->header->n_inputs) {
        listen(model, error);
        *outputs = add_outputs(*outputs, model);
    }
    if (!ink_is_unchanged(model)) {
        fprintf(stderr, "a run wrote to its blob\n");
        abort();
    }
    free(arena);
    return status;
}

// What became of a blob: `message` has an error's words. `outputs` is 0 where it did not run.
static ink_status_t open_and_run(
    const uint8_t *bytes, uint32_t size, uint64_t *outputs, char *message, size_t message_size) {
    ink_model_t model;
    ink_error_t error;
    *outputs = 0;
    // as large as the blob to the byte, so that a read past its end is seen
    uint8_t *copy = malloc(size);
    memcpy(copy, bytes, size);
    ink_status_t status = ink_open(&model, copy, size, &error);
    text_length = status == INK_OK ? read_strings(&model) : 0;
    if (status == INK_OK && model.work <= MOST_WORK && model.header->arena_size <= MOST_ARENA) {
        status = run_opened(&model, &error, outputs);
    }
    ink_error_message(&error, message, message_size);
    free(copy);
    return status;
}
