// SPDX-License-Identifier: MIT
// Computes frames of a front end on a bare Cortex-M7 under QEMU, beside
// tests/kernels_armv7em/harness/machine_qemu.c, and prints of each its instructions and the CRC-32
// of its values. The file: where the front end is in the blob, where samples are, how many frames,
// the step between them, then the blob and the samples.
#include <string.h>

#include "../../kernels_armv7em/harness/cases.h"
#include "audio/ink_features.h"

typedef struct {
    uint32_t front_end, samples, frames, step, peak, reserved[3];
} frames_t;

static void print_number(uint32_t number) {
    char text[12];
    char *at = text + sizeof(text) - 1;
    *at = 0;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    machine_print(at);
}

uint32_t run_cases(const uint8_t *file, uint8_t *ram, uint32_t ram_size) {
    const frames_t *frames = (const frames_t *)file;
    const uint8_t *blob = file + sizeof(*frames);
    ink_features_t features = {.blob = blob};
    features.record = (const ink_front_end_t *)(blob + frames->front_end);
    memset(ram, 0, ram_size / 2);
    features.work = (uint32_t *)ram;
    features.estimate = features.work + ink_features_work(features.record);
    int32_t *values = (int32_t *)(features.estimate + INK_MAX_BANDS);
    int16_t *samples = (int16_t *)(values + INK_MAX_BANDS);
    const uint8_t *next = file + frames->samples;
    for (uint32_t i = 0; i < frames->frames; i++) {
        memcpy(samples, next, features.record->window * 2);
        next += frames->step * 2;
        const uint32_t start = machine_instructions();
        ink_features_frame(&features, samples, frames->peak, values);
        print_number(machine_instructions() - start);
        machine_print(" ");
        print_number(ink_crc32(0, values, features.record->coefficients * 4));
        machine_print("\n");
    }
    return 0;
}
