// SPDX-License-Identifier: MIT
// Starts MicroPython, runs _boot.py (file systems, headless scripts), boot.py and main.py, then the
// REPL; again after each soft reset.
#include "py/cstack.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/pyexec.h"

#include "ink_board.h"

extern uint32_t _estack, _sstack;

extern char _heap_start[], _heap_limit[];
extern volatile uint32_t _heap_asked; // bytes; 0 where QEMU was told nothing

static char *heap_end(void) {
    size_t size = _heap_asked == 0 ? MICROPY_HEAP_SIZE : _heap_asked;
    size_t most = (size_t)(_heap_limit - _heap_start);
    return _heap_start + (size < most ? size : most);
}

static void run_repl(void) {
    for (;;) {
        int stop =
            pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl();
        if (stop) {
            return;
        }
    }
}

int main(void) {
    ink_board_ticks_init();
    ink_board_uart_init();
    mp_cstack_init_with_top(&_estack, (size_t)((char *)&_estack - (char *)&_sstack));
    for (;;) {
        gc_init(_heap_start, heap_end());
        mp_init();
        pyexec_frozen_module("_boot.py", false);
        int result = pyexec_file_if_exists("boot.py");
        if (!(result & PYEXEC_FORCED_EXIT) && pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL) {
            result = pyexec_file_if_exists("main.py");
        }
        if (!(result & PYEXEC_FORCED_EXIT)) {
            run_repl();
        }
        mp_hal_stdout_tx_str("MPY: soft reboot\r\n");
        gc_sweep_all();
        mp_deinit();
    }
}

void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    gc_collect_end();
}

void nlr_jump_fail(void *value) {
    (void)value;
    mp_hal_stdout_tx_str("fault: exception with nobody to catch it\r\n");
    ink_board_exit(1);
}

void __assert_func(const char *file, int line, const char *function, const char *expression) {
    mp_printf(&mp_plat_print, "fault: assertion %s failed in %s, %s:%d\r\n", expression, function,
        file, line);
    ink_board_exit(1);
}
