// SPDX-License-Identifier: MIT
// What stands in for hardware that QEMU's b-l475e-iot01a lacks: see micropython.mk.
#include <stdbool.h>
#include <stdint.h>

// PWR_CR1, which switches voltage and the backup domain, always reads 0 there.
void SystemClock_Config(void) {
}

void __wrap_rtc_init_start(bool force) {
    (void)force;
}

void __wrap_rtc_init_finalise(void) {
}

// The button's pin reads as pressed, which starts the board without its main.py.
int __wrap_switch_get(void) {
    return 0;
}

// Flash cannot be written: what was to be there is not, and nothing fails.
int __wrap_flash_erase(uint32_t address) {
    (void)address;
    return 0;
}

int __wrap_flash_write(uint32_t address, const uint32_t *source, uint32_t words) {
    (void)address;
    (void)source;
    (void)words;
    return 0;
}
