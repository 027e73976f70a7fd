// SPDX-License-Identifier: MIT
// inkling.show(image, results=None, *, labels=None, model=None, **settings): what shows them is the
// computer's, which puts it on the board (host_tools/device/on_board/view.py) and looks on. Where
// nobody does, the settings come back as they are.
#include "inkling_binding.h"

static mp_obj_t show(size_t n_args, const mp_obj_t *args, mp_map_t *keywords) {
    mp_obj_t sys = mp_import_name(MP_QSTR_sys, mp_const_none, MP_OBJ_NEW_SMALL_INT(0));
    mp_obj_t name = MP_OBJ_NEW_QSTR(MP_QSTR_inkling_view);
    mp_obj_t get = mp_load_attr(mp_load_attr(sys, MP_QSTR_modules), MP_QSTR_get);
    mp_obj_t view = mp_call_function_n_kw(get, 1, 0, &name);
    if (view != mp_const_none) {
        // names and values of the keywords lie behind the other arguments, as they were given
        return mp_call_function_n_kw(
            mp_load_attr(view, MP_QSTR_show), n_args, keywords->used, args);
    }
    mp_obj_t settings = mp_obj_new_dict(keywords->used);
    for (size_t i = 0; i < keywords->used; i++) {
        const mp_map_elem_t *setting = &keywords->table[i];
        if (setting->key != MP_OBJ_NEW_QSTR(MP_QSTR_labels) &&
            setting->key != MP_OBJ_NEW_QSTR(MP_QSTR_model)) {
            mp_obj_dict_store(settings, setting->key, setting->value);
        }
    }
    return settings;
}
MP_DEFINE_CONST_FUN_OBJ_KW(inkling_show_obj, 1, show);
