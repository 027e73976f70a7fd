// SPDX-License-Identifier: MIT
// Opens and runs each blob of a file, with AddressSanitizer and UBSan, and prints a line on each.
//
//     judge_blobs BLOBS
//
// BLOBS is a u32 size, little-endian, and as many bytes, for each blob.
#include "judge_line.h"

void __sanitizer_set_death_callback(void (*callback)(void));

static unsigned long number;

static void say_where(void) {
    fprintf(stderr, "at blob %lu\n", number);
}

int main(int argc, char **argv) {
    FILE *blobs = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (blobs == NULL) {
        fprintf(stderr, "usage: judge_blobs BLOBS\n");
        return 2;
    }
    __sanitizer_set_death_callback(say_where);
    for (uint32_t size; fread(&size, sizeof(size), 1, blobs) == 1; number++) {
        char line[MOST_LINE];
        uint8_t *bytes = malloc(size);
        if (fread(bytes, 1, size, blobs) != size) {
            fprintf(stderr, "%s is cut off\n", argv[1]);
            return 2;
        }
        line_on(bytes, size, line);
        puts(line);
        free(bytes);
    }
    fclose(blobs);
    return 0;
}
