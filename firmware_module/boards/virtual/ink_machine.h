// SPDX-License-Identifier: MIT
// What the `machine` module needs from its port; included by MicroPython's extmod/modmachine.c
// alone.
#include "ink_board.h"

static void mp_machine_idle(void) {
}

static void mp_machine_reset(void) {
    SCB_RESET_CONTROL = 0x05FA0004; // key, system reset request
    for (;;) {
    }
}

static mp_int_t mp_machine_reset_cause(void) {
    return 0;
}
