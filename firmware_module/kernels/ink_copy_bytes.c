// SPDX-License-Identifier: MIT
// Copies and fills bytes with a fraction of the instructions that MicroPython's memcpy and memset
// take.
#include "ink_copy_bytes.h"

#include <string.h>

// Moved by LDM and STM, which want addresses that are multiples of 4.
typedef struct {
    uint32_t words[4];
} __attribute__((may_alias)) block_t;

#define BLOCK sizeof(block_t)

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
    const uint8_t *const end = source + size;
    size_t left = size;
#ifndef __OPTIMIZE_SIZE__
    if ((((uintptr_t)to | (uintptr_t)from) & 3) == 0) {
        left = size & (2 * BLOCK - 1);
        while (source != end - left) {
            ((block_t *)next)[0] = ((const block_t *)source)[0];
            ((block_t *)next)[1] = ((const block_t *)source)[1];
            source += 2 * BLOCK;
            next += 2 * BLOCK;
        }
    }
    for (left &= 31; source != end - left;) {
        for (int32_t half = 0; half < 2; half++) {
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
    }
#endif
    for (left &= 3; source != end - left;) {
        write_word(next, read_word(source));
        source += 4;
        next += 4;
    }
    while (source != end) {
        *next++ = *source++;
    }
    return next;
}

void ink_fill_bytes(void *to, uint8_t value, size_t size) {
    uint8_t *next = to;
    const uint32_t word = value * 0x01010101u;
    for (; size > 0 && ((uintptr_t)next & 3) != 0; size--) {
        *next++ = value;
    }
    const block_t block = {{word, word, word, word}};
    for (; size >= 2 * BLOCK; size -= 2 * BLOCK) {
        ((block_t *)next)[0] = block;
        ((block_t *)next)[1] = block;
        next += 2 * BLOCK;
    }
    for (; size > 0; size--) {
        *next++ = value;
    }
}
