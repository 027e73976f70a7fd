// SPDX-License-Identifier: MIT
// The type inkling.Model: making one, what it prints, its attributes. Running it is in run.c.
#include "inkling_binding.h"

mp_obj_t inkling_model_make_new(
    const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    inkling_port_check_stack();
    const mp_arg_t allowed[] = {
        {MP_QSTR_, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = mp_const_none}},
        {MP_QSTR_arena, MP_ARG_OBJ, {.u_obj = mp_const_none}},
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, MP_ARRAY_SIZE(allowed), allowed, values);
    mp_obj_t origin = values[0].u_obj;
    mp_obj_t arena = values[1].u_obj;

    inkling_source_t source = inkling_open_source(origin);
    const char *name = "buffer";
    if (mp_obj_get_type(origin) == &mp_type_str) {
        name = mp_obj_str_get_str(origin);
    }
    inkling_model_t *self = mp_obj_malloc(inkling_model_t, type);
    self->blob = source.object;
    self->in_place = source.in_place;
    self->labels = MP_OBJ_NULL;
    self->runs = 0;

    ink_error_t error;
    char message[160];
    if (ink_open(&self->model, source.buffer.buf, source.buffer.len, &error) != INK_OK) {
        ink_error_message(&error, message, sizeof(message));
        inkling_raise(&mp_type_ValueError, "%s: %s", name, message);
    }

    size_t needed = self->model.header->arena_size;
    if (arena == mp_const_none) {
        arena = inkling_new_bytearray(needed, name, "the arena");
    }
    self->arena = arena;
    mp_buffer_info_t ram;
    mp_get_buffer_raise(arena, &ram, MP_BUFFER_RW);
    if (ram.len < needed) {
        inkling_raise(inkling_port_memory_error_type(),
            "%s: the arena needs %u bytes, the one given has %u", name, (unsigned)needed,
            (unsigned)ram.len);
    }
    uintptr_t blob_start = (uintptr_t)source.buffer.buf;
    uintptr_t ram_start = (uintptr_t)ram.buf;
    if (ram_start < blob_start + source.buffer.len && blob_start < ram_start + ram.len) {
        inkling_raise(&mp_type_ValueError, "%s: the arena and the blob overlap", name);
    }
    if (ink_set_arena(&self->model, ram.buf, ram.len, &error) != INK_OK) {
        ink_error_message(&error, message, sizeof(message));
        inkling_raise(&mp_type_ValueError, "%s: %s", name, message);
    }
    return MP_OBJ_FROM_PTR(self);
}

static void print_tensor(const mp_print_t *print, const inkling_model_t *self, const char *what,
    size_t index, const ink_tensor_t *tensor) {
    mp_printf(print, "\n  %s %u: %s [", what, (unsigned)index, ink_dtype_name(tensor->dtype));
    for (size_t i = 0; i < tensor->rank; i++) {
        mp_printf(print, i == 0 ? "%u" : ", %u", (unsigned)tensor->dims[i]);
    }
    mp_printf(print, "]");
    if (tensor->dtype < INK_DTYPE_FLOAT32) {
        // by Python's own formatting: no double on the way
        mp_obj_t scale = mp_binary_op(
            MP_BINARY_OP_MODULO, mp_obj_new_str("%.6g", 4), mp_obj_new_float_from_f(tensor->scale));
        mp_printf(
            print, ", scale %s, zero point %d", mp_obj_str_get_str(scale), (int)tensor->zero_point);
    }
    mp_printf(print, ", name '%s'", ink_string(&self->model, tensor->name));
}

void inkling_model_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    inkling_port_check_stack();
    const inkling_model_t *self = MP_OBJ_TO_PTR(self_in);
    const ink_header_t *header = self->model.header;
    mp_printf(print, "Model %s: target %s, blob %u bytes %s, arena %u bytes", inkling_name(self),
        ink_target_name(header->target), (unsigned)header->blob_size,
        self->in_place ? "in place" : "on the heap", (unsigned)header->arena_size);
    for (size_t i = 0; i < header->n_inputs; i++) {
        print_tensor(print, self, "input", i, inkling_input_tensor(self, i));
    }
    for (size_t i = 0; i < header->n_outputs; i++) {
        print_tensor(print, self, "output", i, inkling_output_tensor(self, i));
        uint32_t n_labels = ink_n_labels(&self->model, i);
        if (n_labels != 0) {
            mp_printf(print, ", %u labels", (unsigned)n_labels);
        }
    }
}

static mp_obj_t new_labels(const ink_model_t *model, uint32_t output) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    uint32_t n_labels = ink_n_labels(model, output);
    for (uint32_t i = 0; i < n_labels; i++) {
        const char *label = ink_string(model, ink_labels(model, output)[i]);
        mp_obj_list_append(list, inkling_new_string(label));
    }
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(list, &count, &items);
    return mp_obj_new_tuple(count, items);
}

