// SPDX-License-Identifier: MIT
// Running a Model: run(), reset(), and the views of its inputs and outputs.
#include "kernels/ink_kernels.h"
#include "runtime/ink_call.h"

#include "inkling_binding.h"

static bool is_where(mp_obj_t object, uint32_t flags, const void *start, uint32_t size) {
    mp_buffer_info_t buffer;
    return mp_get_buffer(object, &buffer, flags) && buffer.buf == start && buffer.len >= size;
}

static bool blob_is_there(const inkling_model_t *self) {
    return is_where(self->blob, MP_BUFFER_READ, self->model.blob, self->model.blob_size);
}

static NORETURN void raise_changed(const char *what) {
    inkling_raise(INKLING_VALUE_ERROR, NULL, "the %s: make the model anew", what);
}

// What must be as it was after a rest: a model that runs, or a blob that is opened. The objects are
// on the stack of who set it.
inkling_resting_t inkling_resting;

// What a kernel says now and then. Where that may have run Python code, memory may have moved.
void ink_pause(uint32_t steps) {
    const inkling_resting_t resting = inkling_resting;
    (void)steps;
    if (inkling_port_interrupt()) {
        if (resting.model != NULL) {
            inkling_check_alone(resting.model, resting.runs);
            inkling_check_model(resting.model);
        } else if (!is_where(resting.blob, MP_BUFFER_READ, resting.start, resting.size)) {
            raise_changed("blob's buffer has moved");
        }
        inkling_resting = resting;
    }
}

ink_status_t inkling_open(inkling_model_t *self, size_t size, ink_error_t *error) {
    mp_buffer_info_t blob;
    mp_get_buffer_raise(self->blob, &blob, MP_BUFFER_READ);
    size = blob.len < size ? blob.len : size;
    inkling_resting =
        (inkling_resting_t){.blob = self->blob, .start = blob.buf, .size = (uint32_t)size};
    return ink_open(&self->model, blob.buf, size, error);
}

void inkling_check_buffers(const inkling_model_t *self) {
    if (!blob_is_there(self)) {
        raise_changed("blob's buffer has moved");
    }
    if (!is_where(self->arena, MP_BUFFER_RW, self->model.arena, self->model.arena_size)) {
        raise_changed("arena's buffer has moved");
    }
}

void inkling_check_model(const inkling_model_t *self) {
    inkling_check_buffers(self);
    if (!ink_is_unchanged(&self->model)) {
        raise_changed("blob's bytes have changed");
    }
}

const char *inkling_name(const inkling_model_t *self) {
    const ink_model_t *model = &self->model;
    bool there = blob_is_there(self) && ink_is_unchanged(model);
    return there ? ink_string(model, model->header->name) : NULL;
}

uint32_t inkling_begin(inkling_model_t *self) {
    return ++self->runs;
}

void inkling_check_alone(const inkling_model_t *self, uint32_t runs) {
    if (self->runs != runs) {
        inkling_raise(
            INKLING_RUNTIME_ERROR, inkling_name(self), "a callback ran the model while it ran");
    }
}

void inkling_run_operator(inkling_model_t *self, uint32_t index) {
    // what runs in here (Ctrl-C, a callback) may leave at any place between two operators
    uint32_t runs = self->runs;
    inkling_ran_t ran = inkling_port_handle_pending(self->model.operators[index].macs);
    if (ran != INKLING_RAN_NOTHING) {
        inkling_check_alone(self, runs);
        if (ran == INKLING_RAN || self->changeable) {
            inkling_check_model(self);
        } else {
            inkling_check_buffers(self);
        }
    }
    inkling_resting = (inkling_resting_t){.model = self, .runs = self->runs};
    ink_error_t error;
    if (ink_run_operator(&self->model, index, &error) != INK_OK) {
        inkling_raise_error(INKLING_RUNTIME_ERROR, inkling_name(self), &error);
    }
}

void inkling_run_all(inkling_model_t *self) {
    inkling_begin(self);
    for (uint32_t i = 0; i < self->model.n_operators; i++) {
        inkling_run_operator(self, i);
    }
}

