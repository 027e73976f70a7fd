// SPDX-License-Identifier: MIT
// What the convolutions on packed weights share: their parameters, and the checks of them.
#ifndef INK_PACKED_CONVOLUTION_H
#define INK_PACKED_CONVOLUTION_H

#include "ink_check.h"
#include "kernels/armv7em/ink_packed.h"
#include "operators/ink_op_windows.h"

// The operator as its kernel takes it, one group: undilated, or with ink_dilated_conv_params_t.
ink_packed_conv_t ink_packed_convolution(const ink_call_t *call);
ink_packed_conv_t ink_dilated_convolution(const ink_call_t *call);

// Its windows.
ink_windows_t ink_packed_windows(const ink_call_t *call);
ink_windows_t ink_dilated_windows(const ink_call_t *call);

// Groups of four that so many taps fill.
uint32_t ink_fours(uint32_t taps);

// Bytes of pairs of output channels' records.
uint32_t ink_packed_size(uint32_t units, uint32_t taps);

// Steps of panels of four pixels, pairs of output channels and groups of four taps, each with what
// it begins.
uint32_t ink_packed_steps(uint32_t pixels, uint32_t units, uint32_t taps);

// Fields and windows.
bool ink_check_packed_windows(ink_check_t *check);

// Fields, windows, activation and the block of `size` bytes of packed weights.
bool ink_check_packed_convolution(ink_check_t *check, uint32_t size);

// The same but the block, with dilation.
bool ink_check_dilated_convolution(ink_check_t *check);

#endif
