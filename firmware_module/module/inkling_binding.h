// SPDX-License-Identifier: MIT
// What the binding's files share: the Model object and the functions between them.
#ifndef INKLING_BINDING_H
#define INKLING_BINDING_H

#include "ink_options.h"
#include "runtime/inkling.h"

#include "inkling_port.h"

// A Model. What the runtime points into is kept alive by the objects that hold it.
typedef struct {
    mp_obj_base_t base;
    ink_model_t model;
    mp_obj_t blob;   // anything with the buffer protocol
    mp_obj_t arena;  // the same, writable
    mp_obj_t labels; // tuples in a tuple, made when first asked for; MP_OBJ_NULL before
    uint32_t runs;   // and predictions begun
    bool in_place;   // the blob was not copied
    bool changeable; // the blob's bytes, by Python
} inkling_model_t;

// found without a table of addresses in native modules
#pragma GCC visibility push(hidden)

// model.c: the type's functions
mp_obj_t inkling_model_make_new(
    const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args);
void inkling_model_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind);
void inkling_model_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *destination);

// Whether an object is a Model.
bool inkling_is_model(mp_obj_t object);

// listener.c: the type's functions
mp_obj_t inkling_listener_make_new(
    const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args);
void inkling_listener_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *destination);

// predict.c: predict(); run.c: run(), reset(), input(), output()
#if INK_FITTING
extern const mp_obj_fun_builtin_var_t inkling_predict_obj;
#else
extern const mp_obj_fun_builtin_fixed_t inkling_predict_obj;
#endif
extern const mp_obj_fun_builtin_fixed_t inkling_run_obj;
extern const mp_obj_fun_builtin_fixed_t inkling_reset_obj;
extern const mp_obj_fun_builtin_var_t inkling_input_obj;
extern const mp_obj_fun_builtin_var_t inkling_output_obj;
// Raises ValueError where the buffers of blob or arena are no longer where they were, or too short:
// to be called after whatever may run Python code (any allocation may, by a finaliser), before the
// next byte of theirs is touched. The second also where what was verified of the blob has changed:
// before a size or a place is taken from it.
void inkling_check_buffers(const inkling_model_t *self);
void inkling_check_model(const inkling_model_t *self);
// Its name for messages, at any time.
const char *inkling_name(const inkling_model_t *self);
// Verifies the blob, of which at most `size` bytes are looked at.
ink_status_t inkling_open(inkling_model_t *self, size_t size, ink_error_t *error);
typedef struct {
    const inkling_model_t *model;
    uint32_t runs;
    mp_obj_t blob; // without a model
    const void *start;
    uint32_t size;
} inkling_resting_t;
// Runs one operator; raises RuntimeError, or what was pending.
void inkling_run_operator(inkling_model_t *self, uint32_t index);
// Runs them all, in order, where the model is as it was.
void inkling_run_all(inkling_model_t *self);
// Begins and ends what must not be run into: raises RuntimeError where the model has begun anything
// else since.
uint32_t inkling_begin(inkling_model_t *self);
void inkling_check_alone(const inkling_model_t *self, uint32_t runs);
// The outputs as a list of array('f'), or array('i') where the tensor is int32; the model is as it
// was.
mp_obj_t inkling_make_outputs(const inkling_model_t *self);

// What array.array and memoryview call the tensor's type.
static inline char inkling_typecode(const ink_tensor_t *tensor) {
    return "?bBfi"[tensor->dtype];
}

// profile.c
extern const mp_obj_fun_builtin_var_t inkling_profile_obj;

// input.c: true for a list or tuple, which it lays open. Asked again for each item: user code may
// have changed it.
bool inkling_open_sequence(mp_obj_t object, size_t *length, mp_obj_t **items);
// How the caller wants pictures, instead of their input's image_flags: what is kept of these, what
// is set.
typedef struct {
    uint16_t kept, set;
} inkling_ways_t;
#define INKLING_BLOB_WAYS ((inkling_ways_t){UINT16_MAX, 0})
// Fills the network's inputs from what predict() takes. Whether Python code may have run since the
// model was last looked at.
bool inkling_set_inputs(inkling_model_t *self, mp_obj_t inputs, inkling_ways_t ways);
// predict() once its arguments are known: run.c.
mp_obj_t inkling_predict_in(inkling_model_t *self, mp_obj_t inputs, inkling_ways_t ways);

// source.c: files, buffers and the heap
typedef struct {
    mp_obj_t object;  // holds the bytes
    const char *name; // in messages
    size_t size;
    bool in_place;
    bool changeable; // as in inkling_model_t
} inkling_source_t;
// The blob's bytes, at a multiple of 4. `source` is a path (str) or has the buffer protocol.
inkling_source_t inkling_open_source(mp_obj_t source);
// m_malloc, which a native module has inline with its message wherever it stands.
void *inkling_allocate(size_t size);
// A bytearray of `size` bytes, not cleared. Raises MemoryError: "<name>: <what> needs ...".
mp_obj_t inkling_new_bytearray(size_t size, const char *name, const char *what);

// top.c
extern const mp_obj_fun_builtin_var_t inkling_top_obj;

// show.c: not in small native modules
extern const mp_obj_fun_builtin_var_t inkling_show_obj;

// detect.c
extern const mp_obj_fun_builtin_var_t inkling_peaks_obj;
extern const mp_obj_fun_builtin_var_t inkling_nms_obj;

// message.c: exceptions, by number: a native module finds each type by its name.
typedef enum {
    INKLING_VALUE_ERROR,
    INKLING_TYPE_ERROR,
    INKLING_INDEX_ERROR,
    INKLING_MEMORY_ERROR,
    INKLING_RUNTIME_ERROR
} inkling_exception_t;
// Raises one with "<name>: " where there is a name, then a text formatted as mp_printf does; all
// cut to 256 bytes.
NORETURN void inkling_raise(
    inkling_exception_t exception, const char *name, const char *format, ...);
// The same behind "<name>: input <index>".
NORETURN void inkling_raise_for_input(inkling_exception_t exception, const inkling_model_t *model,
    size_t index, const char *format, ...);
// What the runtime says.
NORETURN void inkling_raise_error(
    inkling_exception_t exception, const char *name, const ink_error_t *error);
// Text that is written without running any Python code, as the `data` of an mp_print_t.
typedef struct {
    size_t length;
    char text[256];
} inkling_text_t;
void inkling_append(void *text, const char *bytes, size_t length);
// Makes a C string a str.
mp_obj_t inkling_new_string(const char *text);

#ifndef INKLING_SMALL
#define inkling_words(text) (text)
#endif

static inline const ink_tensor_t *inkling_input_tensor(const inkling_model_t *self, size_t index) {
    return &self->model.tensors[self->model.inputs[index].tensor];
}

static inline const ink_tensor_t *inkling_output_tensor(const inkling_model_t *self, size_t index) {
    return &self->model.tensors[self->model.outputs[index].tensor];
}

#pragma GCC visibility pop

#endif