// A tuple with a tuple an output.
static mp_obj_t output_labels(inkling_model_t *self) {
    if (self->labels == MP_OBJ_NULL) {
        mp_obj_t labels[INK_MAX_IO];
        uint32_t n_outputs = self->model.header->n_outputs;
        for (uint32_t i = 0; i < n_outputs; i++) {
            labels[i] = new_labels(&self->model, i);
        }
        self->labels = mp_obj_new_tuple(n_outputs, labels);
    }
    return self->labels;
}

// Those of output 0.
static mp_obj_t first_labels(inkling_model_t *self) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(output_labels(self), &count, &items);
    return items[0];
}

// What each input or output has of an attribute.
static mp_obj_t shape_of(const ink_tensor_t *tensor) {
    mp_obj_t dims[INK_MAX_RANK];
    for (size_t i = 0; i < tensor->rank; i++) {
        dims[i] = mp_obj_new_int((mp_int_t)tensor->dims[i]);
    }
    return mp_obj_new_tuple(tensor->rank, dims);
}

static mp_obj_t dtype_of(const ink_tensor_t *tensor) {
    char typecode = inkling_typecode(tensor);
    return mp_obj_new_str(&typecode, 1);
}

static mp_obj_t scale_of(const ink_tensor_t *tensor) {
    return mp_obj_new_float_from_f(tensor->scale);
}

static mp_obj_t zero_point_of(const ink_tensor_t *tensor) {
    return MP_OBJ_NEW_SMALL_INT(tensor->zero_point);
}

static mp_obj_t each(const inkling_model_t *self, const ink_io_t *records, size_t count,
    mp_obj_t (*of)(const ink_tensor_t *)) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    for (size_t i = 0; i < count; i++) {
        mp_obj_list_append(list, of(&self->model.tensors[records[i].tensor]));
    }
    return list;
}

// By comparisons and not from a table: in a native module, interned strings are no constants.
void inkling_model_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *destination) {
    if (destination[0] != MP_OBJ_NULL) {
        return; // nothing can be set
    }
    inkling_model_t *self = MP_OBJ_TO_PTR(self_in);
    const ink_header_t *header = self->model.header;
    const ink_io_t *inputs = self->model.inputs;
    const ink_io_t *outputs = self->model.outputs;
    const void *method = NULL;

    if (attribute == MP_QSTR_predict) {
        method = &inkling_predict_obj;
    } else if (attribute == MP_QSTR_run) {
        method = &inkling_run_obj;
    } else if (attribute == MP_QSTR_input) {
        method = &inkling_input_obj;
    } else if (attribute == MP_QSTR_output) {
        method = &inkling_output_obj;
    } else if (attribute == MP_QSTR_profile) {
        method = &inkling_profile_obj;
    } else if (attribute == MP_QSTR_name) {
        destination[0] = inkling_new_string(inkling_name(self));
    } else if (attribute == MP_QSTR_target) {
        destination[0] = inkling_new_string(ink_target_name(header->target));
    } else if (attribute == MP_QSTR_labels) {
        destination[0] = first_labels(self);
    } else if (attribute == MP_QSTR_output_labels) {
        destination[0] = output_labels(self);
    } else if (attribute == MP_QSTR_len) {
        destination[0] = mp_obj_new_int_from_uint(header->blob_size);
    } else if (attribute == MP_QSTR_ram) {
        destination[0] = mp_obj_new_int_from_uint(header->arena_size);
    } else if (attribute == MP_QSTR_input_shape) {
        destination[0] = each(self, inputs, header->n_inputs, shape_of);
    } else if (attribute == MP_QSTR_input_dtype) {
        destination[0] = each(self, inputs, header->n_inputs, dtype_of);
    } else if (attribute == MP_QSTR_input_scale) {
        destination[0] = each(self, inputs, header->n_inputs, scale_of);
    } else if (attribute == MP_QSTR_input_zero_point) {
        destination[0] = each(self, inputs, header->n_inputs, zero_point_of);
    } else if (attribute == MP_QSTR_output_shape) {
        destination[0] = each(self, outputs, header->n_outputs, shape_of);
    } else if (attribute == MP_QSTR_output_dtype) {
        destination[0] = each(self, outputs, header->n_outputs, dtype_of);
    } else if (attribute == MP_QSTR_output_scale) {
        destination[0] = each(self, outputs, header->n_outputs, scale_of);
    } else if (attribute == MP_QSTR_output_zero_point) {
        destination[0] = each(self, outputs, header->n_outputs, zero_point_of);
    }

    if (method != NULL) {
        destination[0] = MP_OBJ_FROM_PTR(method);
        destination[1] = self_in;
    }
}
