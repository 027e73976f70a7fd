// SPDX-License-Identifier: MIT
// Time from CMSDK timer 0.
// Under QEMU's -icount shift=6 an instruction takes 64 ns and a tick of the Cortex-M7's board 40
// ns: instructions = ticks * 5 / 8.
#include "lib/oofatfs/ff.h"
#include "py/mphal.h"
#include "py/runtime.h"

#include "ink_board.h"

#define TICKS_PER_US (1000u / INK_BOARD_TICK_NS)

#define TIMER_ENABLE 1u
#define TIMER_ENABLE_INTERRUPT 8u

static volatile uint32_t wraps;

void ink_board_ticks_init(void) {
    TIMER0_RELOAD = 0xFFFFFFFF;
    TIMER0_VALUE = 0xFFFFFFFF;
    TIMER0_CTRL = TIMER_ENABLE | TIMER_ENABLE_INTERRUPT;
    NVIC_ENABLE(IRQ_TIMER0);
}

void ink_board_ticks_irq(void) {
    TIMER0_INTERRUPT = 1;
    wraps = wraps + 1;
}

// The timer counts down and interrupts as it reaches 0, which is where its negated value wraps to
// 0.
uint64_t ink_board_ticks(void) {
    uint32_t state = ink_board_irq_save();
    uint32_t high = wraps;
    uint32_t low = -TIMER0_VALUE;
    if (TIMER0_INTERRUPT & 1) {
        // wrapped, and not counted yet: what was read may be from before
        high = high + 1;
        low = -TIMER0_VALUE;
    }
    ink_board_irq_restore(state);
    return (uint64_t)high << 32 | low;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return -TIMER0_VALUE;
}

mp_uint_t mp_hal_ticks_us(void) {
    return (mp_uint_t)(ink_board_ticks() / TICKS_PER_US);
}

mp_uint_t mp_hal_ticks_ms(void) {
    return (mp_uint_t)(ink_board_ticks() / (1000 * TICKS_PER_US));
}

uint64_t mp_hal_time_ns(void) {
    return ink_board_ticks() * INK_BOARD_TICK_NS;
}

// What FAT dates files with. A board whose clock no battery keeps begins again at each start; this
// one on 2015-01-01, as the STM32 port's does.
DWORD get_fattime(void) {
    uint32_t seconds = (uint32_t)(mp_hal_time_ns() / 1000000000);
    uint32_t day = 1 + seconds / 86400 % 31;
    return (2015u - 1980) << 25 | 1u << 21 | day << 16 | seconds / 3600 % 24 << 11 |
           seconds / 60 % 60 << 5 | seconds % 60 / 2;
}

void mp_hal_delay_us(mp_uint_t us) {
    uint64_t end = ink_board_ticks() + (uint64_t)us * TICKS_PER_US;
    while (ink_board_ticks() < end) {
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    uint64_t end = ink_board_ticks() + (uint64_t)ms * 1000 * TICKS_PER_US;
    do {
        mp_event_handle_nowait();
    } while (ink_board_ticks() < end);
}
