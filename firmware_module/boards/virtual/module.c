// SPDX-License-Identifier: MIT
// The Python module `virtual_board`: the exact tick count, the RAM disk's memory, the mailbox's,
// and the end of the run.
#include "py/objarray.h"
#include "py/runtime.h"

#include "ink_board.h"

extern uint8_t _ramdisk_start, _mailbox_start;

// ram_disk: a memoryview of 1 MB of PSRAM outside the heap, which outlives a reset
static MP_DEFINE_MEMORYVIEW_OBJ(
    ram_disk_obj, 'B' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW, 0, 1 << 20, &_ramdisk_start);

// mailbox: a memoryview of 1 MB of PSRAM that the computer sees too (modules/computer.py)
static MP_DEFINE_MEMORYVIEW_OBJ(
    mailbox_obj, 'B' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW, 0, 1 << 20, &_mailbox_start);

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
    {MP_ROM_QSTR(MP_QSTR_ticks), MP_ROM_PTR(&virtual_board_ticks_obj)},
    {MP_ROM_QSTR(MP_QSTR_exit), MP_ROM_PTR(&virtual_board_exit_obj)},
};
static MP_DEFINE_CONST_DICT(virtual_board_globals, virtual_board_globals_table);

const mp_obj_module_t ink_virtual_board_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&virtual_board_globals,
};
MP_REGISTER_MODULE(MP_QSTR_virtual_board, ink_virtual_board_module);
