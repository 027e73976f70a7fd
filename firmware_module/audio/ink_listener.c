// SPDX-License-Identifier: MIT
// Rings of samples, frames and results. Means are of whole numbers, and a score is one product of
// floats: the same bits on every machine.
#include "ink_listener.h"

#include <string.h>

#include "ink_audio_arithmetic.h"
#include "kernels/ink_copy_bytes.h"

#define FLOAT_STEPS 16384 // a float32 output's, from -2 to 2

uint32_t ink_listener_input(const ink_model_t *model) {
    uint32_t input = 0;
    while (input < model->header->n_inputs && model->inputs[input].image_flags != INK_FRONT_END) {
        input++;
    }
    return input;
}

static const ink_front_end_t *record_of(const ink_model_t *model) {
    const ink_io_t *io = &model->inputs[ink_listener_input(model)];
    return (const ink_front_end_t *)(model->blob + io->front_end);
}

static uint32_t n_scores_of(const ink_model_t *model) {
    return ink_tensor_elements(&model->tensors[model->outputs[0].tensor]);
}

// Samples that are kept, or read as the window's zeros.
static uint32_t samples_of(const ink_listener_t *listener) {
    const uint32_t heard = listener->blocks * listener->record->hop;
    const uint32_t fft_size = listener->record->fft_size;
    return heard < fft_size ? fft_size : heard;
}

// Gives out the next `size` bytes of `memory`, which may be NULL.
static void *part(uint8_t *memory, uint32_t *used, uint32_t size) {
    void *start = memory == NULL ? NULL : memory + *used;
    *used += (size + 7) & ~7u;
    return start;
}

// Lays the listener's memory out; returns how much it is.
static uint32_t lay_out(ink_listener_t *listener, uint8_t *memory) {
    const ink_front_end_t *record = listener->record;
    const uint32_t words = listener->n_scores;
    const uint32_t hops = listener->frames + listener->blocks - 1;
    uint32_t used = 0;
    listener->features.work = part(memory, &used, ink_features_work(record) * 4);
    listener->features.estimate = part(memory, &used, record->bands * 4);
    listener->samples = part(memory, &used, samples_of(listener) * 2);
    listener->peaks = part(memory, &used, record->peak == 0 ? 0 : hops * 2);
    listener->first = part(memory, &used, record->peak == 0 ? 0 : listener->frames * 4);
    listener->values = part(memory, &used, record->coefficients * 4);
    listener->stored = part(memory, &used, listener->frames * record->coefficients);
    listener->history = part(memory, &used, listener->settings.smoothing * words * 2);
    listener->sums = part(memory, &used, words * 4);
    listener->scores = part(memory, &used, words * 4);
    listener->words = part(memory, &used, words);
    return used;
}

static void find_sizes(ink_listener_t *listener, const ink_model_t *model) {
    listener->input = ink_listener_input(model);
    listener->record = record_of(model);
    const ink_front_end_t *record = listener->record;
    listener->frames =
        model->tensors[model->inputs[listener->input].tensor].size / record->coefficients;
    listener->blocks = (record->window + record->hop - 1) / record->hop;
    listener->n_scores = n_scores_of(model);
}

uint32_t ink_listener_size(const ink_model_t *model, uint32_t smoothing) {
    ink_listener_t listener;
    find_sizes(&listener, model);
    listener.settings.smoothing = smoothing;
    return lay_out(&listener, NULL);
}

void ink_listener_start(ink_listener_t *listener, const ink_model_t *model, void *memory,
    const ink_listener_settings_t *settings) {
    memset(listener, 0, sizeof(*listener));
    listener->model = model;
    listener->settings = *settings;
    find_sizes(listener, model);
    if (listener->settings.stride == 0) {
        listener->settings.stride = listener->record->stride;
    }
    listener->features.record = listener->record;
    listener->features.blob = model->blob;
    lay_out(listener, memory);
    memset(listener->samples, 0, samples_of(listener) * 2);
    const ink_tensor_t *output = &model->tensors[model->outputs[0].tensor];
    listener->unit = output->dtype == INK_DTYPE_FLOAT32 ? 1.0f / FLOAT_STEPS : output->scale;
    memset(listener->words, 1, listener->n_scores);
    ink_listener_reset(listener);
}

