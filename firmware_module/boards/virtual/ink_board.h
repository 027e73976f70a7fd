// SPDX-License-Identifier: MIT
// The virtual board's registers (QEMU mps2-an500, mps2-an386, mps2-an505) and what its files offer
// each other. Register addresses: Arm AN500, AN386, AN505 and the CMSDK technical reference manual;
// system registers: Armv7-M and Armv8-M ARM.
#ifndef INKLING_VIRTUAL_BOARD_H
#define INKLING_VIRTUAL_BOARD_H

#include <stddef.h>
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#if INK_BOARD_CORE == 33
// by their secure addresses; timer 0 runs at 20 MHz
#define TIMER0 0x50000000
#define UART0 0x50200000
#define IRQ_UART0_RX 32
#define IRQ_TIMER0 3
#define INK_BOARD_TICK_NS 50 // nanoseconds of one tick
#else
// timer 0 runs at 25 MHz
#define TIMER0 0x40000000
#define UART0 0x40004000
#define IRQ_UART0_RX 0
#define IRQ_TIMER0 8
#define INK_BOARD_TICK_NS 40
#endif

#define TIMER0_CTRL REGISTER(TIMER0 + 0x0)
#define TIMER0_VALUE REGISTER(TIMER0 + 0x4)
#define TIMER0_RELOAD REGISTER(TIMER0 + 0x8)
#define TIMER0_INTERRUPT REGISTER(TIMER0 + 0xC) // read: pending, write 1: clear

#define UART0_DATA REGISTER(UART0 + 0x00)
#define UART0_STATE REGISTER(UART0 + 0x04)
#define UART0_CTRL REGISTER(UART0 + 0x08)
#define UART0_INTERRUPT REGISTER(UART0 + 0x0C)
#define UART0_BAUD_DIVIDER REGISTER(UART0 + 0x10)

#define NVIC_ENABLE(irq) REGISTER(0xE000E100 + (irq) / 32 * 4) = 1u << (irq) % 32
#define SCB_RESET_CONTROL REGISTER(0xE000ED0C)   // AIRCR
#define SCB_HANDLER_CONTROL REGISTER(0xE000ED24) // SHCSR
#define SCB_FAULT_STATUS REGISTER(0xE000ED28)    // CFSR
#define SCB_FAULT_ADDRESS REGISTER(0xE000ED38)   // BFAR
#define MPU_CONTROL REGISTER(0xE000ED94)
#define MPU_REGION_BASE REGISTER(0xE000ED9C)
#define MPU_REGION_SIZE REGISTER(0xE000EDA0) // with its access rights

// Stops interrupts and tells the state to give back to ink_board_irq_restore().
static inline uint32_t ink_board_irq_save(void) {
    uint32_t state;
    __asm volatile("mrs %0, primask\n cpsid i" : "=r"(state)::"memory");
    return state;
}

static inline void ink_board_irq_restore(uint32_t state) {
    __asm volatile("msr primask, %0" ::"r"(state) : "memory");
}

void ink_board_ticks_init(void);
void ink_board_ticks_irq(void);
// Ticks since start, 64 bits, exact and never running backwards.
uint64_t ink_board_ticks(void);

void ink_board_uart_init(void);
void ink_board_uart_irq(void);
// Returns when the last byte written has left the UART.
void ink_board_uart_flush(void);

// How storage changes: any bytes, as of a card; flash that is erased to ones; flash whose bits are
// cleared.
typedef enum { INK_BOARD_WRITE, INK_BOARD_ERASE, INK_BOARD_PROGRAM } ink_board_storage_t;

// Changes the memory of /flash or /rom; `from` is NULL for an erase.
void ink_board_store(uint8_t *to, const uint8_t *from, size_t size, ink_board_storage_t kind);

// Ends QEMU with this status (0 to 255), after what was printed has left.
__attribute__((noreturn)) void ink_board_exit(int status);

#endif
