// SPDX-License-Identifier: MIT
// Model.profile(): what each operator costs, by time.ticks_cpu() and time.ticks_us(). The cost of
// asking for the time, and of looking at the model again after that, is measured and taken off.
#include "inkling_binding.h"

#define TICKS_MASK ((mp_uint_t)MP_SMALL_INT_POSITIVE_MASK) // both functions wrap there

typedef struct {
    mp_obj_t ticks_cpu, ticks_us;
    mp_uint_t ticks, microseconds; // at start(); after stop(), since then
    mp_uint_t own_ticks, own_microseconds;
} stopwatch_t;

static mp_uint_t ask(mp_obj_t function) {
    return (mp_uint_t)mp_obj_get_int(mp_call_function_n_kw(function, 0, 0, NULL));
}

static void start(stopwatch_t *watch) {
    watch->microseconds = ask(watch->ticks_us);
    watch->ticks = ask(watch->ticks_cpu);
}

static mp_uint_t without(mp_uint_t measured, mp_uint_t own) {
    return measured > own ? measured - own : 0;
}

static void stop(stopwatch_t *watch) {
    mp_uint_t ticks = ask(watch->ticks_cpu);
    mp_uint_t microseconds = ask(watch->ticks_us);
    watch->ticks = without((ticks - watch->ticks) & TICKS_MASK, watch->own_ticks);
    watch->microseconds =
        without((microseconds - watch->microseconds) & TICKS_MASK, watch->own_microseconds);
}

static void calibrate(stopwatch_t *watch, const inkling_model_t *model) {
    mp_obj_t module = mp_import_name(MP_QSTR_time, mp_const_none, MP_OBJ_NEW_SMALL_INT(0));
    watch->ticks_cpu = mp_load_attr(module, MP_QSTR_ticks_cpu);
    watch->ticks_us = mp_load_attr(module, MP_QSTR_ticks_us);
    mp_uint_t ticks = TICKS_MASK;
    mp_uint_t microseconds = TICKS_MASK;
    for (int i = 0; i < 4; i++) {
        watch->own_ticks = 0;
        watch->own_microseconds = 0;
        start(watch);
        inkling_check_model(model);
        stop(watch);
        ticks = watch->ticks < ticks ? watch->ticks : ticks;
        microseconds = watch->microseconds < microseconds ? watch->microseconds : microseconds;
    }
    watch->own_ticks = ticks;
    watch->own_microseconds = microseconds;
}

static void append(mp_obj_t rows, mp_obj_t index, const char *name, const char *kernel,
    const stopwatch_t *watch, uint32_t macs) {
    mp_obj_t row[] = {
        index,
        inkling_new_string(name),
        inkling_new_string(kernel),
        mp_obj_new_int_from_uint(watch->microseconds),
        mp_obj_new_int_from_uint(watch->ticks),
        mp_obj_new_int_from_uint(macs),
    };
    mp_obj_list_append(rows, mp_obj_new_tuple(MP_ARRAY_SIZE(row), row));
}

static mp_obj_t profile(size_t n_args, const mp_obj_t *args) {
    inkling_model_t *self = MP_OBJ_TO_PTR(args[0]);
    inkling_port_check_stack();
    bool whole = n_args > 1 && args[1] != mp_const_none;
    stopwatch_t watch;
    calibrate(&watch, self);
    mp_obj_t rows = mp_obj_new_list(0, NULL);

    if (whole) {
        start(&watch);
        inkling_check_model(self); // which is taken off; it looks itself, too
        inkling_set_inputs(self, args[1], INKLING_BLOB_WAYS);
        stop(&watch);
        append(rows, mp_const_none, "INPUT", "", &watch, 0);
    }
    const uint32_t runs = inkling_begin(self);
    for (uint32_t i = 0; i < self->model.n_operators; i++) {
        start(&watch);
        inkling_check_model(self);
        inkling_check_alone(self, runs);
        inkling_run_operator(self, i);
        stop(&watch);
        inkling_check_model(self);
        const ink_operator_t *entry = &self->model.operators[i];
        append(rows, MP_OBJ_NEW_SMALL_INT(i), ink_string(&self->model, entry->name),
            ink_kernel_name(entry->kernel), &watch, entry->macs);
    }
    if (whole) {
        start(&watch);
        inkling_check_model(self);
        inkling_make_outputs(self);
        stop(&watch);
        append(rows, mp_const_none, "OUTPUT", "", &watch, 0);
    }
    return rows;
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(inkling_profile_obj, 1, 2, profile);