mp_obj_t inkling_make_outputs(const inkling_model_t *self) {
    const ink_model_t *model = &self->model;
    size_t n_outputs = model->n_outputs;
    mp_obj_t outputs[INK_MAX_IO];
    for (size_t i = 0; i < n_outputs; i++) {
        if (i != 0) {
            inkling_check_model(self);
        }
        const ink_tensor_t tensor = *inkling_output_tensor(self, i);
        uint32_t count = ink_tensor_elements(&tensor);
        float *values = inkling_allocate(count * sizeof(float)); // or int32_t
        mp_obj_array_t *array = inkling_allocate(sizeof(mp_obj_array_t));
        inkling_check_buffers(self);
        ink_dequantize_f32(&tensor, ink_tensor_bytes(model, &tensor), values, count);
        array->base.type = inkling_port_array_type();
        array->typecode = INK_WIDE && tensor.dtype == INK_DTYPE_INT32 ? 'i' : 'f';
        array->free = 0;
        array->len = count;
        array->items = values;
        outputs[i] = MP_OBJ_FROM_PTR(array);
    }
    return mp_obj_new_list(n_outputs, outputs);
}

mp_obj_t inkling_predict_in(inkling_model_t *self, mp_obj_t inputs, inkling_ways_t ways) {
    if (inkling_set_inputs(self, inputs, ways)) {
        inkling_check_model(self);
    }
    inkling_run_all(self);
    return inkling_make_outputs(self);
}

static mp_obj_t run(mp_obj_t self_in) {
    inkling_model_t *self = MP_OBJ_TO_PTR(self_in);
    inkling_port_check_stack();
    inkling_check_model(self);
    inkling_run_all(self);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(inkling_run_obj, run);

static mp_obj_t reset(mp_obj_t self_in) {
    inkling_model_t *self = MP_OBJ_TO_PTR(self_in);
    inkling_check_model(self);
    ink_reset(&self->model);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(inkling_reset_obj, reset);

// A memoryview of a tensor, as a part of one of the whole arena: the collector knows a block only
// by its head.
static mp_obj_t view(const inkling_model_t *self, ink_tensor_t tensor) {
    mp_obj_t arena_view =
        mp_call_function_n_kw(MP_OBJ_FROM_PTR(inkling_port_memoryview_type()), 1, 0, &self->arena);
    inkling_check_buffers(self);
    mp_obj_array_t *array = MP_OBJ_TO_PTR(arena_view);
    size_t item = ink_element_size(tensor.dtype);
    // a memoryview counts its offset from the head in items
    size_t offset = (size_t)(self->model.arena - (const uint8_t *)array->items) + tensor.offset;
    if (offset % item != 0) {
        // the head is not aligned: then it is no block of the heap
        array->items = self->model.arena;
        offset = tensor.offset;
    }
    array->typecode = (size_t)inkling_typecode(&tensor) | MP_OBJ_ARRAY_TYPECODE_FLAG_RW;
    array->free = offset / item;
    array->len = tensor.size / item;
    return arena_view;
}

static mp_obj_t view_of(size_t n_args, const mp_obj_t *args, bool of_input) {
    const inkling_model_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_int_t index = n_args > 1 ? mp_obj_get_int(args[1]) : 0;
    mp_int_t count = of_input ? self->model.n_inputs : self->model.n_outputs;
    if (index < 0 || index >= count) {
        inkling_raise(INKLING_INDEX_ERROR, inkling_name(self), "no %s %d, there are %d",
            of_input ? "input" : "output", (int)index, (int)count);
    }
    inkling_check_model(self);
    return view(self, of_input ? *inkling_input_tensor(self, (size_t)index)
                               : *inkling_output_tensor(self, (size_t)index));
}

static mp_obj_t input(size_t n_args, const mp_obj_t *args) {
    return view_of(n_args, args, true);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(inkling_input_obj, 1, 2, input);

static mp_obj_t output(size_t n_args, const mp_obj_t *args) {
    return view_of(n_args, args, false);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(inkling_output_obj, 1, 2, output);
