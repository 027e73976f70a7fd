// SPDX-License-Identifier: MIT
// The harness on QEMU's mps2-an500 without an operating system: start, semihosting, counting.
// Under -icount shift=6 an instruction takes 64 ns and a tick of timer 0 takes 40 ns.
#include <stddef.h>

#include "cases.h"
#include "semihosting.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define TIMER0_CTRL REGISTER(0x40000000)
#define TIMER0_VALUE REGISTER(0x40000004)
#define TIMER0_RELOAD REGISTER(0x40000008)
#define SCB_COPROCESSOR_ACCESS REGISTER(0xE000ED88)

#define CASES ((const uint8_t *)0x60000000)
#define RAM ((uint8_t *)0x20000000)
#define RAM_SIZE (4u << 20)
#define STACK_SIZE (64u << 10)

uint32_t machine_instructions(void) {
    return (uint32_t)(((uint64_t)(0xFFFFFFFFu - TIMER0_VALUE) * 5) >> 3);
}

void machine_print(const char *text) {
    semihosting_print(text);
}

// The compiler calls these; they must not be compiled into calls of themselves.
__attribute__((optimize("no-tree-loop-distribute-patterns"))) void *memset(
    void *to, int value, size_t size) {
    uint8_t *at = to;
    while (size-- > 0) {
        *at++ = (uint8_t)value;
    }
    return to;
}

__attribute__((optimize("no-tree-loop-distribute-patterns"))) void *memcpy(
    void *to, const void *from, size_t size) {
    uint8_t *at = to;
    const uint8_t *source = from;
    for (; size >= 4; size -= 4, at += 4, source += 4) {
        *(uint32_t *)at = *(const uint32_t *)source;
    }
    while (size-- > 0) {
        *at++ = *source++;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t size) {
    const uint8_t *a = left;
    const uint8_t *b = right;
    for (; size > 0; size--, a++, b++) {
        if (*a != *b) {
            return *a - *b;
        }
    }
    return 0;
}

static void fault(void) {
    machine_print(" fault\n");
    semihosting_leave(2);
}

static void start(void) {
    SCB_COPROCESSOR_ACCESS |= 0xF00000;
    TIMER0_RELOAD = 0xFFFFFFFF;
    TIMER0_VALUE = 0xFFFFFFFF;
    TIMER0_CTRL = 1;
    semihosting_leave(run_cases(CASES, RAM, RAM_SIZE - STACK_SIZE) != 0);
}

__attribute__((section(".vectors"), used)) static const struct {
    uint8_t *stack;
    void (*handlers[15])(void);
} vectors = {RAM + RAM_SIZE, {start, [1 ... 14] = fault}};
