// SPDX-License-Identifier: MIT
// Where a blob comes from: a file that lies in memory (ROMFS) or a buffer is used in place, any
// other file is read once, and so is one in ROMFS that was packed for RAM.
#include <string.h>

#include "inkling_binding.h"

static mp_obj_t load_from(qstr module, qstr name) {
    return mp_load_attr(mp_import_name(module, mp_const_none, MP_OBJ_NEW_SMALL_INT(0)), name);
}

void *inkling_allocate(size_t size) {
    return m_malloc(size);
}

mp_obj_t inkling_new_bytearray(size_t size, const char *name, const char *what) {
    void *data = inkling_port_allocate(size == 0 ? 1 : size);
    if (data == NULL) {
        mp_obj_t free = mp_call_function_n_kw(load_from(MP_QSTR_gc, MP_QSTR_mem_free), 0, 0, NULL);
        size_t free_bytes = (size_t)mp_obj_get_int(free);
        inkling_raise(INKLING_MEMORY_ERROR, name, "%s needs %u bytes, the heap has %u free%s",
            inkling_words(what), (unsigned)size, (unsigned)free_bytes,
            free_bytes < size ? ""
                              : inkling_words(", but not in one piece: make the model earlier"));
    }
    return mp_obj_new_bytearray_by_ref(size, data);
}

static mp_obj_t call(mp_obj_t object, qstr method, size_t n_args, const mp_obj_t *args) {
    mp_obj_t callee[4];
    mp_load_method(object, method, callee);
    for (size_t i = 0; i < n_args; i++) {
        callee[2 + i] = args[i];
    }
    return mp_call_method_n_kw(n_args, 0, callee);
}

static void read_file(mp_obj_t file, inkling_source_t *source) {
    mp_obj_t end[2] = {MP_OBJ_NEW_SMALL_INT(0), MP_OBJ_NEW_SMALL_INT(2)};
    size_t size = (size_t)mp_obj_get_int(call(file, MP_QSTR_seek, 2, end));
    mp_obj_t start = MP_OBJ_NEW_SMALL_INT(0);
    call(file, MP_QSTR_seek, 1, &start);
    source->object = inkling_new_bytearray(size, source->name, "the blob");
    // a file written in Python may keep what it gets: a view, which cannot be resized
    mp_obj_t view = mp_call_function_n_kw(
        MP_OBJ_FROM_PTR(inkling_port_memoryview_type()), 1, 0, &source->object);
    size_t read = (size_t)mp_obj_get_int(call(file, MP_QSTR_readinto, 1, &view));
    call(file, MP_QSTR_close, 0, NULL);
    source->size = read < size ? read : size;
    source->in_place = false;
    source->changeable = false;
}

// An OSError says its number alone: raises it with the path. Others as they are.
static NORETURN void raise_with_path(mp_obj_t exception, mp_obj_t path) {
    if (mp_obj_get_type(exception) == &mp_type_OSError) {
        mp_obj_t arguments[2] = {mp_load_attr(exception, MP_QSTR_errno), path};
        exception = mp_call_function_n_kw(MP_OBJ_FROM_PTR(&mp_type_OSError), 2, 0, arguments);
    }
    nlr_raise(exception);
}

// True where the file lies in memory.
static __attribute__((noinline)) bool open_file(mp_obj_t path, inkling_source_t *source) {
    mp_obj_t arguments[2] = {path, MP_OBJ_NEW_QSTR(MP_QSTR_rb)};
    source->object =
        mp_call_function_n_kw(load_from(MP_QSTR_builtins, MP_QSTR_open), 2, 0, arguments);
    mp_buffer_info_t buffer;
    bool in_memory = mp_get_buffer(source->object, &buffer, MP_BUFFER_READ);
    if (!in_memory) {
        read_file(source->object, source);
    }
    return in_memory;
}

// The same. What happens before the second return of nlr_push() is in a function of its own: the
// compiler, which knows of one return only, must not use a place in this frame anew.
static __attribute__((noinline)) bool open_path(mp_obj_t path, inkling_source_t *source) {
    inkling_port_nlr_t nlr;
    if (nlr_push(&nlr.buffer) != 0) {
        raise_with_path(MP_OBJ_FROM_PTR(nlr.buffer.ret_val), path);
    }
    bool in_memory = open_file(path, source);
    nlr_pop();
    return in_memory;
}

static void copy_to_heap(inkling_source_t *source) {
    mp_buffer_info_t from;
    mp_buffer_info_t to;
    mp_get_buffer_raise(source->object, &from, MP_BUFFER_READ);
    mp_obj_t copy = inkling_new_bytearray(from.len, source->name, "a copy of the blob");
    mp_get_buffer_raise(copy, &to, MP_BUFFER_RW);
    // the collection may have run a finaliser that cut the source
    mp_get_buffer_raise(source->object, &from, MP_BUFFER_READ);
    source->size = from.len < to.len ? from.len : to.len;
    memcpy(to.buf, from.buf, source->size);
    source->object = copy;
    source->in_place = false;
    source->changeable = false;
}

inkling_source_t inkling_open_source(mp_obj_t argument) {
    inkling_source_t source = {.object = argument, .name = "buffer", .in_place = true};
    if (mp_obj_get_type(argument) == &mp_type_str) {
        source.name = mp_obj_str_get_str(argument);
        if (!open_path(argument, &source)) {
            return source;
        }
    }
    mp_buffer_info_t buffer;
    if (!mp_get_buffer(source.object, &buffer, MP_BUFFER_READ)) {
        inkling_raise(INKLING_TYPE_ERROR, NULL,
            "a model is made from a path or a buffer, not from a %q",
            mp_obj_get_type(argument)->name);
    }
    source.size = buffer.len;
    bool for_ram = source.object != argument && ink_wants_ram(buffer.buf, buffer.len);
    if (for_ram || (uintptr_t)buffer.buf % 4 != 0) {
        copy_to_heap(&source);
    } else {
        source.changeable = mp_get_buffer(source.object, &buffer, MP_BUFFER_WRITE);
    }
    return source;
}
