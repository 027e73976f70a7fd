// SPDX-License-Identifier: MIT
// QEMU's Cortex-M7 without an operating system, where each access that a run has no right to is a
// fault: the memory protection unit lets it touch its code (read), the blob (read), the arena, a
// listener's memory, its stack, and a page of the program's own; nothing else there is.
#ifndef GUARD_H
#define GUARD_H

#include <stdbool.h>
#include <stdint.h>

// Where the computer puts the file of blobs, and how large it may be; behind it is room for one.
#define CORPUS_START 0x60000000u
#define CORPUS_SIZE (7u << 20)
#define WORK_START (CORPUS_START + CORPUS_SIZE)
#define WORK_SIZE (1u << 20)

typedef enum { BLOB, ARENA, LISTENER, WINDOWS } window_t;

// Memory of a window: it ends where the window does, or starts there, and what lies beyond faults.
// Bytes up to the next multiple of 4 (a blob's) or of 1,024 at the other side do not.
uint8_t *guard_lend(window_t window, uint32_t size, bool at_end);
void guard_make_read_only(window_t window);
void guard_take_back(window_t window);

// Whether corpus and work can be reached, as between two runs.
void guard_open_corpus(bool open);

// Instructions since the start, under QEMU's -icount of the shift that guarded.py gives.
uint32_t guard_instructions(void);

void guard_print(const char *text);
void guard_print_number(uint32_t number);
__attribute__((noreturn)) void guard_leave(uint32_t status);

// Given by the program. It starts again after each fault, with what is in its static data.
void guarded_main(void);
// Says what was running; of the address and the function, guard.c does.
void guarded_fault(void);

#endif
