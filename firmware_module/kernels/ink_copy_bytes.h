// SPDX-License-Identifier: MIT
// Copies and fills bytes where MicroPython's memcpy and memset would take several times as long.
#ifndef INK_COPY_BYTES_H
#define INK_COPY_BYTES_H

#include <stddef.h>
#include <stdint.h>

// `size` bytes that do not overlap, at any address. Returns the end of what it wrote.
void *ink_copy_bytes(void *to, const void *from, size_t size);

// `size` bytes at any address.
void ink_fill_bytes(void *to, uint8_t value, size_t size);

#endif
