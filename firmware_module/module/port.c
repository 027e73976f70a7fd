// SPDX-License-Identifier: MIT
// The functions of port.h, for firmware and for native modules.
#include "port.h"

#ifdef MICROPY_ENABLE_DYNRUNTIME

void *port_allocate(size_t size) {
    return m_realloc_maybe(NULL, size, false);
}

static mp_obj_t load_from(qstr module, qstr name) {
    return mp_load_attr(mp_import_name(module, mp_const_none, MP_OBJ_NEW_SMALL_INT(0)), name);
}

void port_init(port_t *port) {
    port->array_type = MP_OBJ_TO_PTR(load_from(MP_QSTR_array, MP_QSTR_array));
    // no function of the table handles what is pending, and time.sleep_ms(0) waits for a tick on
    // STM32, but every jump of bytecode does
    static const char JUMPS[] = "lambda x: x or x";
    mp_obj_t source = mp_obj_new_str(JUMPS, sizeof(JUMPS) - 1);
    port->handle_pending =
        mp_call_function_n_kw(load_from(MP_QSTR_builtins, MP_QSTR_eval), 1, 0, &source);
}

void port_handle_pending(const port_t *port) {
    mp_obj_t argument = mp_const_none;
    mp_call_function_n_kw(port->handle_pending, 1, 0, &argument);
}

mp_int_t port_get_int(mp_obj_t object) {
    const mp_arg_t allowed = {MP_QSTR_, MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0}};
    mp_arg_val_t value;
    mp_arg_parse_all_kw_array(1, 0, &object, 1, &allowed, &value);
    return value.u_int;
}

const mp_obj_type_t *port_memoryview_type(void) {
    return MP_OBJ_TO_PTR(load_from(MP_QSTR_builtins, MP_QSTR_memoryview));
}

const mp_obj_type_t *port_memory_error_type(void) {
    return MP_OBJ_TO_PTR(load_from(MP_QSTR_builtins, MP_QSTR_MemoryError));
}

#else

void *port_allocate(size_t size) {
    return m_malloc_maybe(size);
}

void port_init(port_t *port) {
    port->array_type = &mp_type_array;
    port->handle_pending = MP_OBJ_NULL;
}

void port_handle_pending(const port_t *port) {
    (void)port;
    mp_handle_pending(true);
}

const mp_obj_type_t *port_memoryview_type(void) {
    return &mp_type_memoryview;
}

const mp_obj_type_t *port_memory_error_type(void) {
    return &mp_type_MemoryError;
}

#endif