void ink_listener_reset(ink_listener_t *listener) {
    const ink_front_end_t *record = listener->record;
    ink_reset(listener->model);
    memset(listener->features.estimate, 0, record->bands * 4);
    if (record->peak != 0) {
        memset(listener->peaks, 0, (listener->frames + listener->blocks - 1) * 2);
    }
    memset(listener->history, 0, listener->settings.smoothing * listener->n_scores * 2);
    memset(listener->sums, 0, listener->n_scores * 4);
    memset(listener->scores, 0, listener->n_scores * 4);
    listener->filled = 0;
    listener->n_peaks = 0;
    listener->n_frames = 0;
    listener->n_results = 0;
    listener->waiting = listener->frames;
    listener->resting = 0;
    listener->held = INK_NO_WORD;
    listener->word = INK_NO_WORD;
    listener->due = false;
}

void ink_listener_cut(ink_listener_t *listener) {
    listener->filled = 0;
}

uint32_t ink_listener_hop(const ink_listener_t *listener) {
    return listener->settings.stride * listener->record->hop;
}

uint32_t ink_listener_results(const ink_listener_t *listener, uint32_t milliseconds) {
    // in parts of 1/1000 s of a hop, without a division of 64 bits
    const uint32_t rate = listener->record->sample_rate;
    const uint32_t whole = milliseconds / 1000 * rate;
    const uint32_t rest =
        milliseconds % 1000 * (rate / 1000) + milliseconds % 1000 * (rate % 1000) / 1000;
    const uint32_t hop = ink_listener_hop(listener);
    return (whole + rest + hop - 1) / hop;
}

// --- frames

static uint32_t peak_of(const ink_listener_t *listener) {
    if (listener->record->peak == 0) {
        return 32768;
    }
    int32_t most = 1;
    const uint32_t count = listener->frames + listener->blocks - 1;
    for (uint32_t i = 0; i < count; i++) {
        most = listener->peaks[i] > most ? listener->peaks[i] : most;
    }
    return (uint32_t)most;
}

static const ink_tensor_t *input_of(const ink_listener_t *listener) {
    const ink_model_t *model = listener->model;
    return &model->tensors[model->inputs[listener->input].tensor];
}

// Coefficient 0 of a frame with sound divided by its peak, as it is stored.
static void store_without_peak(
    const ink_listener_t *listener, int32_t value, int32_t gain, uint8_t *stored) {
    const ink_front_end_t *record = listener->record;
    value = ink_subtract(value, gain);
    value = value < record->lowest ? record->lowest : value;
    ink_features_store(record, input_of(listener)->zero_point, &value, stored, 1);
}

static void make_frame(ink_listener_t *listener) {
    const ink_front_end_t *record = listener->record;
    const uint32_t place = listener->n_frames % listener->frames;
    int32_t *values = listener->values;
    ink_features_frame(&listener->features, listener->samples, peak_of(listener), values);
    uint8_t *stored = listener->stored + place * record->coefficients;
    ink_features_store(
        record, input_of(listener)->zero_point, values, stored, record->coefficients);
    if (record->peak != 0) {
        listener->first[place] = values[0];
    } else if (record->kind == INK_FRONT_END_MFCC) {
        const int32_t gain = ink_features_peak_gain(&listener->features, peak_of(listener));
        store_without_peak(listener, values[0], gain, stored);
    }
    listener->n_frames++;
    listener->waiting--;
    listener->due = listener->waiting == 0;
}

// What is done when all blocks of samples are there: a frame, and room for another block.
static void finish_block(ink_listener_t *listener) {
    const uint32_t hop = listener->record->hop;
    const uint32_t all = listener->blocks * hop;
    if (listener->record->peak != 0) {
        const uint32_t count = listener->frames + listener->blocks - 1;
        listener->peaks[listener->n_peaks % count] =
            ink_features_loudest(listener->samples + listener->filled - hop, hop);
        listener->n_peaks++;
    }
    if (listener->filled == all) {
        make_frame(listener);
        listener->filled = all - hop;
        for (uint32_t at = 0; at < listener->filled; at += hop) {
            ink_copy_bytes(listener->samples + at, listener->samples + at + hop, hop * 2);
        }
    }
}

