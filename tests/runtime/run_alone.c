// SPDX-License-Identifier: MIT
// runtime_target.h without libFuzzer, for any compiler: run_alone COUNT BLOB... runs each blob and
// COUNT mutations of it; prints how many were run, and how many of them ended well.
#include <stdio.h>

#include "runtime_target.h"

// One byte in place of what libFuzzer would do.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) {
    (void)max_size;
    data[below((uint32_t)size)] ^= (uint8_t)(1u << below(8));
    return size;
}

int main(int argc, char **argv) {
    static uint8_t good[1 << 16], bytes[1 << 16];
    unsigned long runs = 0;
    const unsigned mutations = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    for (int i = 2; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) {
            perror(argv[i]);
            return 2;
        }
        const size_t length = fread(good, 1, sizeof(good), file);
        fclose(file);
        LLVMFuzzerTestOneInput(good, length);
        for (unsigned seed = 0; seed < mutations; seed++) {
            memcpy(bytes, good, length);
            LLVMFuzzerTestOneInput(
                bytes, LLVMFuzzerCustomMutator(bytes, length, sizeof(bytes), seed));
        }
        runs += 1 + mutations;
    }
    printf("%lu %lu\n", runs, ended_well);
    return 0;
}
