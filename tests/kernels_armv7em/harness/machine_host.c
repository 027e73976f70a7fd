// SPDX-License-Identifier: MIT
// The harness on the computer, for the portable twins: harness CASES
#include <stdio.h>
#include <stdlib.h>

#include "cases.h"

#define RAM_SIZE (4u << 20)

uint32_t machine_instructions(void) {
    return 0;
}

void machine_print(const char *text) {
    fputs(text, stdout);
}

static uint8_t *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        return NULL;
    }
    size_t size = (size_t)ftell(file);
    uint8_t *bytes = malloc(size);
    rewind(file);
    if (bytes != NULL && fread(bytes, 1, size, file) != size) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    return bytes;
}

int main(int argc, char **argv) {
    uint8_t *file = argc == 2 ? read_file(argv[1]) : NULL;
    uint8_t *ram = aligned_alloc(16, RAM_SIZE);
    if (file == NULL || ram == NULL) {
        fputs("usage: harness CASES\n", stderr);
        return 2;
    }
    uint32_t failed = run_cases(file, ram, RAM_SIZE);
    free(file);
    free(ram);
    return failed != 0;
}
