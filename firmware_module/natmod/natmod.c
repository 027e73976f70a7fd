// SPDX-License-Identifier: MIT
// The module `inkling` as a native .mpy: fills in its type and its names when it is imported, and
// has what no native module gets from the C library.
#include <string.h>

#include "ink_options.h"
#include "ink_version.h"
#include "module/inkling_binding.h"

// not static: MicroPython's linker keeps no writable data of a single file
mp_obj_full_type_t inkling_model_type;
#if INK_AUDIO
mp_obj_full_type_t inkling_listener_type;
#endif

// Must stay the first of the code: MicroPython 1.28 calls what lies there.
mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    (void)n_args;
    (void)n_kw;
    (void)args;
    MP_DYNRUNTIME_INIT_ENTRY
    inkling_port_init();
    inkling_model_type.base.type = &mp_type_type;
    inkling_model_type.flags = MP_TYPE_FLAG_NONE;
    inkling_model_type.name = MP_QSTR_Model;
    MP_OBJ_TYPE_SET_SLOT(&inkling_model_type, make_new, inkling_model_make_new, 0);
    MP_OBJ_TYPE_SET_SLOT(&inkling_model_type, print, inkling_model_print, 1);
    MP_OBJ_TYPE_SET_SLOT(&inkling_model_type, attr, inkling_model_attr, 2);
    mp_store_global(MP_QSTR_Model, MP_OBJ_FROM_PTR(&inkling_model_type));
#if INK_AUDIO
    inkling_listener_type.base.type = &mp_type_type;
    inkling_listener_type.flags = MP_TYPE_FLAG_NONE;
    inkling_listener_type.name = MP_QSTR_Listener;
    MP_OBJ_TYPE_SET_SLOT(&inkling_listener_type, make_new, inkling_listener_make_new, 0);
    MP_OBJ_TYPE_SET_SLOT(&inkling_listener_type, attr, inkling_listener_attr, 1);
    mp_store_global(MP_QSTR_Listener, MP_OBJ_FROM_PTR(&inkling_listener_type));
#endif
    mp_store_global(MP_QSTR___version__, mp_obj_new_str(INK_VERSION, sizeof(INK_VERSION) - 1));
#if INK_DETECT
    mp_store_global(MP_QSTR_nms, MP_OBJ_FROM_PTR(&inkling_nms_obj));
#endif
#ifndef INKLING_SMALL
    mp_store_global(MP_QSTR_show, MP_OBJ_FROM_PTR(&inkling_show_obj));
#endif
    mp_store_global(MP_QSTR_top, MP_OBJ_FROM_PTR(&inkling_top_obj));
    MP_DYNRUNTIME_INIT_EXIT
}

bool inkling_is_model(mp_obj_t object) {
    return mp_obj_get_type(object) == (const mp_obj_type_t *)&inkling_model_type;
}

void *memcpy(void *to, const void *from, size_t size) {
    return mp_fun_table.memmove_(to, from, size);
}

void *memmove(void *to, const void *from, size_t size) {
    return mp_fun_table.memmove_(to, from, size);
}

void *memset(void *to, int value, size_t size) {
    return mp_fun_table.memset_(to, value, size);
}

size_t strlen(const char *text) {
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}
