// SPDX-License-Identifier: MIT
// Opens and runs each blob of a file, with AddressSanitizer and UBSan, and prints a line on each:
// "runs", a sum of its outputs on inputs that are the same for each, or why it is refused.
//
//     judge_blobs BLOBS             all lines
//     judge_blobs BLOBS EXPECTED    ends with status 1 at the first that is not EXPECTED's line
//
// BLOBS is a u32 size, little-endian, and as many bytes, for each blob.
#include "malloc_memory.h"

#define MOST_LINE 300

void __sanitizer_set_death_callback(void (*callback)(void));

static unsigned long number;

static void say_where(void) {
    fprintf(stderr, "at blob %lu\n", number);
}

static FILE *opened(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    return file;
}

static void judge(const uint8_t *bytes, uint32_t size, char line[MOST_LINE]) {
    uint64_t outputs;
    char message[MOST_LINE - 30];
    state = 1;
    if (open_and_run(bytes, size, &outputs, message, sizeof(message)) == INK_OK) {
        snprintf(line, MOST_LINE, "runs %016llx\n", (unsigned long long)outputs);
    } else {
        snprintf(line, MOST_LINE, "refused %s\n", message);
    }
}

int main(int argc, char **argv) {
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: judge_blobs BLOBS [EXPECTED]\n");
        return 2;
    }
    FILE *blobs = opened(argv[1]);
    FILE *expected = argc == 3 ? opened(argv[2]) : NULL;
    bool good = true;
    __sanitizer_set_death_callback(say_where);
    for (uint32_t size; good && fread(&size, sizeof(size), 1, blobs) == 1; number++) {
        char line[MOST_LINE];
        uint8_t *bytes = malloc(size);
        if (fread(bytes, 1, size, blobs) != size) {
            fprintf(stderr, "%s is cut off\n", argv[1]);
            return 2;
        }
        judge(bytes, size, line);
        free(bytes);
        if (expected == NULL) {
            fputs(line, stdout);
        } else {
            char wanted[MOST_LINE];
            good = fgets(wanted, sizeof(wanted), expected) != NULL && strcmp(line, wanted) == 0;
            if (!good) {
                printf("at blob %lu: %s", number, line);
            }
        }
    }
    fclose(blobs);
    if (expected != NULL) {
        fclose(expected);
    }
    return good ? 0 : 1;
}
