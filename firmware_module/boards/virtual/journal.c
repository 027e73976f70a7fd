// SPDX-License-Identifier: MIT
// What is written to the board's storage, /flash and /rom, goes through here. Where a test asks for
// it, each write and erase is noted first, so that the memory after any of them can be made again;
// and a block may keep nothing.
#include <string.h>

#include "ink_board.h"

#define MAGIC 0x4A4B4E49u

// tests/firmware/power_cuts.py reads and writes it too
typedef struct {
    uint32_t magic;
    uint32_t used;               // bytes of records
    uint32_t full;               // 1: some were not noted
    uint32_t bad_start, bad_end; // of PSRAM
    uint32_t records[]; // each: kind << 30 | place in PSRAM, size, and words of data but for erases
} journal_t;

extern journal_t _journal_start;
extern uint8_t _journal_end[];
extern uint8_t _ramdisk_start[]; // where PSRAM begins

static void note(journal_t *journal, const uint8_t *to, const uint8_t *from, size_t size,
    ink_board_storage_t kind) {
    size_t data = from == NULL ? 0 : (size + 3) / 4 * 4;
    uint8_t *at = (uint8_t *)journal->records + journal->used;
    if (data + 8 > (size_t)(_journal_end - at)) {
        journal->full = 1;
        return;
    }
    const uint32_t head[2] = {(uint32_t)kind << 30 | (uint32_t)(to - _ramdisk_start), size};
    memcpy(at, head, sizeof head);
    if (from != NULL) {
        memcpy(at + sizeof head, from, size);
    }
    journal->used += sizeof head + data;
}

void ink_board_store(uint8_t *to, const uint8_t *from, size_t size, ink_board_storage_t kind) {
    journal_t *journal = &_journal_start;
    if (journal->magic == MAGIC) {
        note(journal, to, from, size, kind);
        // what lies in the bad block stays as it is
        size_t place = (size_t)(to - _ramdisk_start);
        if (place >= journal->bad_start && place < journal->bad_end) {
            return;
        }
    }
    switch (kind) {
    case INK_BOARD_WRITE:
        memcpy(to, from, size);
        break;
    case INK_BOARD_ERASE:
        memset(to, 0xFF, size);
        break;
    case INK_BOARD_PROGRAM:
        for (size_t i = 0; i < size; i++) {
            to[i] &= from[i];
        }
        break;
    }
}
