// SPDX-License-Identifier: MIT
// Inkling's version: inkling.__version__ on the board, host_tools --version, the package's.
#ifndef INK_VERSION_H
#define INK_VERSION_H

#define INK_VERSION "0.2.0"

#endif
