// SPDX-License-Identifier: MIT
// The type inkling.Model: making one, what it prints, its attributes. Running it is in run.c.
#include "ink_options.h"
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
    mp_obj_t arena = values[1].u_obj;

    inkling_source_t source = inkling_open_source(values[0].u_obj);
    const char *name = source.name;
    inkling_model_t *self = inkling_allocate(sizeof(inkling_model_t));
    self->base.type = type;
    self->blob = source.object;
    self->in_place = source.in_place;
    self->changeable = source.changeable;
    self->labels = MP_OBJ_NULL;
    self->runs = 0;

    ink_error_t error;
    if (inkling_open(self, source.size, &error) != INK_OK) {
        inkling_raise_error(INKLING_VALUE_ERROR, name, &error);
    }

    size_t needed = self->model.header->arena_size;
    if (arena == mp_const_none) {
        arena = inkling_new_bytearray(needed, name, "the arena");
    }
    self->arena = arena;
    mp_buffer_info_t ram;
    mp_get_buffer_raise(arena, &ram, MP_BUFFER_RW);
    if (ram.len < needed) {
        inkling_raise(INKLING_MEMORY_ERROR, name, "the arena needs %u bytes, the one given has %u",
            (unsigned)needed, (unsigned)ram.len);
    }
    uintptr_t blob_start = (uintptr_t)self->model.blob;
    uintptr_t ram_start = (uintptr_t)ram.buf;
    if (ram_start < blob_start + self->model.blob_size && blob_start < ram_start + ram.len) {
        inkling_raise(INKLING_VALUE_ERROR, name, "the arena and the blob overlap");
    }
    // before anything was written to the arena
    self->model.arena = ram.buf;
    self->model.arena_size = (uint32_t)needed;
    inkling_check_model(self);
    if (ink_set_arena(&self->model, ram.buf, ram.len, &error) != INK_OK) {
        inkling_raise_error(INKLING_VALUE_ERROR, name, &error);
    }
    return MP_OBJ_FROM_PTR(self);
}

#ifndef INKLING_SMALL
static void print_tensor(const mp_print_t *print, inkling_text_t *line, const inkling_model_t *self,
    const char *what, size_t index, const ink_tensor_t *record) {
    const ink_tensor_t tensor = *record;
    line->length = 0;
    mp_print_t text = {line, inkling_append};
    mp_printf(&text, "\n  %s %u: %s [", what, (unsigned)index, ink_dtype_name(tensor.dtype));
    for (size_t i = 0; i < tensor.rank; i++) {
        mp_printf(&text, i == 0 ? "%u" : ", %u", (unsigned)tensor.dims[i]);
    }
    mp_printf(&text, "]");
    if (tensor.dtype < INK_DTYPE_FLOAT32) {
        // by Python's own formatting: no double on the way
        mp_obj_t scale = mp_binary_op(
            MP_BINARY_OP_MODULO, mp_obj_new_str("%.6g", 4), mp_obj_new_float_from_f(tensor.scale));
        mp_printf(
            &text, ", scale %s, zero point %d", mp_obj_str_get_str(scale), (int)tensor.zero_point);
        inkling_check_model(self);
    }
    mp_printf(&text, ", name '%s'", ink_string(&self->model, tensor.name));
    print->print_strn(print->data, line->text, line->length);
    inkling_check_model(self);
}
#endif

// What takes the text may run Python code: nothing of the model is looked at while it is written.
void inkling_model_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    inkling_port_check_stack();
    const inkling_model_t *self = MP_OBJ_TO_PTR(self_in);
    const char *format = inkling_words("Model %s: target %s, blob %u bytes %s, arena %u bytes");
    inkling_check_model(self);
    const ink_header_t *header = self->model.header;
    inkling_text_t line;
    line.length = 0;
    mp_print_t text = {&line, inkling_append};
    mp_printf(&text, format, ink_string(&self->model, header->name),
        ink_target_name(header->target), (unsigned)header->blob_size,
        self->in_place ? "in place" : "on the heap", (unsigned)header->arena_size);
    print->print_strn(print->data, line.text, line.length);
#ifndef INKLING_SMALL
    inkling_check_model(self);
    for (size_t i = 0; i < self->model.n_inputs; i++) {
        print_tensor(print, &line, self, "input", i, inkling_input_tensor(self, i));
    }
    for (size_t i = 0; i < self->model.n_outputs; i++) {
        print_tensor(print, &line, self, "output", i, inkling_output_tensor(self, i));
        uint32_t n_labels = ink_n_labels(&self->model, i);
        if (n_labels != 0) {
            mp_printf(print, ", %u labels", (unsigned)n_labels);
            inkling_check_model(self);
        }
    }
#endif
}

