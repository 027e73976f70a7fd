// SPDX-License-Identifier: MIT
// Copies bytes where MicroPython's memcpy would take twice as long.
#ifndef INK_COPY_BYTES_H
#define INK_COPY_BYTES_H

#include <stddef.h>
#include <stdint.h>

// `size` bytes that do not overlap, at any address. Returns the end of what it wrote.
void *ink_copy_bytes(void *to, const void *from, size_t size);

#endif
