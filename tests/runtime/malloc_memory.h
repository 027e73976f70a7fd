// SPDX-License-Identifier: MIT
// The memory of run_blob.h from malloc: AddressSanitizer sees what touches the bytes around it.
#ifndef MALLOC_MEMORY_H
#define MALLOC_MEMORY_H

#include <stdio.h>
#include <stdlib.h>

#include "run_blob.h"

static const uint8_t *lend_blob(const uint8_t *bytes, uint32_t size) {
    uint8_t *copy = malloc(size);
    memcpy(copy, bytes, size);
    return copy;
}

static void *lend_arena(uint32_t size) {
    return malloc(size);
}

static void *lend_listener(uint32_t size) {
    return malloc(size);
}

static void give_back(const void *memory) {
    free((void *)memory);
}

static void give_up(const char *words) {
    fprintf(stderr, "%s\n", words);
    abort();
}

#endif
