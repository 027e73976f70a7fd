// SPDX-License-Identifier: MIT
// What the convolutions on packed weights share: their parameters, and the checks of them.
#ifndef INK_PACKED_CONVOLUTION_H
#define INK_PACKED_CONVOLUTION_H

#include "ink_check.h"
#include "kernels/armv7em/ink_packed.h"

// The operator as its kernel takes it.
ink_packed_conv_t ink_packed_convolution(const ink_call_t *call);

// Fields, windows, activation and the block of `size` bytes of packed weights.
bool ink_check_packed_convolution(ink_check_t *check, uint64_t size);

// Whether the last word of a requantization record of packed weights is a shift that the kernels
// have. `record` is three words, within the blob.
bool ink_check_packed_shift(ink_check_t *check, const uint8_t *record);

// By how many bytes the output must start before the input to overlap it, for a kernel that reads
// the windows of some pixels, then writes their outputs, row by row. For verified windows.
int64_t ink_packed_slide(const ink_packed_conv_t *conv);

#endif
