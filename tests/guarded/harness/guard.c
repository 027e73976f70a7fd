// SPDX-License-Identifier: MIT
// Start, faults, and the regions of the Armv7-M memory protection unit. No region is smaller than
// 1 KB: of smaller ones QEMU looks at every access anew.
#include "guard.h"

#include <stddef.h>

#include "semihosting.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define TICK_CONTROL REGISTER(0xE000E010)
#define TICK_RELOAD REGISTER(0xE000E014)
#define TICK_VALUE REGISTER(0xE000E018)
#define HANDLER_CONTROL REGISTER(0xE000ED24)
#define FAULT_STATUS REGISTER(0xE000ED28)
#define FAULT_ADDRESS REGISTER(0xE000ED34)
#define COPROCESSOR_ACCESS REGISTER(0xE000ED88)
#define MPU_TYPE REGISTER(0xE000ED90)
#define MPU_CONTROL REGISTER(0xE000ED94)
#define MPU_REGION_BASE REGISTER(0xE000ED9C)
#define MPU_REGION_SIZE REGISTER(0xE000EDA0)
#define FPU_CONTEXT REGISTER(0xE000EF34)

#define ADDRESS_IS_KNOWN 0x82u // of a memory fault: the access was one of data, its address is kept

enum { NO_ACCESS = 0, READ_WRITE = 3, READ_ONLY = 6 };
enum { CODE, VECTORS, OWN, STACK, CORPUS, FIRST_WINDOW };

extern uint8_t _own_start[], _stack_start[], _stack_end[];
#define OWN_LOG2 12
#define STACK_LOG2 11

// What is between them faults.
#define WINDOW_LOG2 20
static const uint32_t WINDOW_STARTS[WINDOWS] = {0x20100000, 0x20300000, 0x60D00000};
static const char *const WINDOW_NAMES[WINDOWS] = {"the blob", "the arena", "the listener's memory"};

static struct {
    uint32_t start, size, region_start, region_log2;
} lent[WINDOWS];

static void protect(uint32_t number, uint32_t start, uint32_t size_log2, uint32_t access) {
    MPU_REGION_BASE = start | 1u << 4 | number;
    MPU_REGION_SIZE = access << 24 | 3u << 16 | (size_log2 - 1) << 1 | 1u;
    __asm volatile("dsb\n isb\n" ::: "memory");
}

static void unprotect(uint32_t number) {
    MPU_REGION_BASE = 1u << 4 | number;
    MPU_REGION_SIZE = 0;
    __asm volatile("dsb\n isb\n" ::: "memory");
}

uint8_t *guard_lend(window_t window, uint32_t size, bool at_end) {
    uint32_t log2 = 10;
    while (size > 1u << log2) {
        log2++;
    }
    if (log2 > WINDOW_LOG2) {
        guard_print("a window is too small\n");
        guard_leave(3);
    }
    const uint32_t end = WINDOW_STARTS[window] + (1u << WINDOW_LOG2);
    const uint32_t region = at_end ? end - (1u << log2) : WINDOW_STARTS[window];
    lent[window].region_start = region;
    lent[window].region_log2 = log2;
    lent[window].start = at_end ? (end - size) & ~3u : region;
    lent[window].size = size;
    protect(FIRST_WINDOW + window, region, log2, READ_WRITE);
    return (uint8_t *)lent[window].start;
}

void guard_make_read_only(window_t window) {
    protect(FIRST_WINDOW + window, lent[window].region_start, lent[window].region_log2, READ_ONLY);
}

void guard_take_back(window_t window) {
    lent[window].size = 0;
    unprotect(FIRST_WINDOW + window);
}

void guard_open_corpus(bool open) {
    if (open) {
        protect(CORPUS, CORPUS_START, 23, READ_WRITE);
    } else {
        unprotect(CORPUS);
    }
}

// --- instructions ---

// A tick is 40 ns, an instruction 64 ns. The counter runs down through 24 bits.
#define TICKS_A_TURN (1u << 24)
static volatile uint32_t turns;

static void turn(void) {
    turns++;
}

uint32_t guard_instructions(void) {
    uint32_t before, value;
    do {
        before = turns;
        value = TICK_VALUE;
    } while (before != turns);
    return (uint32_t)(((uint64_t)before * TICKS_A_TURN + (TICKS_A_TURN - 1 - value)) * 5 / 8);
}

void guard_print(const char *text) {
    semihosting_print(text);
}

void guard_print_number(uint32_t number) {
    char text[12];
    char *at = text + sizeof(text) - 1;
    *at = 0;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    guard_print(at);
}

