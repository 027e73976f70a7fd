// SPDX-License-Identifier: MIT
// What MicroPython's core asks of the port about interrupts and standard input.
#include <stddef.h>

#include "shared/runtime/interrupt_char.h"

#include "ink_board.h"

#define MICROPY_BEGIN_ATOMIC_SECTION() ink_board_irq_save()
#define MICROPY_END_ATOMIC_SECTION(state) ink_board_irq_restore(state)
