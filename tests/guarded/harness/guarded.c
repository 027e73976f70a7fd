// SPDX-License-Identifier: MIT
// Runs blobs as the board's code does, under guard.c: as they are, or mutated. Each runs twice:
// blob and arena end where their memory does, then start there. A fault is printed, and the next
// follows. At the end come how often each status was, and each kernel's runs.
#include "guard.h"

#include "ink_rest.h"
#include "mutate_blob.h"
#include "run_blob.h"

#define CORPUS_MAGIC 0x444B4749u // "IGKD"
#define MOST_FAULTS 20

// Written by guarded.py beside.
typedef struct {
    uint32_t magic, mode, seed, first, count, n_blobs;
    uint32_t reserved[2];
    blob_t blobs[]; // their addresses and sizes
} corpus_t;

enum { RUN, MUTATE, PROVOKE, COUNT };

#define CORPUS ((const corpus_t *)CORPUS_START)

// kept through faults
static struct {
    uint32_t done, faults; // runs, two a blob
    bool at_end;
    uint32_t seen[INK_STATUS_COUNT];
} progress;

static const uint8_t *lend_blob(const uint8_t *bytes, uint32_t size) {
    uint8_t *copy = guard_lend(BLOB, size, progress.at_end);
    memcpy(copy, bytes, size);
    guard_make_read_only(BLOB);
    guard_open_corpus(false);
    return copy;
}

static void *lend_arena(uint32_t size) {
    return guard_lend(ARENA, size, progress.at_end);
}

static void *lend_listener(uint32_t size) {
    return guard_lend(LISTENER, size, progress.at_end);
}

static void give_back(const void *memory) {
    (void)memory; // guarded_main takes all back
}

static void give_up(const char *words) {
    guard_print(words);
    guard_leave(3);
}

static void print_count(uint32_t count, const char *before, const char *name) {
    guard_print_number(count);
    guard_print(before);
    guard_print(name);
    guard_print("\n");
}

void guarded_fault(void) {
    progress.faults++;
    kernel_now = kernel_now < KERNEL_NUMBERS ? kernel_now : 0;
    guard_print("blob ");
    guard_print_number(progress.done / 2);
    guard_print(progress.at_end ? " at its memory's end, " : " at its memory's start, ");
    guard_print(kernel_now == 0 ? "no kernel" : ink_kernel_name(kernel_now));
    progress.done++; // the next run begins in guarded_main
}

// --- what must fault, to see that the guard does ---

static void touch(volatile uint8_t *at, bool write) {
    if (write) {
        *at = 1;
    } else {
        (void)*at;
    }
}

static void provoke(uint32_t what) {
    const uint32_t size = 4096;
    volatile uint8_t *copy = (volatile uint8_t *)lend_blob((const uint8_t *)CORPUS_START, size);
    volatile uint8_t *arena = lend_arena(size);
    const volatile uint32_t none = 0;
    switch (what) {
    case 0:
        touch(progress.at_end ? copy + size : copy - 1, false);
        break;
    case 1:
        touch(progress.at_end ? arena + size : arena - 1, false);
        break;
    case 2:
        touch(progress.at_end ? arena + size : arena - 1, true);
        break;
    case 3:
        touch(copy + size / 2, true);
        break;
    case 4:
        touch((volatile uint8_t *)(uintptr_t)none, false);
        break;
    case 5:
        touch((volatile uint8_t *)guarded_main, true);
        break;
    case 6:
        touch((volatile uint8_t *)CORPUS_START, false);
        break;
    case 7:
        __asm volatile("1: push {r0}\n b 1b\n");
        break;
    default:
        ((void (*)(void))(arena + 1))(); // NOLINT: data is no code
    }
    print_count(what, " does not fault", "");
}

// --- counting ---

// Since the last look-up, and the most between two of them.
static uint32_t looked_up, longest;

void ink_pause(uint32_t steps) {
    const uint32_t now = guard_instructions();
    (void)steps;
    longest = now - looked_up > longest ? now - looked_up : longest;
    looked_up = now;
}

// Prints a blob's work, the instructions of its verification, those of its first operator, if any,
// on random inputs or on zeros, whichever are more, and the most of these between two look-ups.
static void count_one(blob_t blob, uint32_t index) {
    ink_model_t model;
    ink_error_t error;
    const uint8_t *copy = lend_blob(blob.bytes, blob.size);
    uint32_t began = guard_instructions();
    ink_status_t status = ink_open(&model, copy, blob.size, &error);
    const uint32_t verified = guard_instructions() - began;
    progress.seen[status]++;
    if (status != INK_OK) {
        return;
    }
    const uint32_t size = model.header->arena_size;
    ink_set_arena(&model, lend_arena(size), size, &error);
    uint32_t most = 0;
    longest = 0;
    for (uint32_t i = 0; i < 2 && model.n_operators > 0; i++) {
        begin_random(index, 0);
        fill_inputs(&model);
        for (uint32_t j = 0; i == 1 && j < model.n_inputs; j++) {
            const uint32_t tensor = model.inputs[j].tensor;
            memset(ink_tensor_data(&model, tensor), 0, model.tensors[tensor].size);
        }
        kernel_now = model.operators[0].kernel;
        began = looked_up = guard_instructions();
        ink_run_operator(&model, 0, &error);
        ink_pause(0);
        most = looked_up - began > most ? looked_up - began : most;
    }
    const uint32_t counted[] = {model.work, verified, most};
    guard_print("counted ");
    for (uint32_t i = 0; i < 3; i++) {
        guard_print_number(counted[i]);
        guard_print(" ");
    }
    print_count(longest, "", "");
}

// --- the campaign ---

static void run_one(const corpus_t *corpus, uint32_t index) {
    blob_t work = {(uint8_t *)WORK_START, 0};
    if (corpus->mode == MUTATE) {
        mutate_one(&work, corpus->blobs, corpus->n_blobs, corpus->seed, corpus->first + index);
    } else {
        work = corpus->blobs[index];
    }
    begin_random(~(uint64_t)corpus->seed, corpus->first + index); // the inputs
    static char message[200]; // not on the stack, which is measured
    uint64_t outputs;
    progress.seen[open_and_run(work.bytes, work.size, &outputs, message, sizeof(message))]++;
}

void guarded_main(void) {
    guard_open_corpus(true);
    const corpus_t *corpus = CORPUS;
    if (corpus->magic != CORPUS_MAGIC) {
        guard_print("not a corpus\n");
        guard_leave(3);
    }
    const uint32_t runs = 2 * corpus->count;
    while (progress.done < runs && progress.faults < MOST_FAULTS) {
        guard_open_corpus(true);
        for (window_t i = 0; i < WINDOWS; i++) {
            guard_take_back(i);
        }
        progress.at_end = progress.done % 2 == 0;
        kernel_now = 0;
        if (corpus->mode == PROVOKE) {
            provoke(progress.done / 2);
        } else if (corpus->mode == COUNT) {
            count_one(corpus->blobs[progress.done / 2], progress.done / 2);
            progress.done++; // once is enough
        } else {
            run_one(corpus, progress.done / 2);
        }
        progress.done++;
    }
    for (uint32_t i = 0; i < INK_STATUS_COUNT; i++) {
        print_count(progress.seen[i], " status ", ink_error_text((ink_status_t)i));
    }
    for (uint32_t i = 0; i < KERNEL_NUMBERS; i++) {
        if (kernel_runs[i] != 0) {
            print_count(kernel_runs[i], " runs ", ink_kernel_name(i));
        }
    }
    print_count(progress.faults, " faults", "");
    guard_leave(progress.faults != 0);
}
