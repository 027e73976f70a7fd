// SPDX-License-Identifier: MIT
// Which taps of a window lie within the input, along one axis. Convolutions and poolings share it.
#ifndef INK_WINDOW_H
#define INK_WINDOW_H

#include <stdint.h>

// Taps begin..end of the kernel touch the input; tap `begin` does so at `first`.
typedef struct {
    int32_t begin, end, first;
} ink_window_t;

static inline ink_window_t ink_window(int32_t output, int32_t stride, int32_t pad, int32_t kernel,
    int32_t dilation, int32_t input_size) {
    const int32_t origin = output * stride - pad;
    ink_window_t window = {0, kernel, origin};
    if (origin < 0) {
        window.begin = (dilation - 1 - origin) / dilation;
        window.first = origin + window.begin * dilation;
    }
    // divided only where it is needed: most windows lie inside
    if (origin + (kernel - 1) * dilation >= input_size) {
        window.end = (input_size - 1 - origin) / dilation + 1;
    }
    return window;
}

#endif
