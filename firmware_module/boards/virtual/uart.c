// SPDX-License-Identifier: MIT
// Standard input and output over UART 0: input by interrupt, with Ctrl-C, output by polling.
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "shared/runtime/interrupt_char.h"

#include "ink_board.h"

#define STATE_TX_FULL 1u
#define STATE_RX_FULL 2u
#define CTRL_TX_ENABLE 1u
#define CTRL_RX_ENABLE 2u
#define CTRL_RX_INTERRUPT 8u
#define INTERRUPT_RX 2u

#define RX_SIZE 1024u

static uint8_t rx_buffer[RX_SIZE];
static volatile uint32_t rx_head; // bytes received so far
static volatile uint32_t rx_tail; // bytes read so far

// Takes what the UART holds. Called with its interrupt not running.
static void take_input(void) {
    while (UART0_STATE & STATE_RX_FULL) {
        if (rx_head - rx_tail >= RX_SIZE) {
            // full: the byte stays in the UART, so that QEMU holds the sender back
            UART0_CTRL &= ~CTRL_RX_INTERRUPT;
            return;
        }
        int c = (int)(UART0_DATA & 0xFF);
        if (c == mp_interrupt_char) {
            mp_sched_keyboard_interrupt();
        } else {
            rx_buffer[rx_head % RX_SIZE] = (uint8_t)c;
            rx_head = rx_head + 1;
        }
    }
}

void ink_board_uart_init(void) {
    UART0_BAUD_DIVIDER = 16;
    UART0_CTRL = CTRL_TX_ENABLE | CTRL_RX_ENABLE | CTRL_RX_INTERRUPT;
    NVIC_ENABLE(IRQ_UART0_RX);
}

void ink_board_uart_irq(void) {
    UART0_INTERRUPT = INTERRUPT_RX;
    take_input();
}

void ink_board_uart_flush(void) {
    while (UART0_STATE & STATE_TX_FULL) {
    }
}

int mp_hal_stdin_rx_chr(void) {
    for (;;) {
        mp_handle_pending(true);
        uint32_t state = ink_board_irq_save();
        if (rx_head == rx_tail) {
            // a pending interrupt wakes the core though interrupts are off
            __asm volatile("wfi" ::: "memory");
            ink_board_irq_restore(state);
            continue;
        }
        int c = rx_buffer[rx_tail % RX_SIZE];
        rx_tail = rx_tail + 1;
        if (!(UART0_CTRL & CTRL_RX_INTERRUPT)) {
            UART0_CTRL |= CTRL_RX_INTERRUPT;
            take_input();
        }
        ink_board_irq_restore(state);
        return c;
    }
}

mp_uint_t mp_hal_stdout_tx_strn(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        ink_board_uart_flush();
        UART0_DATA = (uint8_t)text[i];
    }
    return length;
}

uintptr_t mp_hal_stdio_poll(uintptr_t flags) {
    uintptr_t ready = flags & MP_STREAM_POLL_WR;
    if ((flags & MP_STREAM_POLL_RD) && rx_head != rx_tail) {
        ready |= MP_STREAM_POLL_RD;
    }
    return ready;
}