uint32_t ink_listener_take(ink_listener_t *listener, const void *samples, uint32_t count) {
    const uint8_t *from = samples;
    const uint32_t hop = listener->record->hop;
    uint32_t left = count;
    if (listener->filled >= listener->blocks * hop) {
        listener->filled = 0; // the last call was left between two lines, by Ctrl-C on a computer
    }
    while (left != 0 && !listener->due) {
        const uint32_t room = hop - listener->filled % hop;
        const uint32_t taken = left < room ? left : room;
        ink_copy_bytes(listener->samples + listener->filled, from, taken * 2);
        from += taken * 2;
        left -= taken;
        listener->filled += taken;
        if (taken == room) {
            finish_block(listener);
        }
    }
    return count - left;
}

void ink_listener_fill(ink_listener_t *listener) {
    const ink_front_end_t *record = listener->record;
    const uint32_t size = record->coefficients;
    const uint32_t oldest = listener->n_frames % listener->frames;
    const uint32_t newer = (listener->frames - oldest) * size;
    if (listener->settings.stride < listener->frames) {
        ink_reset(listener->model); // it hears frames again that its states have heard
    }
    uint8_t *input =
        ink_tensor_data(listener->model, listener->model->inputs[listener->input].tensor);
    ink_copy_bytes(input, listener->stored + oldest * size, newer);
    ink_copy_bytes(input + newer, listener->stored, oldest * size);
    if (record->peak != 0) {
        const int32_t gain = ink_features_peak_gain(&listener->features, peak_of(listener));
        uint32_t place = oldest;
        for (uint32_t i = 0; i < listener->frames; i++) {
            store_without_peak(listener, listener->first[place], gain, input + i * size);
            place = place + 1 == listener->frames ? 0 : place + 1;
        }
    }
    listener->due = false;
    listener->waiting = listener->settings.stride;
}

// --- results

// Output `index` as a whole number of units.
static int16_t unit_of(const ink_tensor_t *tensor, const void *data, uint32_t index) {
    switch (tensor->dtype) {
    case INK_DTYPE_INT8:
        return (int16_t)(((const int8_t *)data)[index] - tensor->zero_point);
    case INK_DTYPE_UINT8:
        return (int16_t)(((const uint8_t *)data)[index] - tensor->zero_point);
    case INK_DTYPE_FLOAT32: {
        const float scaled = ((const float *)data)[index] * FLOAT_STEPS;
        // not a number is 0
        return (int16_t)(scaled >= 32767.0f    ? 32767
                         : scaled <= -32768.0f ? -32768
                         : scaled == scaled    ? (int32_t)scaled
                                               : 0);
    }
    default: {
        const int32_t value = ((const int32_t *)data)[index];
        return (int16_t)(value < -32768 ? -32768 : value > 32767 ? 32767 : value);
    }
    }
}

static void add_result(ink_listener_t *listener) {
    const ink_model_t *model = listener->model;
    const uint32_t index = model->outputs[0].tensor;
    const void *data = ink_tensor_data(model, index);
    const uint32_t words = listener->n_scores;
    const uint32_t smoothing = listener->settings.smoothing;
    int16_t *history = listener->history + listener->n_results % smoothing * words;
    listener->n_results++;
    const uint32_t count = listener->n_results < smoothing ? listener->n_results : smoothing;
    const float unit = listener->unit / (float)count;
    for (uint32_t i = 0; i < words; i++) {
        const int16_t units = unit_of(&model->tensors[index], data, i);
        listener->sums[i] += units - history[i];
        history[i] = units;
        listener->scores[i] = (float)listener->sums[i] * unit;
    }
}

void ink_listener_hear(ink_listener_t *listener) {
    const ink_listener_settings_t *settings = &listener->settings;
    add_result(listener);
    listener->word = INK_NO_WORD;
    const float *scores = listener->scores;
    int32_t best = INK_NO_WORD;
    for (uint32_t i = 0; i < listener->n_scores; i++) {
        if (listener->words[i] != 0 && (best == INK_NO_WORD || scores[i] > scores[best])) {
            best = (int32_t)i;
        }
    }
    const float released = settings->threshold - settings->hysteresis;
    if (listener->held != INK_NO_WORD && scores[listener->held] < released) {
        listener->held = INK_NO_WORD;
    }
    if (listener->resting != 0) {
        listener->resting--;
        return;
    }
    if (best != INK_NO_WORD && best != listener->held && scores[best] >= settings->threshold) {
        listener->word = best;
        listener->held = best;
        listener->resting = settings->refractory;
    }
}