static void print_word(uint32_t word) {
    char text[11] = "0x";
    for (uint32_t i = 0; i < 8; i++) {
        text[2 + i] = "0123456789abcdef"[word >> (28 - 4 * i) & 15];
    }
    text[10] = 0;
    guard_print(text);
}

void guard_leave(uint32_t status) {
    semihosting_leave(status);
}

// Where an address lies that a run has no right to.
static void print_place(uint32_t address) {
    for (uint32_t i = 0; i < WINDOWS; i++) {
        const uint32_t past = address - (lent[i].start + lent[i].size);
        const uint32_t before = lent[i].start - address;
        if (lent[i].size == 0) {
            continue;
        }
        if (past < 1u << 16) {
            guard_print_number(past + 1);
            guard_print(" past the end of ");
        } else if (before - 1 < 1u << 16) {
            guard_print_number(before);
            guard_print(" before the start of ");
        } else if (address - lent[i].start < lent[i].size) {
            guard_print("a write to ");
        } else {
            continue;
        }
        guard_print(WINDOW_NAMES[i]);
        return;
    }
    const uint32_t below = (uint32_t)_stack_start - address;
    guard_print(below <= 4096          ? "below the stack"
                : address < 1024       ? "a null pointer"
                : address < 4u << 20   ? "a write to code"
                : address >> 20 == 512 ? "near the stack"
                                       : "elsewhere");
}

// `frame` is what the core stacked: r0-r3, r12, lr, pc, xpsr.
__attribute__((used)) static void report_fault(const uint32_t *frame) {
    const uint32_t status = FAULT_STATUS;
    const bool whole = frame >= (uint32_t *)_stack_start && frame + 8 <= (uint32_t *)_stack_end;
    guard_print("fault: ");
    guarded_fault();
    guard_print("; ");
    if ((status & ADDRESS_IS_KNOWN) == ADDRESS_IS_KNOWN) {
        print_word(FAULT_ADDRESS);
        guard_print(", ");
        print_place(FAULT_ADDRESS);
    } else if (!whole || (status & 0x30u) != 0) {
        guard_print("below the stack");
    } else if ((status & 1u) != 0) {
        guard_print("code in data");
    } else {
        guard_print("fault status ");
        print_word(status);
    }
    guard_print("; pc ");
    print_word(whole ? frame[6] : 0);
    guard_print("\n");
    FAULT_STATUS = status; // ones clear
    FPU_CONTEXT &= ~1u;    // no registers are to be saved any more
}

__attribute__((used)) static void begin(void) {
    if ((MPU_TYPE >> 8 & 0xffu) < FIRST_WINDOW + WINDOWS) {
        guard_print("the core has too few regions\n");
        guard_leave(3);
    }
    protect(CODE, 0, 22, READ_ONLY);
    protect(VECTORS, 0, 10, NO_ACCESS); // null pointers
    protect(OWN, (uint32_t)_own_start, OWN_LOG2, READ_WRITE);
    protect(STACK, (uint32_t)_stack_start, STACK_LOG2, READ_WRITE);
    TICK_RELOAD = TICKS_A_TURN - 1;
    TICK_VALUE = 0;
    TICK_CONTROL = 7; // on, by the core's clock, with its exception
    MPU_CONTROL = 1;  // on, with no other memory; off in the handler of a hard fault
    HANDLER_CONTROL |= 7u << 16;
    COPROCESSOR_ACCESS |= 0xF00000;
    __asm volatile("dsb\n isb\n" ::: "memory");
}

// The program has the guarded stack to itself; handlers have another.
__attribute__((naked)) static void start(void) {
    __asm volatile("bl begin\n"
                   "ldr r0, =_stack_end\n"
                   "msr psp, r0\n"
                   "movs r0, #2\n"
                   "msr control, r0\n"
                   "isb\n"
                   "bl guarded_main\n"
                   "movs r0, #0\n"
                   "b guard_leave\n");
}

// Begins again, as if the program had just been called.
__attribute__((naked)) static void fault(void) {
    __asm volatile("mrs r0, psp\n"
                   "bl report_fault\n"
                   "ldr r0, =_stack_end - 32\n"
                   "msr psp, r0\n"
                   "ldr r1, =guarded_main\n"
                   "orr r1, r1, #1\n"
                   "str r1, [r0, #24]\n"
                   "ldr r1, =guard_leave\n"
                   "str r1, [r0, #20]\n"
                   "mov r1, #0x01000000\n"
                   "str r1, [r0, #28]\n"
                   "ldr lr, =0xFFFFFFFD\n"
                   "bx lr\n");
}

__attribute__((section(".vectors"), used)) static const struct {
    uint8_t *stack;
    void (*handlers[15])(void);
} vectors = {_own_start + (1u << OWN_LOG2), {start, [1 ... 13] = fault, [14] = turn}};
