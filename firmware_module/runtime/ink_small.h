// SPDX-License-Identifier: MIT
// What a native module for some networks is built without where none of them has it
// (`make natmod FOR=`, which says so in its list of kernels). A blob that has it is refused there.
#ifndef INK_SMALL_H
#define INK_SMALL_H

// Tensors that keep their values from run to run.
#ifndef INK_STATES
#define INK_STATES 1
#endif

// Kernels of two inputs.
#ifndef INK_TWO_INPUTS
#define INK_TWO_INPUTS 1
#endif

// Kernels with tables whose entries the verifier looks at.
#ifndef INK_TABLES
#define INK_TABLES 1
#endif

// Tensors of float32 or int32.
#ifndef INK_WIDE
#define INK_WIDE 1
#endif

#endif
