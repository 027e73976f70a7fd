// SPDX-License-Identifier: MIT
// The file of cases that harness.py writes and the harness runs: a header, records, then bytes.
#ifndef CASES_H
#define CASES_H

#include <stdint.h>

#define CASES_MAGIC 0x53434B49u // "IKCS"

// Offsets count from the first byte of the file.
typedef struct {
    uint32_t kernel; // index in the table of kernels.c
    uint32_t params;
    uint32_t input0, input0_size;
    uint32_t input1, input1_size;
    uint32_t weights, weights_size;
    uint32_t expected, expected_size;
    uint32_t in_place; // 1: the output takes the place of input 0
    uint32_t reserved;
} case_t;

typedef struct {
    uint32_t magic, count;
} cases_t;

typedef struct {
    const void *params, *weights;
    const int8_t *input0, *input1;
    int8_t *output;
    void *scratch;
} call_t;

typedef struct {
    uint32_t (*scratch_size)(const void *params);
    void (*run)(const call_t *call);
} kernel_t;

extern const kernel_t kernels[];
extern const uint32_t kernel_count;

// Runs every case and prints a line for each. `ram` has `ram_size` bytes, at a multiple of 16.
// Returns how many failed.
uint32_t run_cases(const uint8_t *file, uint8_t *ram, uint32_t ram_size);

// Given by the machine: instructions since some start (0 where it cannot tell), and output.
uint32_t machine_instructions(void);
void machine_print(const char *text);

#endif
