// SPDX-License-Identifier: MIT
// What the binding asks of MicroPython where firmware and native .mpy modules differ. Everything
// else it calls is in both: py/runtime.h here, py/dynruntime.h there.
#ifndef INKLING_PORT_H
#define INKLING_PORT_H

#ifdef MICROPY_ENABLE_DYNRUNTIME
#include "py/binary.h"
#include "py/nativeglue.h"
#ifdef INKLING_SMALL
// MicroPython's table of functions and that of the module's names, by a call of 4 bytes: to find
// either takes 16 in each function that mentions it
const mp_fun_table_t *inkling_port_functions(void) __attribute__((const));
const uint16_t *inkling_port_names(void) __attribute__((const));
#define mp_fun_table (*inkling_port_functions())
#define mp_native_qstr_table (inkling_port_names())
#endif
#include "py/dynruntime.h"
#define mp_call_method_n_kw(n_args, n_kw, args) mp_fun_table.call_method_n_kw(n_args, n_kw, args)
// the one in py/dynruntime.h cuts off what is too large
#undef mp_obj_get_int
#define mp_obj_get_int(object) inkling_port_get_int(object)
mp_int_t inkling_port_get_int(mp_obj_t object);
// floats by memory: firmware built with -mfloat-abi=softfp, as for the RP2350, passes them in other
// registers than native code of armv7emsp does
#undef mp_obj_new_float_from_f
#define mp_obj_new_float_from_f(value) inkling_port_new_float(value)
mp_obj_t inkling_port_new_float(float value);
#undef mp_obj_get_float_to_f
#define mp_obj_get_float_to_f(object) inkling_port_get_float(object)
float inkling_port_get_float(mp_obj_t object);
#define mp_type_MemoryError (*(const mp_obj_type_t *)mp_load_global(MP_QSTR_MemoryError))
#define mp_type_OSError (*(const mp_obj_type_t *)mp_load_global(MP_QSTR_OSError))
#undef nlr_push
#define nlr_push(buffer) mp_fun_table.nlr_push(buffer)
#define nlr_pop() mp_fun_table.nlr_pop()
// To be called before the others, when the module is imported.
void inkling_port_init(void);
#else
#include "py/runtime.h"
#endif
#include "py/binary.h"
#include "py/objarray.h"
#include "py/objlist.h"
#include "py/objtuple.h"
#include "py/smallint.h"

// Bytes of stack that any of the functions that check takes, with all that it calls of ours; every
// build is measured (python -m host_tools.stack_use).
#define INKLING_STACK 1536
// Raises RuntimeError where the stack has no such room above MicroPython's margin, as a call of a
// Python function does without the margin: what is called of MicroPython then has the margin left.
void inkling_port_check_stack(void);

// For nlr_push(): with room for what the firmware under a native module may have in it besides.
typedef union {
    nlr_buf_t buffer;
    size_t room[24];
} inkling_port_nlr_t;

// NULL where the heap has no such piece.
void *inkling_port_allocate(size_t size);

// Raises a pending KeyboardInterrupt, runs scheduled callbacks; to be called before so many
// multiply-accumulates. Tells what it ran.
typedef enum { INKLING_RAN_NOTHING, INKLING_RAN_MAYBE, INKLING_RAN } inkling_ran_t;
inkling_ran_t inkling_port_handle_pending(uint32_t macs);

// Raises a pending KeyboardInterrupt, in the middle of an operator. Whether Python code may have
// run.
bool inkling_port_interrupt(void);

// Whether it is an instance of a class written in Python: to convert it may run Python code.
static inline bool inkling_is_instance(mp_obj_t object) {
    return !mp_obj_is_small_int(object) &&
           (mp_obj_get_type(object)->flags & MP_TYPE_FLAG_INSTANCE_TYPE) != 0;
}

// The types array.array and memoryview.
const mp_obj_type_t *inkling_port_array_type(void);
const mp_obj_type_t *inkling_port_memoryview_type(void);

#endif
