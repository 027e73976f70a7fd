// SPDX-License-Identifier: MIT
// The functions of port.h in native modules, which reach MicroPython by mp_fun_table and by what
// Python itself can import.
#include "module/inkling_port.h"
#include "runtime/inkling.h"

// Looked up once: an import searches the file system. Not static: MicroPython's linker keeps no
// writable data of a single file.
typedef struct {
    const mp_obj_type_t *array_type;
    const mp_obj_type_t *memoryview_type;
    mp_obj_t jump;      // a function of bytecode that jumps once
    uint32_t unhandled; // work since it was last called
    void *roomy;        // the last frame from which there was room on the stack
} port_found_t;
port_found_t inkling_port_found;

// by a call of 4 bytes
static __attribute__((noinline, const)) port_found_t *found(void) {
    return &inkling_port_found;
}

#ifdef INKLING_SMALL
#undef mp_fun_table
#undef mp_native_qstr_table
__attribute__((noinline)) const mp_fun_table_t *inkling_port_functions(void) {
    return &mp_fun_table;
}
const uint16_t *inkling_port_names(void) {
    return mp_native_qstr_table;
}
#define mp_fun_table (*inkling_port_functions())
#define mp_native_qstr_table (inkling_port_names())
#endif

static mp_obj_t load_from(qstr module, qstr name) {
    return mp_load_attr(mp_import_name(module, mp_const_none, MP_OBJ_NEW_SMALL_INT(0)), name);
}

#ifdef INKLING_SMALL
// Asks find() or say() of a file beside the module, which is read for an error only.
static const char *ask(qstr function, mp_obj_t about) {
    static const char FIND[] = "try:\n from inkling_words import*\nexcept ImportError:\n "
                               "find=lambda n:'error %d (no inkling_words.py)'%n\n "
                               "say=lambda n:find(n[0])";
    mp_obj_t arguments[2] = {mp_obj_new_str(FIND, sizeof(FIND) - 1), mp_obj_new_dict(0)};
    mp_call_function_n_kw(load_from(MP_QSTR_builtins, MP_QSTR_exec), 2, 0, arguments);
    mp_obj_t asked = mp_obj_subscr(arguments[1], MP_OBJ_NEW_QSTR(function), MP_OBJ_SENTINEL);
    return mp_obj_str_get_str(mp_call_function_n_kw(asked, 1, 0, &about));
}

const char *inkling_words(const char *number) {
    if ((uintptr_t)number > UINT16_MAX) {
        return number;
    }
    return ask(MP_QSTR_find, MP_OBJ_NEW_SMALL_INT((mp_int_t)(uintptr_t)number));
}

// what host_tools/board_firmware/small_words.py takes apart
_Static_assert(offsetof(ink_error_t, rule) == 2 && offsetof(ink_error_t, index) == 4 &&
                   offsetof(ink_error_t, found) == 16 && sizeof(ink_error_t) == 32,
    "ink_error_t");

const char *inkling_message(const ink_error_t *error) {
    return ask(MP_QSTR_say, mp_obj_new_bytearray_by_ref(sizeof(*error), (void *)(uintptr_t)error));
}
#endif

void inkling_port_init(void) {
    found()->array_type = MP_OBJ_TO_PTR(load_from(MP_QSTR_array, MP_QSTR_array));
    found()->memoryview_type = MP_OBJ_TO_PTR(load_from(MP_QSTR_builtins, MP_QSTR_memoryview));
    static const char JUMP[] = "lambda x: x or x";
    mp_obj_t source = mp_obj_new_str(JUMP, sizeof(JUMP) - 1);
    found()->jump = mp_call_function_n_kw(load_from(MP_QSTR_builtins, MP_QSTR_eval), 1, 0, &source);
}

// Moves down the stack in steps that MicroPython's margin has room for.
#define STACK_STEP 256

static __attribute__((noinline)) void step_down(mp_obj_iter_buf_t *nothing, size_t bytes) {
    uint8_t step[STACK_STEP];
    __asm volatile("" ::"r"(step) : "memory"); // it is used, as far as the compiler knows
    mp_fun_table.iternext(nothing);
    if (bytes > STACK_STEP) {
        step_down(nothing, bytes - STACK_STEP);
    }
    __asm volatile("" ::"r"(step) : "memory");
}

// The table does not tell the limit, but no iterator's next item is taken beyond it (mp_iternext):
// ask for the one behind the last of an empty string, from further and further down.
void inkling_port_check_stack(void) {
    void *here = __builtin_frame_address(0);
    if (here == found()->roomy) {
        return; // as in a loop: the probes take 1,000 instructions
    }
    mp_obj_iter_buf_t nothing;
    mp_fun_table.getiter(MP_OBJ_NEW_QSTR(MP_QSTR_), &nothing);
    mp_fun_table.iternext(&nothing);
    step_down(&nothing, INKLING_STACK);
    found()->roomy = here;
}

void *inkling_port_allocate(size_t size) {
    return m_realloc_maybe(NULL, size, false);
}

// what an operator does at least, and the work that may pass unhandled: both in
// multiply-accumulates
#define OPERATOR_WORK 256
#define UNHANDLED_WORK 4096

// No function of the table does it, and time.sleep_ms(0) waits for a tick on STM32; bytecode does
// it whenever it jumps. That takes 400 instructions, which small operators are spared.
inkling_ran_t inkling_port_handle_pending(uint32_t macs) {
    if (macs < UNHANDLED_WORK) {
        found()->unhandled += macs + OPERATOR_WORK;
        if (found()->unhandled < UNHANDLED_WORK) {
            return INKLING_RAN_NOTHING;
        }
    }
    found()->unhandled = 0;
    inkling_port_interrupt();
    return INKLING_RAN_MAYBE;
}

bool inkling_port_interrupt(void) {
    mp_obj_t argument = mp_const_none;
    mp_call_function_n_kw(found()->jump, 1, 0, &argument);
    return true;
}

const mp_obj_type_t *inkling_port_array_type(void) {
    return found()->array_type;
}

const mp_obj_type_t *inkling_port_memoryview_type(void) {
    return found()->memoryview_type;
}

mp_int_t inkling_port_get_int(mp_obj_t object) {
    const mp_arg_t allowed = {MP_QSTR_, MP_ARG_REQUIRED | MP_ARG_INT, {.u_int = 0}};
    mp_arg_val_t value;
    mp_arg_parse_all_kw_array(1, 0, &object, 1, &allowed, &value);
    return value.u_int;
}

mp_obj_t inkling_port_new_float(float value) {
    return mp_binary_get_val_array('f', &value, 0);
}

float inkling_port_get_float(mp_obj_t object) {
    float value;
    mp_binary_set_val_array('f', &value, 0, object);
    return value;
}
