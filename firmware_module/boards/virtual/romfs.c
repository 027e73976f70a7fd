// SPDX-License-Identifier: MIT
// The ROMFS partition: a piece of PSRAM that QEMU can fill before start and `mpremote romfs` can
// rewrite.
#include <string.h>

#include "extmod/vfs.h"
#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"

extern uint8_t _romfs_start, _romfs_size; // addresses set by memory.ld

// Bytes that writes are cut into; mpremote rounds its writes to it.
#define WRITE_UNIT 4

static MP_DEFINE_MEMORYVIEW_OBJ(romfs_obj, 'B', 0, (uintptr_t)&_romfs_size, &_romfs_start);

mp_obj_t mp_vfs_rom_ioctl(size_t n_args, const mp_obj_t *args) {
    size_t size = (size_t)(uintptr_t)&_romfs_size;
    switch (mp_obj_get_int(args[0])) {
    case MP_VFS_ROM_IOCTL_GET_NUMBER_OF_SEGMENTS:
        return MP_OBJ_NEW_SMALL_INT(1);
    case MP_VFS_ROM_IOCTL_GET_SEGMENT:
        return MP_OBJ_FROM_PTR(&romfs_obj);
    case MP_VFS_ROM_IOCTL_WRITE_PREPARE: {
        bool fits = n_args > 2 && (size_t)mp_obj_get_int(args[2]) <= size;
        return MP_OBJ_NEW_SMALL_INT(fits ? WRITE_UNIT : -MP_EINVAL);
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
        memcpy(&_romfs_start + offset, data.buf, data.len);
        return MP_OBJ_NEW_SMALL_INT(0);
    }
    case MP_VFS_ROM_IOCTL_WRITE_COMPLETE:
        return MP_OBJ_NEW_SMALL_INT(0);
    default:
        return MP_OBJ_NEW_SMALL_INT(-MP_EINVAL);
    }
}
