// SPDX-License-Identifier: MIT
// What a program without an operating system asks of QEMU; numbers: Arm, "Semihosting for AArch32
// and AArch64".
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stdint.h>

static inline void semihosting(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

static inline void semihosting_print(const char *text) {
    semihosting(4, text);
}

// Ends QEMU with this status.
__attribute__((noreturn)) static inline void semihosting_leave(uint32_t status) {
    const uint32_t arguments[2] = {0x20026, status};
    for (;;) {
        semihosting(0x20, arguments);
    }
}

#endif
