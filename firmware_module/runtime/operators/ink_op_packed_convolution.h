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

// Fields and windows.
bool ink_check_packed_windows(ink_check_t *check);

// Fields, windows, activation and the block of `size` bytes of packed weights.
bool ink_check_packed_convolution(ink_check_t *check, uint64_t size);

// The same but the block, with dilation.
bool ink_check_dilated_convolution(ink_check_t *check);

#endif
