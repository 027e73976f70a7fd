// SPDX-License-Identifier: MIT
// The runtime as libFuzzer calls it: any bytes are opened, and run where they are a blob. Mutations
// are half libFuzzer's, half those of mutate_blob.h; each has its check sum and size repaired.
#ifndef RUNTIME_TARGET_H
#define RUNTIME_TARGET_H

#include "malloc_memory.h"
#include "mutate_blob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

static unsigned long ended_well; // for run_alone.c

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t outputs;
    char message[200];
    begin_random(size, 0); // inputs and sound
    ended_well += open_and_run(data, (uint32_t)size, &outputs, message, sizeof(message)) == INK_OK;
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
    blob_t blob = {data, (uint32_t)size};
    begin_random(seed, 1);
    if (size < sizeof(ink_header_t) || below(2) == 0) {
        blob.size = (uint32_t)LLVMFuzzerMutate(data, size, max_size);
    } else {
        mutate(&blob);
    }
    if (blob.size >= sizeof(ink_header_t)) {
        write_at(&blob, 8, 4, blob.size);
        repair(&blob);
    }
    return blob.size;
}

#endif
