// SPDX-License-Identifier: MIT
// The Python module `virtual_board`: the exact tick count, the RAM disk's memory, the mailbox's,
// an allocation that fails, and the end of the run.
#include "py/gc.h"
#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"

#include "ink_board.h"

extern uint8_t _ramdisk_start, _mailbox_start;

#define RAM_DISK_SIZE (1 << 20)
#define RAM_DISK_BLOCK 512

// ram_disk: a memoryview of 1 MB of PSRAM outside the heap, which outlives a reset
static MP_DEFINE_MEMORYVIEW_OBJ(
    ram_disk_obj, 'B' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW, 0, RAM_DISK_SIZE, &_ramdisk_start);

// mailbox: a memoryview of 1 MB of PSRAM that the computer sees too (modules/computer.py)
static MP_DEFINE_MEMORYVIEW_OBJ(
    mailbox_obj, 'B' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW, 0, 1 << 20, &_mailbox_start);

// store(place, content): writes a buffer to the RAM disk; None erases a block there
static mp_obj_t virtual_board_store(mp_obj_t place, mp_obj_t content) {
    mp_buffer_info_t data = {.buf = NULL, .len = RAM_DISK_BLOCK};
    if (content != mp_const_none) {
        mp_get_buffer_raise(content, &data, MP_BUFFER_READ);
    }
    size_t start = (size_t)mp_obj_get_int(place);
    if (start > RAM_DISK_SIZE || data.len > RAM_DISK_SIZE - start) {
        mp_raise_OSError(MP_EINVAL);
    }
    ink_board_store(&_ramdisk_start + start, data.buf, data.len,
        content == mp_const_none ? INK_BOARD_ERASE : INK_BOARD_WRITE);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(virtual_board_store_obj, virtual_board_store);

// fail_allocation(n): the n-th allocation from now on fails, as in a full heap; 0: none does.
// Returns how many there were since the last call.
static size_t allocations, failing;

void *__real_gc_alloc(size_t size, unsigned int flags);
void *__real_gc_realloc(void *pointer, size_t size, bool may_move);

static bool fails(void) {
    return ++allocations == failing;
}

void *__wrap_gc_alloc(size_t size, unsigned int flags) {
    return fails() ? NULL : __real_gc_alloc(size, flags);
}

void *__wrap_gc_realloc(void *pointer, size_t size, bool may_move) {
    bool grows = pointer == NULL || size > gc_nbytes(pointer);
    return grows && fails() ? NULL : __real_gc_realloc(pointer, size, may_move);
}

static mp_obj_t virtual_board_fail_allocation(mp_obj_t number) {
    size_t before = allocations;
    allocations = 0;
    failing = (size_t)mp_obj_get_int(number);
    return MP_OBJ_NEW_SMALL_INT(before);
}
static MP_DEFINE_CONST_FUN_OBJ_1(virtual_board_fail_allocation_obj, virtual_board_fail_allocation);

// ticks() -> int: ticks of INK_BOARD_TICK_NS since start, exact (time.ticks_cpu() wraps at 2**30)
static mp_obj_t virtual_board_ticks(void) {
    return mp_obj_new_int_from_ull(ink_board_ticks());
}
static MP_DEFINE_CONST_FUN_OBJ_0(virtual_board_ticks_obj, virtual_board_ticks);

// exit(status): ends QEMU with this status
static mp_obj_t virtual_board_exit(mp_obj_t status) {
    ink_board_exit((int)mp_obj_get_int(status));
}
static MP_DEFINE_CONST_FUN_OBJ_1(virtual_board_exit_obj, virtual_board_exit);

static const mp_rom_map_elem_t virtual_board_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_virtual_board)},
    {MP_ROM_QSTR(MP_QSTR_ram_disk), MP_ROM_PTR(&ram_disk_obj)},
    {MP_ROM_QSTR(MP_QSTR_mailbox), MP_ROM_PTR(&mailbox_obj)},
    {MP_ROM_QSTR(MP_QSTR_store), MP_ROM_PTR(&virtual_board_store_obj)},
    {MP_ROM_QSTR(MP_QSTR_fail_allocation), MP_ROM_PTR(&virtual_board_fail_allocation_obj)},
    {MP_ROM_QSTR(MP_QSTR_ticks), MP_ROM_PTR(&virtual_board_ticks_obj)},
    {MP_ROM_QSTR(MP_QSTR_exit), MP_ROM_PTR(&virtual_board_exit_obj)},
};
static MP_DEFINE_CONST_DICT(virtual_board_globals, virtual_board_globals_table);

const mp_obj_module_t ink_virtual_board_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&virtual_board_globals,
};
MP_REGISTER_MODULE(MP_QSTR_virtual_board, ink_virtual_board_module);
