// SPDX-License-Identifier: MIT
// MicroPython's configuration on the virtual board: the features that STM32 and OpenMV firmware
// have, as far as a board without peripherals can have them.
#include <alloca.h>
#include <stdint.h>

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

// FPU, object representation and heap size come from the Makefile
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)

#define MICROPY_EMIT_THUMB (1)
#define MICROPY_EMIT_INLINE_THUMB (1)
#define MICROPY_MAKE_POINTER_CALLABLE(p) ((void *)((mp_uint_t)(p) | 1))
#define MICROPY_PERSISTENT_CODE_LOAD (1)

#define MICROPY_ENABLE_GC (1)
#define MICROPY_STACK_CHECK_MARGIN (1024) // that of ports/stm32
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)
#define MICROPY_EMERGENCY_EXCEPTION_BUF_SIZE (256)

#define MICROPY_VFS (1)
#define MICROPY_READER_VFS (1)
#define MICROPY_VFS_ROM (1)
#define MICROPY_VFS_ROM_IOCTL (1)
#define MICROPY_FATFS_ENABLE_LFN (1)
#define MICROPY_FATFS_LFN_CODE_PAGE 437
#define MICROPY_FATFS_USE_LABEL (1)
#define MICROPY_FATFS_RPATH (2)
#define MICROPY_PY_OS_SYNC (1)
#define MICROPY_PY_OS_UNAME (1)

#define MICROPY_PY_SYS_PLATFORM "qemu"
#define MICROPY_PY_MACHINE (1)
#define MICROPY_PY_MACHINE_INCLUDEFILE "ink_machine.h"
#define MICROPY_PY_MACHINE_RESET (1)
#define MICROPY_PY_MACHINE_SIGNAL (0)

#if INK_BOARD_CORE == 33
#define MICROPY_HW_BOARD_NAME "Inkling virtual board (QEMU mps2-an505)"
#define MICROPY_HW_MCU_NAME "Cortex-M33"
#elif INK_BOARD_CORE == 4
#define MICROPY_HW_BOARD_NAME "Inkling virtual board (QEMU mps2-an386)"
#define MICROPY_HW_MCU_NAME "Cortex-M4"
#else
#define MICROPY_HW_BOARD_NAME "Inkling virtual board (QEMU mps2-an500)"
#define MICROPY_HW_MCU_NAME "Cortex-M7"
#endif

#define MP_SSIZE_MAX (0x7fffffff)
typedef long mp_off_t;
// newer ones have an integer of their own, and refuse another
#if MICROPY_VERSION < MICROPY_MAKE_VERSION(1, 27, 0)
#define UINT_FMT "%lu"
#define INT_FMT "%ld"
typedef int32_t mp_int_t;
typedef uint32_t mp_uint_t;
#endif

#define MP_NEED_LOG2 (1)
#define MP_STATE_PORT MP_STATE_VM
