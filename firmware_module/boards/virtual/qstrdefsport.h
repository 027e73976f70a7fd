// SPDX-License-Identifier: MIT
// The build needs this file; the port has no strings of its own to add.
