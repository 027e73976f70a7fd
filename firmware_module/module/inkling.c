// SPDX-License-Identifier: MIT
// The module `inkling` as a part of the firmware: its table and its type. A native module fills in
// its own.
#include "ink_options.h"
#include "ink_version.h"
#include "inkling_binding.h"
#include "py/objstr.h"

static MP_DEFINE_STR_OBJ(inkling_version_obj, INK_VERSION);

static MP_DEFINE_CONST_OBJ_TYPE(inkling_model_type, MP_QSTR_Model, MP_TYPE_FLAG_NONE, make_new,
    inkling_model_make_new, print, inkling_model_print, attr, inkling_model_attr);

bool inkling_is_model(mp_obj_t object) {
    return mp_obj_get_type(object) == &inkling_model_type;
}

#if INK_AUDIO
static MP_DEFINE_CONST_OBJ_TYPE(inkling_listener_type, MP_QSTR_Listener, MP_TYPE_FLAG_NONE,
    make_new, inkling_listener_make_new, attr, inkling_listener_attr);
#endif

static const mp_rom_map_elem_t inkling_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_inkling)},
    {MP_ROM_QSTR(MP_QSTR___version__), MP_ROM_PTR(&inkling_version_obj)},
    {MP_ROM_QSTR(MP_QSTR_Model), MP_ROM_PTR(&inkling_model_type)},
#if INK_AUDIO
    {MP_ROM_QSTR(MP_QSTR_Listener), MP_ROM_PTR(&inkling_listener_type)},
#endif
#if INK_DETECT
    {MP_ROM_QSTR(MP_QSTR_nms), MP_ROM_PTR(&inkling_nms_obj)},
#endif
    {MP_ROM_QSTR(MP_QSTR_show), MP_ROM_PTR(&inkling_show_obj)},
    {MP_ROM_QSTR(MP_QSTR_top), MP_ROM_PTR(&inkling_top_obj)},
};
static MP_DEFINE_CONST_DICT(inkling_globals, inkling_globals_table);

const mp_obj_module_t inkling_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&inkling_globals,
};
MP_REGISTER_MODULE(MP_QSTR_inkling, inkling_module);
