// SPDX-License-Identifier: MIT
// With libFuzzer, which has the main function. run_alone.c is without.
#include "runtime_target.h"
