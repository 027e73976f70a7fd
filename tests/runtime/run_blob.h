// SPDX-License-Identifier: MIT
// Opens and runs a blob on random inputs, in memory of its size to the byte: for programs of one C
// file each, which say where that comes from (malloc_memory.h).
#ifndef RUN_BLOB_H
#define RUN_BLOB_H

#include <string.h>

#include "audio/ink_listener.h"
#include "ink_operators.h"
#include "random_numbers.h"

// Plans beyond these are verified, but not run: they would only take long.
#define MOST_WORK (1u << 24)
#define MOST_ARENA (1u << 20)

// Given by the program: memory as large as asked for, to the byte, for a copy of the blob that is
// then only read, for the arena, and for a listener; the end of its use; and the end of everything.
static const uint8_t *lend_blob(const uint8_t *bytes, uint32_t size);
static void *lend_arena(uint32_t size);
static void *lend_listener(uint32_t size);
static void give_back(const void *memory);
static void give_up(const char *words);

// What runs, 0 between, and how often each kernel ran to its end, by its number.
#define KERNEL_NUMBERS 64
static uint32_t kernel_now;
static uint32_t kernel_runs[KERNEL_NUMBERS];

// Of the last blob that was opened: what its steering is held to before each run, its steps.
static uint32_t steering[2];
static uint32_t steps;

static volatile size_t text_length; // so that no compiler leaves the reading out

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

static ink_status_t run_operators(const ink_model_t *model, ink_error_t *error) {
    ink_status_t status = INK_OK;
    for (uint32_t i = 0; i < model->header->n_operators && status == INK_OK; i++) {
        kernel_now = model->operators[i].kernel;
        status = ink_run_operator(model, i, error);
        kernel_runs[kernel_now % KERNEL_NUMBERS]++;
        kernel_now = 0;
    }
    return status;
}

// Sound for two results and their scores, in memory of its own.
static void listen(const ink_model_t *model, ink_error_t *error) {
    ink_listener_settings_t settings = {.threshold = 0.5f};
    settings.smoothing = 1 + below(3);
    settings.stride = below(3);
    const uint32_t size = ink_listener_size(model, settings.smoothing);
    if (size > MOST_ARENA) {
        return;
    }
    ink_listener_t listener;
    void *memory = lend_listener(size);
    ink_listener_start(&listener, model, memory, &settings);
    static int16_t samples[333]; // not on the stack, which tests/guarded measures
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
    give_back(memory);
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
    void *arena = lend_arena(model->header->arena_size);
    ink_status_t status = ink_set_arena(model, arena, model->header->arena_size, error);
    *outputs = 0xcbf29ce484222325u;
    for (uint32_t i = 0; i < 2 && status == INK_OK; i++) {
        fill_inputs(model);
        status = run_operators(model, error);
        *outputs = add_outputs(*outputs, model);
    }
    if (status == INK_OK && ink_listener_input(model) < model->header->n_inputs) {
        listen(model, error);
        *outputs = add_outputs(*outputs, model);
    }
    if (!ink_is_unchanged(model)) {
        give_up("a run wrote to its blob");
    }
    give_back(arena);
    return status;
}

// What became of a blob: `message` has an error's words. `outputs` is 0 where it did not run.
static ink_status_t open_and_run(
    const uint8_t *bytes, uint32_t size, uint64_t *outputs, char *message, size_t message_size) {
    ink_model_t model;
    ink_error_t error;
    *outputs = 0;
    const uint8_t *copy = lend_blob(bytes, size);
    ink_status_t status = ink_open(&model, copy, size, &error);
    text_length = status == INK_OK ? read_strings(&model) : 0;
    memcpy(steering, model.sums, sizeof(steering));
    steps = model.work;
    if (status == INK_OK && model.work <= MOST_WORK && model.header->arena_size <= MOST_ARENA) {
        status = run_opened(&model, &error, outputs);
    }
    ink_error_message(&error, message, message_size);
    give_back(copy);
    return status;
}

#endif
