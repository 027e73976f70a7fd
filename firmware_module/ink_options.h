// SPDX-License-Identifier: MIT
// What a build may leave out: docs/firmware.md says what each group takes of flash, and how. A blob
// that needs what was left out is refused, with the switch's name. What is left with all at 0 is
// the core.
#ifndef INK_OPTIONS_H
#define INK_OPTIONS_H

// Front ends for sound, and inkling.Listener.
#ifndef INK_AUDIO
#define INK_AUDIO 1
#endif

// What was detected: Model.peaks() and inkling.nms().
#ifndef INK_DETECT
#define INK_DETECT 1
#endif

// Other ways to make an input of a picture than to crop and average it: blobs that ask for them,
// and predict's fit= and scaling=.
#ifndef INK_FITTING
#define INK_FITTING 1
#endif

// Recurrent layers: svdf_s8, lstm_s8 and gru_s8. States are always there.
#ifndef INK_RECURRENT
#define INK_RECURRENT 1
#endif

// The fastest convolutions of windows 3x3 and 5x5: winograd_f2_s8, winograd_f4_s8 and
// winograd_f45_s8. Without them pack with `--without INK_WINOGRAD`.
#ifndef INK_WINOGRAD
#define INK_WINOGRAD 1
#endif

// Operators that networks of pictures seldom have: batch_matmul_s8, log_softmax_s8,
// l2_normalization_s8, squared_difference_s8, sums, differences and products of two tensors of
// other shapes, resizing, arg_max_s8, cast, prelu_s8, and maximum and minimum, of two tensors or
// along axes.
#ifndef INK_SELDOM
#define INK_SELDOM 1
#endif

#endif
