// SPDX-License-Identifier: MIT
// Verifies a front end whole: its numbers, where its tables lie, and the table of edges, which the
// others are read by. Trusts nothing; docs/blob-format.md is what it checks.
#include "ink_front_end.h"

#include "ink_options.h"

#if INK_AUDIO

#define FIELD(field, min, max)                                                                     \
    INK_RECORD_FIELD(INK_ERROR_FRONT_END, ink_front_end_t, field, min, max)
#define MOST_FLOOR_SHIFT 31

static const ink_record_field_t FIELDS[] = {
    FIELD(kind, INK_FRONT_END_MFCC, INK_FRONT_END_MICRO),
    FIELD(sample_rate, 1, 1u << 20),
    FIELD(window, 2, 2048),
    FIELD(hop, 1, 8192),
    FIELD(bands, 1, INK_MAX_BANDS),
    FIELD(peak, 0, 1),
    FIELD(gain_shift, 0, 62),
    FIELD(toward_zero, 0, 1),
    FIELD(smoothing_bits, 0, 31),
    FIELD(snr_shift, 0, 31),
    FIELD(correction_bits, 0, 31),
    FIELD(scale_shift, 0, 31),
};

static bool check_numbers(
    ink_check_t *check, const ink_front_end_t *record, const ink_tensor_t *tensor) {
    const ink_status_t bad = INK_ERROR_FRONT_END;
    const bool mfcc = record->kind == INK_FRONT_END_MFCC;
    if (record->fft_size != 128 && record->fft_size != 512 && record->fft_size != 2048) {
        return ink_refuse_plainly(check, bad, "fft_size is not 128, 512 or 2048");
    }
    if (tensor->dtype != INK_DTYPE_INT8 && tensor->dtype != INK_DTYPE_UINT8) {
        return ink_refuse_plainly(check, bad, "it is for an input that is not int8 or uint8");
    }
    const int32_t lowest = tensor->dtype == INK_DTYPE_INT8 ? -128 : 0;
    const uint32_t coefficients = record->coefficients;
    if (!ink_check_multiple(check, bad, "window", record->window, 2) ||
        !ink_check_word(check, bad, "fft_size", record->fft_size, record->window, UINT32_MAX) ||
        !ink_check_word(
            check, bad, "coefficients", coefficients, mfcc ? 1 : record->bands, record->bands) ||
        !ink_check_between(check, bad, "floor_shift", record->floor_shift, -63, MOST_FLOOR_SHIFT) ||
        !ink_check_between(check, bad, "min", record->min, lowest, lowest + 255) ||
        !ink_check_between(check, bad, "max", record->max, record->min, lowest + 255)) {
        return false;
    }
    const uint32_t frames = tensor->size / coefficients;
    return ink_check_same(check, bad, "its input's size", tensor->size, frames * coefficients) &&
           ink_check_word(check, bad, "its number of frames", frames, 1, INK_MAX_FRAMES) &&
           ink_check_word(check, bad, "stride", record->stride, 1, frames);
}

static bool check_edges(ink_check_t *check, const ink_front_end_t *record) {
    const uint16_t *edges = (const uint16_t *)(check->model->blob + record->edges);
    uint32_t before = 1;
    for (uint32_t i = 0; i < record->bands + 2; i++) {
        if (!ink_check_word(
                check, INK_ERROR_FRONT_END, "an edge", edges[i], before, record->fft_size / 2)) {
            return false;
        }
        before = edges[i];
    }
    return true;
}

static bool check_tables(ink_check_t *check, const ink_front_end_t *record) {
    const uint32_t points = record->fft_size / 2;
    const uint32_t twiddles = 2 * (points - 4); // six a butterfly
    const bool micro = record->kind == INK_FRONT_END_MICRO;
    const uint32_t bands = record->bands;
    if (!ink_check_data(check, "window_table", record->window_table, record->fft_size, 2) ||
        !ink_check_data(check, "twiddles", record->twiddles, twiddles, micro ? 2 : 4) ||
        !ink_check_data(check, "edges", record->edges, bands + 2, 2) ||
        !check_edges(check, record)) {
        return false;
    }
    const uint16_t *edges = (const uint16_t *)(check->model->blob + record->edges);
    const uint32_t bins = (uint32_t)edges[bands + 1] - edges[0];
    return ink_check_data(check, "real_twiddles", record->real_twiddles, micro ? points : 2 * bins,
               micro ? 2 : 4) &&
           ink_check_data(check, "weights", record->weights, 2 * bins, 4) &&
           ink_check_data(check, "logarithm", record->logarithm, 129, 2) &&
           (record->kind != INK_FRONT_END_MFCC ||
               ink_check_data(check, "cosines", record->cosines,
                   (uint32_t)record->coefficients * 4 * ((bands + 3) / 4), 2)) &&
           (!micro || record->gains == 0 || ink_check_data(check, "gains", record->gains, 125, 2));
}

bool ink_verify_front_end(ink_check_t *check, const ink_tensor_t *tensor, uint32_t offset) {
    if (!ink_check_range(
            check, INK_ERROR_DATA_RANGE, "front_end", offset, sizeof(ink_front_end_t), 4)) {
        return false;
    }
    const ink_front_end_t *record = (const ink_front_end_t *)(check->model->blob + offset);
    return ink_check_record(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0]), record) &&
           check_numbers(check, record, tensor) && check_tables(check, record);
}

#else

bool ink_verify_front_end(ink_check_t *check, const ink_tensor_t *tensor, uint32_t offset) {
    (void)tensor;
    (void)offset;
    return ink_refuse_plainly(check, INK_ERROR_FRONT_END, "this build has none (INK_AUDIO)");
}

#endif
