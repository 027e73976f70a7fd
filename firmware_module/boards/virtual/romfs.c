// SPDX-License-Identifier: MIT
// The ROMFS partition: a piece of PSRAM that QEMU can fill before start. It is written like flash,
// so that what forgets to erase fails here too: blocks are erased to ones, writes clear bits.
#include "extmod/vfs.h"
#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"

#include "ink_board.h"

extern uint8_t _romfs_start, _romfs_size; // addresses set by memory.ld

// Bytes that writes are cut into; mpremote rounds its writes to it.
#define WRITE_UNIT 4
#define ERASE_BLOCK 4096
// Newer than MicroPython 1.25, which has no name for it: tells what erasing is cut into.
#define IOCTL_GET_ERASE_BLOCK 6

static MP_DEFINE_MEMORYVIEW_OBJ(romfs_obj, 'B', 0, (uintptr_t)&_romfs_size, &_romfs_start);

mp_obj_t mp_vfs_rom_ioctl(size_t n_args, const mp_obj_t *args) {
    size_t size = (size_t)(uintptr_t)&_romfs_size;
    switch (mp_obj_get_int(args[0])) {
    case MP_VFS_ROM_IOCTL_GET_NUMBER_OF_SEGMENTS:
        return MP_OBJ_NEW_SMALL_INT(1);
    case MP_VFS_ROM_IOCTL_GET_SEGMENT:
        return MP_OBJ_FROM_PTR(&romfs_obj);
    case IOCTL_GET_ERASE_BLOCK:
        return MP_OBJ_NEW_SMALL_INT(ERASE_BLOCK);
    case MP_VFS_ROM_IOCTL_WRITE_PREPARE: {
        // (3, id, length) from the start, or (3, id, offset, length)
        size_t offset = n_args > 3 ? (size_t)mp_obj_get_int(args[2]) : 0;
        size_t length = n_args > 2 ? (size_t)mp_obj_get_int(args[n_args > 3 ? 3 : 2]) : size + 1;
        if (offset % ERASE_BLOCK != 0 || offset > size || length > size - offset) {
            return MP_OBJ_NEW_SMALL_INT(-MP_EINVAL);
        }
        for (size_t at = 0; at < length; at += ERASE_BLOCK) {
            ink_board_store(&_romfs_start + offset + at, NULL, ERASE_BLOCK, INK_BOARD_ERASE);
        }
        return MP_OBJ_NEW_SMALL_INT(WRITE_UNIT);
    }
    case MP_VFS_ROM_IOCTL_WRITE: {
        if (n_args < 4) {
            return MP_OBJ_NEW_SMALL_INT(-MP_EINVAL);
        }
        mp_buffer_info_t data;
        mp_get_buffer_raise(args[3], &data, MP_BUFFER_READ);
        size_t offset = (size_t)mp_obj_get_int(args[2]);
        if (offset > size || data.len > size - offset) {
            return MP_OBJ_NEW_SMALL_INT(-MP_EINVAL);
        }
        ink_board_store(&_romfs_start + offset, data.buf, data.len, INK_BOARD_PROGRAM);
        return MP_OBJ_NEW_SMALL_INT(0);
    }
    case MP_VFS_ROM_IOCTL_WRITE_COMPLETE:
        return MP_OBJ_NEW_SMALL_INT(0);
    default:
        return MP_OBJ_NEW_SMALL_INT(-MP_EINVAL);
    }
}
