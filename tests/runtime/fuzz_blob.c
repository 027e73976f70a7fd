// SPDX-License-Identifier: MIT
// Mutates blobs at random, repairs their check sums, opens and runs them: each must give an error
// or run to its end. Built with AddressSanitizer and UBSan. Prints how often each status came.
//
//     fuzz_blob SEED FIRST COUNT BLOB...
//     fuzz_blob sweep BLOB...
//
// Mutation i depends on SEED and i alone: FIRST i and COUNT 1 repeats it. A sweep changes every
// byte in turn and cuts off at every length.
#include "malloc_memory.h"
#include "mutate_blob.h"

void __sanitizer_set_death_callback(void (*callback)(void));

static unsigned long long iteration;

static void say_where(void) {
    fprintf(stderr, "at mutation %llu, kernel %s\n", iteration, ink_kernel_name(kernel_now));
}

static ink_status_t try_out(const blob_t *blob) {
    uint64_t outputs;
    char message[200];
    return open_and_run(blob->bytes, blob->size, &outputs, message, sizeof(message));
}

static blob_t read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    blob_t blob = {malloc(1 << 20), 0};
    blob.size = (uint32_t)fread(blob.bytes, 1, 1 << 20, file);
    fclose(file);
    return blob;
}

// Every byte, or one in so many that about 5000 are left, set to several other values; and the blob
// ending at every such byte.
static void sweep(const blob_t *good, blob_t *work, unsigned long long *seen) {
    const uint8_t flips[] = {0x01, 0x80, 0xff};
    memcpy(work->bytes, good->bytes, good->size);
    work->size = good->size;
    for (uint32_t at = 0; at < good->size; at += 1 + good->size / 5000) {
        for (uint32_t i = 0; i < sizeof(flips); i++) {
            work->bytes[at] = good->bytes[at] ^ flips[i];
            repair(work);
            seen[try_out(work)]++;
            iteration++;
        }
        work->bytes[at] = good->bytes[at];
        if (at >= sizeof(ink_header_t)) {
            work->size = at;
            write_at(work, 8, 4, at);
            repair(work);
            seen[try_out(work)]++;
            iteration++;
            work->size = good->size;
            write_at(work, 8, 4, good->size);
        }
    }
}

int main(int argc, char **argv) {
    bool sweeping = argc > 1 && strcmp(argv[1], "sweep") == 0;
    int n_words = sweeping ? 2 : 4;
    if (argc <= n_words) {
        fprintf(stderr, "usage: fuzz_blob SEED FIRST COUNT BLOB... | fuzz_blob sweep BLOB...\n");
        return 2;
    }
    uint32_t n_blobs = (uint32_t)(argc - n_words);
    unsigned long long seen[INK_STATUS_COUNT] = {0};
    blob_t *blobs = calloc(n_blobs, sizeof(*blobs));
    blob_t work = {malloc(1 << 20), 0};
    for (uint32_t i = 0; i < n_blobs; i++) {
        blobs[i] = read_file(argv[n_words + (int)i]);
    }
    __sanitizer_set_death_callback(say_where);
    if (sweeping) {
        for (uint32_t i = 0; i < n_blobs; i++) {
            sweep(&blobs[i], &work, seen);
        }
    } else {
        uint64_t seed = strtoull(argv[1], NULL, 10);
        iteration = strtoull(argv[2], NULL, 10);
        for (unsigned long long left = strtoull(argv[3], NULL, 10); left > 0; left--) {
            mutate_one(&work, blobs, n_blobs, seed, iteration);
            seen[try_out(&work)]++;
            iteration++;
        }
    }
    for (uint32_t i = 0; i < INK_STATUS_COUNT; i++) {
        printf("%llu %s\n", seen[i], ink_error_text((ink_status_t)i));
    }
    for (uint32_t i = 0; i < n_blobs; i++) {
        free(blobs[i].bytes);
    }
    free(blobs);
    free(work.bytes);
    return 0;
}
