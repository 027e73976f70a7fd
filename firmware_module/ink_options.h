// SPDX-License-Identifier: MIT
// What a build may leave out, and what that saves of flash (virtual board; docs/firmware.md). Set
// to 0 with -D, as in CFLAGS_EXTRA=-DINK_RECURRENT=0. A blob that needs what was left out is
// refused.
#ifndef INK_OPTIONS_H
#define INK_OPTIONS_H

// Recurrent layers: svdf_s8, lstm_s8 and gru_s8. States are always there.
#ifndef INK_RECURRENT
#define INK_RECURRENT 1
#endif

// Front ends for sound, and inkling.Listener.
#ifndef INK_AUDIO
#define INK_AUDIO 1
#endif

// What was detected: Model.peaks() and inkling.nms().
#ifndef INK_DETECT
#define INK_DETECT 1
#endif

#endif
