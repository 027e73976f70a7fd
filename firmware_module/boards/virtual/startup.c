// SPDX-License-Identifier: MIT
// Reset, the vector table and faults. A fault prints one line and ends QEMU with status 1, so that
// nothing hangs.
#include <stddef.h>

#include "py/mphal.h"
#include "py/mpprint.h"

#include "ink_board.h"

typedef void (*vector_t)(void);

extern char _last_words[], _mailbox_end[];

extern uint32_t _estack, _sidata, _sdata, _edata, _sbss, _ebss;
int main(void);
void ink_board_reset(void);
void ink_board_fault(void);

__attribute__((naked)) void ink_board_reset(void) {
    // switch the FPU on before any compiled code may use it (full access to CP10 and CP11)
    __asm volatile("ldr r0, =0xE000ED88\n"
                   "ldr r1, [r0]\n"
                   "orr r1, r1, #0xF00000\n"
                   "str r1, [r0]\n"
                   "dsb\n"
                   "isb\n"
                   "b ink_board_start\n");
}

#if INK_BOARD_CORE == 33

extern uint32_t _sstack;

// What the stack must not pass is a register here. Null pointers read the code.
static void protect_memory(void) {
    SCB_HANDLER_CONTROL |= 15u << 16; // tell memory, bus, usage and secure faults apart
    __asm volatile("msr msplim, %0\n dsb\n isb\n" ::"r"(&_sstack) : "memory");
}

#else

enum { NO_ACCESS = 0, READ_ONLY = 6 };

static void protect(uint32_t number, uint32_t base, uint32_t size_log2, uint32_t access) {
    MPU_REGION_BASE = base | 1u << 4 | number;
    MPU_REGION_SIZE = access << 24 | (size_log2 - 1) << 1 | 1u;
}

// QEMU's memory is writable at 0 and silent where nothing is: let null pointers, writes to code and
// stack overflows fault.
static void protect_memory(void) {
    protect(0, 0x00000000, 22, READ_ONLY); // 4 MB of code
    protect(1, 0x00000000, 10, NO_ACCESS); // 1 KB that holds the vectors only
    protect(2, 0x1FF00000, 20, NO_ACCESS); // 1 MB below the stack
    MPU_CONTROL = 5;                       // on; elsewhere the default memory map
    SCB_HANDLER_CONTROL |= 7u << 16;       // tell memory, bus and usage faults apart
    __asm volatile("dsb\n isb\n" ::: "memory");
}

#endif

__attribute__((used, noreturn)) static void ink_board_start(void) {
    protect_memory();
    uint32_t *from = &_sidata;
    for (uint32_t *to = &_sdata; to < &_edata; to++) {
        *to = *from++;
    }
    for (uint32_t *to = &_sbss; to < &_ebss; to++) {
        *to = 0;
    }
    ink_board_exit(main());
}

// A request to the computer; numbers: Arm, "Semihosting for AArch32 and AArch64".
static void semihosting(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

__attribute__((noreturn)) void ink_board_exit(int status) {
    ink_board_uart_flush();
    const uint32_t arguments[2] = {
        0x20026, (uint32_t)status}; // the application ends, with a status
    for (;;) {
        semihosting(0x20, arguments); // SYS_EXIT_EXTENDED
    }
}

// To the UART and to the mailbox: whoever started the board may not be reading the UART.
static void print_fault(void *last_words, const char *text, size_t length) {
    char **at = last_words;
    mp_hal_stdout_tx_strn(text, length);
    for (size_t i = 0; i < length && *at < _mailbox_end; i++) {
        *(*at)++ = text[i];
    }
}

// `frame` is what the core stacked: r0-r3, r12, lr, pc, xpsr.
__attribute__((used, noreturn)) static void ink_board_report_fault(
    const uint32_t *frame, uint32_t exception) {
    static const char *const names[] = {
        "reset", "reset", "NMI", "HardFault", "MemManage", "BusFault", "UsageFault", "SecureFault"};
    const char *name =
        exception < sizeof(names) / sizeof(names[0]) ? names[exception] : "unexpected exception";
    uint32_t pc = 0;
    uint32_t lr = 0;
    // after a stack overflow the frame lies below the RAM
    if ((uintptr_t)frame >= 0x20000000u) {
        lr = frame[5];
        pc = frame[6];
    }
    char *last_words = _last_words;
    const mp_print_t print = {&last_words, print_fault};
    mp_printf(&print,
        "\r\nfault: %s (exception %u) pc=%08x lr=%08x sp=%08x cfsr=%08x bfar=%08x\r\n", name,
        (unsigned)exception, (unsigned)pc, (unsigned)lr, (unsigned)(uintptr_t)frame,
        (unsigned)SCB_FAULT_STATUS, (unsigned)SCB_FAULT_ADDRESS);
    ink_board_exit(1);
}

__attribute__((naked)) void ink_board_fault(void) {
    // the stack may be what is broken: report from a fresh one
    __asm volatile("mov r0, sp\n"
                   "mrs r1, ipsr\n"
                   "ldr r2, =_estack\n"
                   "mov sp, r2\n"
                   "b ink_board_report_fault\n");
}

__attribute__((section(".vectors"), used)) const vector_t ink_board_vectors[16 + 48] = {
    [0] = (vector_t)&_estack,
    [1] = ink_board_reset,
    [2 ... 15] = ink_board_fault,
    [16 ... 63] = ink_board_fault,
    [16 + IRQ_UART0_RX] = ink_board_uart_irq,
    [16 + IRQ_TIMER0] = ink_board_ticks_irq,
};