static mp_obj_t new_labels(const inkling_model_t *self, uint32_t output) {
    inkling_check_model(self);
    const ink_model_t *model = &self->model;
    const uint32_t *labels = ink_labels(model, output);
    uint32_t n_labels = ink_n_labels(model, output);
    if (n_labels == 0) {
        return mp_const_none;
    }
    mp_obj_t list = mp_obj_new_list(0, NULL);
    for (uint32_t i = 0; i < n_labels; i++) {
        inkling_check_buffers(self);
        mp_obj_list_append(list, inkling_new_string(ink_string(model, labels[i])));
    }
    size_t count;
    mp_obj_t *items;
    inkling_open_sequence(list, &count, &items);
    return mp_obj_new_tuple(count, items);
}

// A tuple with a tuple an output, or None for one that has no labels.
static mp_obj_t output_labels(inkling_model_t *self) {
    if (self->labels == MP_OBJ_NULL) {
        mp_obj_t labels[INK_MAX_IO];
        uint32_t n_outputs = self->model.n_outputs;
        for (uint32_t i = 0; i < n_outputs; i++) {
            labels[i] = new_labels(self, i);
        }
        self->labels = mp_obj_new_tuple(n_outputs, labels);
    }
    return self->labels;
}

// Those of output 0.
static mp_obj_t first_labels(inkling_model_t *self) {
    size_t count;
    mp_obj_t *items;
    inkling_open_sequence(output_labels(self), &count, &items);
    return items[0];
}

// What an input or output has of shape, dtype, scale and zero point, by number.
static mp_obj_t fact_of(const ink_tensor_t *tensor, uint32_t fact) {
    mp_obj_t dims[INK_MAX_RANK];
    char typecode = inkling_typecode(tensor);
    switch (fact) {
    case 0:
        for (size_t i = 0; i < tensor->rank; i++) {
            dims[i] = mp_obj_new_int((mp_int_t)tensor->dims[i]);
        }
        return mp_obj_new_tuple(tensor->rank, dims);
    case 1:
        return mp_obj_new_str(&typecode, 1);
    case 2:
        return mp_obj_new_float_from_f(tensor->scale);
    default:
        return MP_OBJ_NEW_SMALL_INT(tensor->zero_point);
    }
}

// A list with a fact of each input or output; MP_OBJ_NULL where there is no such attribute.
static mp_obj_t each(const inkling_model_t *self, qstr attribute) {
    const qstr names[] = {MP_QSTR_input_shape, MP_QSTR_input_dtype, MP_QSTR_input_scale,
        MP_QSTR_input_zero_point, MP_QSTR_output_shape, MP_QSTR_output_dtype, MP_QSTR_output_scale,
        MP_QSTR_output_zero_point};
    uint32_t name = 0;
    while (names[name] != attribute) {
        if (++name == MP_ARRAY_SIZE(names)) {
            return MP_OBJ_NULL;
        }
    }
    bool of_input = name < 4;
    size_t count = of_input ? self->model.n_inputs : self->model.n_outputs;
    mp_obj_t list = mp_obj_new_list(0, NULL);
    for (size_t i = 0; i < count; i++) {
        inkling_check_model(self);
        const ink_tensor_t tensor =
            of_input ? *inkling_input_tensor(self, i) : *inkling_output_tensor(self, i);
        mp_obj_list_append(list, fact_of(&tensor, name % 4));
    }
    return list;
}

// By comparisons and not from a table: in a native module, interned strings are no constants.
static const void *method_of(qstr attribute) {
    if (attribute == MP_QSTR_predict) {
        return &inkling_predict_obj;
    }
    if (attribute == MP_QSTR_run) {
        return &inkling_run_obj;
    }
    if (attribute == MP_QSTR_reset) {
        return &inkling_reset_obj;
    }
    if (attribute == MP_QSTR_input) {
        return &inkling_input_obj;
    }
    if (attribute == MP_QSTR_output) {
        return &inkling_output_obj;
    }
#if INK_DETECT
    if (attribute == MP_QSTR_peaks) {
        return &inkling_peaks_obj;
    }
#endif
#ifndef INKLING_SMALL
    if (attribute == MP_QSTR_profile) {
        return &inkling_profile_obj;
    }
#endif
    return NULL;
}

void inkling_model_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *destination) {
    if (destination[0] != MP_OBJ_NULL) {
        return; // nothing can be set
    }
    inkling_model_t *self = MP_OBJ_TO_PTR(self_in);
    const void *method = method_of(attribute);
    if (method != NULL) {
        destination[0] = MP_OBJ_FROM_PTR(method);
        destination[1] = self_in;
        return;
    }
    inkling_check_model(self);
    const ink_header_t *header = self->model.header;
    if (attribute == MP_QSTR_name) {
        destination[0] = inkling_new_string(ink_string(&self->model, header->name));
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
    } else {
        destination[0] = each(self, attribute);
    }
}
