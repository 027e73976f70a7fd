// SPDX-License-Identifier: MIT
// Runs cases: copies inputs to RAM at the least alignment allowed, fences output and scratch, runs
// the kernel, compares, and prints "case N ok|..., instructions I, scratch S".
#include <string.h>

#include "cases.h"

#define FENCE 64
#define FENCE_BYTE 0x5A

typedef struct {
    uint8_t *next, *end;
} room_t;

// A fenced block at an address that is a multiple of 4 and of no more; NULL where RAM is short.
static uint8_t *take(room_t *room, uint32_t size) {
    uint8_t *block = room->next + FENCE + 4;
    uint8_t *next = room->next + ((FENCE + 4 + size + FENCE + 15) & ~15u);
    if (next > room->end) {
        return NULL;
    }
    memset(room->next, FENCE_BYTE, (size_t)(next - room->next));
    room->next = next;
    return block;
}

static int fence_broken(const uint8_t *block, uint32_t size) {
    for (uint32_t i = 1; i <= FENCE; i++) {
        if (block[-(int32_t)i] != FENCE_BYTE || block[size + i - 1] != FENCE_BYTE) {
            return 1;
        }
    }
    return 0;
}

static void print_number(uint32_t number) {
    char text[12];
    char *at = text + sizeof(text) - 1;
    *at = 0;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    machine_print(at);
}

static void print_named(const char *name, uint32_t number) {
    machine_print(name);
    print_number(number);
}

static int run_case(const uint8_t *file, const case_t *one, uint8_t *ram, uint32_t ram_size) {
    if (one->kernel >= kernel_count) {
        machine_print(" unknown kernel");
        return 1;
    }
    const kernel_t *kernel = &kernels[one->kernel];
    room_t room = {ram, ram + ram_size};
    uint32_t scratch_size = kernel->scratch_size(file + one->params);
    uint8_t *input0 = take(&room, one->input0_size);
    uint8_t *input1 = take(&room, one->input1_size);
    uint8_t *output = one->in_place ? input0 : take(&room, one->expected_size);
    uint8_t *scratch = take(&room, scratch_size);
    if (scratch == NULL) {
        machine_print(" out of RAM");
        return 1;
    }
    memcpy(input0, file + one->input0, one->input0_size);
    memcpy(input1, file + one->input1, one->input1_size);
    call_t call = {.params = file + one->params,
        .weights = file + one->weights,
        .input0 = (int8_t *)input0,
        .input1 = (int8_t *)input1,
        .output = (int8_t *)output,
        .scratch = scratch};
    uint32_t before = machine_instructions();
    uint32_t nothing = machine_instructions() - before;
    before = machine_instructions();
    kernel->run(&call);
    uint32_t spent = machine_instructions() - before - nothing;

    int failed = 0;
    const uint8_t *expected = file + one->expected;
    for (uint32_t i = 0; i < one->expected_size && !failed; i++) {
        if (output[i] != expected[i]) {
            print_named(" byte ", i);
            print_named(" is ", output[i]);
            print_named(" not ", expected[i]);
            failed = 1;
        }
    }
    uint32_t output_size = one->in_place ? one->input0_size : one->expected_size;
    if (fence_broken(output, output_size) || fence_broken(scratch, scratch_size)) {
        machine_print(" writes outside its output or scratch");
        failed = 1;
    }
    if (!one->in_place && memcmp(input0, file + one->input0, one->input0_size) != 0) {
        machine_print(" writes to its input");
        failed = 1;
    }
    machine_print(failed ? "" : " ok");
    print_named(", instructions ", spent);
    print_named(", scratch ", scratch_size);
    return failed;
}

uint32_t run_cases(const uint8_t *file, uint8_t *ram, uint32_t ram_size) {
    cases_t header;
    memcpy(&header, file, sizeof(header));
    if (header.magic != CASES_MAGIC) {
        machine_print("not a file of cases\n");
        return 1;
    }
    uint32_t failed = 0;
    for (uint32_t i = 0; i < header.count; i++) {
        case_t one;
        memcpy(&one, file + sizeof(header) + i * sizeof(one), sizeof(one));
        print_named("case ", i);
        failed += (uint32_t)run_case(file, &one, ram, ram_size);
        machine_print("\n");
    }
    return failed;
}
