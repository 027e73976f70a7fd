// SPDX-License-Identifier: MIT
// The functions of port.h in firmware; those of native modules are in natmod/port.c.
#include "inkling_port.h"

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

const mp_obj_type_t *inkling_port_memory_error_type(void) {
    return &mp_type_MemoryError;
}
