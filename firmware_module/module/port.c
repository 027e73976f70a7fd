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

inkling_ran_t inkling_port_handle_pending(uint32_t macs) {
    (void)macs;
    bool pending = MP_STATE_THREAD(mp_pending_exception) != MP_OBJ_NULL;
#if MICROPY_ENABLE_SCHEDULER
    pending = pending || MP_STATE_VM(sched_state) == MP_SCHED_PENDING;
#endif
    mp_handle_pending(true);
    return pending ? INKLING_RAN : INKLING_RAN_NOTHING;
}

bool inkling_port_interrupt(void) {
    if (MP_STATE_THREAD(mp_pending_exception) != MP_OBJ_NULL) {
        mp_handle_pending(true);
        return true;
    }
    return false;
}

const mp_obj_type_t *inkling_port_array_type(void) {
    return &mp_type_array;
}

const mp_obj_type_t *inkling_port_memoryview_type(void) {
    return &mp_type_memoryview;
}
