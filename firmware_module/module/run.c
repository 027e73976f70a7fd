// SPDX-License-Identifier: MIT
// Running a Model: predict(), run(), reset(), and the views of its inputs and outputs.
#include "kernels/ink_kernels.h"

#include "inkling_binding.h"

static NORETURN void raise_moved(const char *what) {
    inkling_raise(
        INKLING_VALUE_ERROR, NULL, "the %s's buffer has moved: make the model anew", what);
}

void inkling_check_buffers(const inkling_model_t *self) {
    mp_buffer_info_t blob;
    mp_buffer_info_t ram;
    mp_get_buffer_raise(self->blob, &blob, MP_BUFFER_READ);
    mp_get_buffer_raise(self->arena, &ram, MP_BUFFER_RW);
    if (blob.buf != self->model.blob || blob.len < self->model.header->blob_size) {
        raise_moved("blob");
    }
    if (ram.buf != self->model.arena || ram.len < self->model.header->arena_size) {
        raise_moved("arena");
    }
}

void inkling_run_operator(inkling_model_t *self, uint32_t index) {
    // what runs in here (Ctrl-C, a callback) may leave at any place between two operators
    uint32_t runs = self->runs;
    inkling_port_handle_pending(self->model.operators[index].macs);
    if (self->runs != runs) {
        inkling_raise(
            INKLING_RUNTIME_ERROR, inkling_name(self), "a callback ran the model while it ran");
    }
    ink_error_t error;
    if (ink_run_operator(&self->model, index, &error) != INK_OK) {
        inkling_raise_error(INKLING_RUNTIME_ERROR, inkling_name(self), &error);
    }
}

void inkling_run_all(inkling_model_t *self) {
    self->runs++;
    for (uint32_t i = 0; i < self->model.header->n_operators; i++) {
        inkling_run_operator(self, i);
    }
}

mp_obj_t inkling_make_outputs(const inkling_model_t *self) {
    size_t n_outputs = self->model.header->n_outputs;
    mp_obj_t outputs[INK_MAX_IO];
    for (size_t i = 0; i < n_outputs; i++) {
        const ink_tensor_t *tensor = inkling_output_tensor(self, i);
        const void *stored = ink_tensor_data(&self->model, self->model.outputs[i].tensor);
        uint32_t count = ink_tensor_elements(tensor);
        float *values = inkling_allocate(count * sizeof(float)); // or int32_t
        ink_dequantize_f32(tensor, stored, values, count);
        mp_obj_array_t *array = inkling_allocate(sizeof(mp_obj_array_t));
        array->base.type = inkling_port_array_type();
        array->typecode = tensor->dtype == INK_DTYPE_INT32 ? 'i' : 'f';
        array->free = 0;
        array->len = count;
        array->items = values;
        outputs[i] = MP_OBJ_FROM_PTR(array);
    }
    return mp_obj_new_list(n_outputs, outputs);
}

static mp_obj_t predict(mp_obj_t self_in, mp_obj_t inputs) {
    inkling_model_t *self = MP_OBJ_TO_PTR(self_in);
    inkling_port_check_stack();
    inkling_check_buffers(self);
    inkling_set_inputs(self, inputs);
    inkling_run_all(self);
    return inkling_make_outputs(self);
}
MP_DEFINE_CONST_FUN_OBJ_2(inkling_predict_obj, predict);

static mp_obj_t run(mp_obj_t self_in) {
    inkling_model_t *self = MP_OBJ_TO_PTR(self_in);
    inkling_port_check_stack();
    inkling_check_buffers(self);
    inkling_run_all(self);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(inkling_run_obj, run);

static mp_obj_t reset(mp_obj_t self_in) {
    inkling_model_t *self = MP_OBJ_TO_PTR(self_in);
    inkling_check_buffers(self);
    ink_reset(&self->model);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(inkling_reset_obj, reset);

// A memoryview of a tensor, as a part of one of the whole arena: the collector knows a block only
// by its head.
static mp_obj_t view(const inkling_model_t *self, const ink_tensor_t *tensor) {
    mp_obj_t arena_view =
        mp_call_function_n_kw(MP_OBJ_FROM_PTR(inkling_port_memoryview_type()), 1, 0, &self->arena);
    mp_obj_array_t *array = MP_OBJ_TO_PTR(arena_view);
    size_t item = ink_element_size(tensor->dtype);
    // a memoryview counts its offset from the head in items
    size_t offset = (size_t)(self->model.arena - (const uint8_t *)array->items) + tensor->offset;
    if (offset % item != 0) {
        // the head is not aligned: then it is no block of the heap
        array->items = self->model.arena;
        offset = tensor->offset;
    }
    array->typecode = (size_t)inkling_typecode(tensor) | MP_OBJ_ARRAY_TYPECODE_FLAG_RW;
    array->free = offset / item;
    array->len = tensor->size / item;
    return arena_view;
}

static mp_obj_t view_of(size_t n_args, const mp_obj_t *args, bool of_input) {
    const inkling_model_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_int_t index = n_args > 1 ? mp_obj_get_int(args[1]) : 0;
    mp_int_t count = of_input ? self->model.header->n_inputs : self->model.header->n_outputs;
    if (index < 0 || index >= count) {
        inkling_raise(INKLING_INDEX_ERROR, inkling_name(self), "no %s %d, there are %d",
            of_input ? "input" : "output", (int)index, (int)count);
    }
    inkling_check_buffers(self);
    return view(self, of_input ? inkling_input_tensor(self, (size_t)index)
                               : inkling_output_tensor(self, (size_t)index));
}

static mp_obj_t input(size_t n_args, const mp_obj_t *args) {
    return view_of(n_args, args, true);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(inkling_input_obj, 1, 2, input);

static mp_obj_t output(size_t n_args, const mp_obj_t *args) {
    return view_of(n_args, args, false);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(inkling_output_obj, 1, 2, output);
