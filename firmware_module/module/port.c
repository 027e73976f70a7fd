// SPDX-License-Identifier: MIT
// The functions of port.h in firmware; those of native modules are in natmod/port.c.
#include "inkling_port.h"

#include "py/cstack.h"

void inkling_port_check_stack(void) {
#if MICROPY_STACK_CHECK
    if (mp_cstack_usage() + INKLING_STACK >= MP_STATE_THREAD(stack_limit)) {
        mp_raise_recursion_depth();
    }
#endif
}

void *inkling_port_allocate(size_t size) {
    return m_malloc_maybe(size);
}

void inkling_port_handle_pending(uint32_t macs) {
    (void)macs;
    mp_handle_pending(true);
}

const mp_obj_type_t *inkling_port_array_type(void) {
    return &mp_type_array;
}

const mp_obj_type_t *inkling_port_memoryview_type(void) {
    return &mp_type_memoryview;
}
