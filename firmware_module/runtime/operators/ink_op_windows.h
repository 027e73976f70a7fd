// SPDX-License-Identifier: MIT
// What convolutions and poolings share: the check of windows that slide over pictures.
#ifndef INK_WINDOWS_H
#define INK_WINDOWS_H

#include "ink_check.h"

// Along height and width. The first two of `names` are the fields of pad, to name in errors.
typedef struct {
    int32_t kernel[2], stride[2], dilation[2], pad[2];
} ink_windows_t;

// Whether input 0 and the output are int8 pictures of sides within bounds and equal batch, and each
// output window touches the input. The windows' own fields are within their ranges already.
// Sets check->taps.
bool ink_check_windows(ink_check_t *check, const ink_windows_t *windows);

// By how many bytes the output must start before the input to overlap it, for a kernel that reads
// the windows of some pixels before it writes these, row by row. For windows that are verified.
int32_t ink_slide(const ink_call_t *call, const ink_windows_t *windows);

// Bytes of one picture of a batch.
int32_t ink_picture_size(const ink_tensor_t *tensor);

#endif
