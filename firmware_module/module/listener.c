// SPDX-License-Identifier: MIT
// The type inkling.Listener: samples in, smoothed scores and words out.
#include "ink_options.h"

#if INK_AUDIO

#include <string.h>

#include "audio/ink_listener.h"

#include "inkling_binding.h"

typedef struct {
    mp_obj_base_t base;
    mp_obj_t model;
    mp_obj_t memory; // a bytearray
    mp_obj_t scores; // a memoryview of the means in it
    ink_listener_t listener;
    mp_int_t word; // heard in the last feed()
    uint32_t overruns;
    uint32_t lost;     // samples
    bool cut;          // samples were lost since the last that were taken
    const void *frame; // of the feed() that is running, or was left by an exception
} inkling_listener_t;

#define MOST_REFRACTORY 60000 // ms
#define MOST_STRIDE 1024

static mp_int_t between(
    const inkling_model_t *model, const char *what, mp_int_t value, mp_int_t least, mp_int_t most) {
    if (value < least || value > most) {
        inkling_raise(INKLING_VALUE_ERROR, inkling_name(model), "%s is %d, allowed %d to %d", what,
            (int)value, (int)least, (int)most);
    }
    return value;
}

// Labels of outputs that are no words, where `ignore` is not given.
static const char NO_WORDS[] = "silence\0unknown\0_silence_\0_unknown_\0background\0noise\0other\0";

static char lower_case(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool same(const char *label, const char *word) {
    while (*word != 0 && lower_case(*label) == lower_case(*word)) {
        label++;
        word++;
    }
    return *label == *word;
}

static bool is_no_word(const char *label) {
    for (const char *word = NO_WORDS; *word != 0; word += strlen(word) + 1) {
        if (same(label, word)) {
            return true;
        }
    }
    return false;
}

// The output that an item of `ignore` names, a label or a number.
static mp_int_t output_of(
    const ink_listener_t *listener, const inkling_model_t *self, mp_obj_t item) {
    const ink_model_t *model = listener->model;
    if (mp_obj_get_type(item) != &mp_type_str) {
        return between(self, "ignore", mp_obj_get_int(item), 0, (mp_int_t)listener->n_scores - 1);
    }
    inkling_check_model(self);
    const char *wanted = mp_obj_str_get_str(item);
    for (uint32_t i = 0; i < ink_n_labels(model, 0); i++) {
        if (same(ink_string(model, ink_labels(model, 0)[i]), wanted)) {
            return (mp_int_t)i;
        }
    }
    inkling_raise(
        INKLING_VALUE_ERROR, inkling_name(self), "ignore: there is no label '%s'", wanted);
}

static void ignore_outputs(ink_listener_t *listener, const inkling_model_t *self, mp_obj_t ignore) {
    const ink_model_t *model = listener->model;
    if (ignore == mp_const_none) {
        for (uint32_t i = 0; i < ink_n_labels(model, 0); i++) {
            listener->words[i] = !is_no_word(ink_string(model, ink_labels(model, 0)[i]));
        }
        return;
    }
    size_t count = 0;
    mp_obj_t *items = NULL;
    if (!inkling_open_sequence(ignore, &count, &items)) {
        inkling_raise(INKLING_TYPE_ERROR, inkling_name(self), "ignore is not a list or tuple");
    }
    for (size_t i = 0; i < count; i++) {
        listener->words[output_of(listener, self, items[i])] = 0;
        inkling_open_sequence(ignore, &count, &items); // a number's class may have changed it
    }
}

// A memoryview of the means, which the listener's memory holds.
static mp_obj_t view_scores(const inkling_listener_t *self) {
    mp_obj_t view =
        mp_call_function_n_kw(MP_OBJ_FROM_PTR(inkling_port_memoryview_type()), 1, 0, &self->memory);
    mp_obj_array_t *array = MP_OBJ_TO_PTR(view);
    const size_t offset =
        (size_t)((const uint8_t *)self->listener.scores - (uint8_t *)array->items);
    array->typecode = 'f';
    array->free = offset / sizeof(float); // counted in items
    array->len = self->listener.n_scores;
    return view;
}

mp_obj_t inkling_listener_make_new(
    const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    inkling_port_check_stack();
    const mp_arg_t allowed[] = {
        {MP_QSTR_, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = mp_const_none}},
        {MP_QSTR_smoothing, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 3}},
        {MP_QSTR_threshold, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_obj = mp_const_none}},
        {MP_QSTR_hysteresis, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_obj = mp_const_none}},
        {MP_QSTR_refractory, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 500}},
        {MP_QSTR_stride, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 0}},
        {MP_QSTR_ignore, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_obj = mp_const_none}},
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, MP_ARRAY_SIZE(allowed), allowed, values);
    if (!inkling_is_model(values[0].u_obj)) {
        inkling_raise(INKLING_TYPE_ERROR, NULL, "a listener is made from a Model, not from a %q",
            mp_obj_get_type(values[0].u_obj)->name);
    }
    inkling_model_t *model = MP_OBJ_TO_PTR(values[0].u_obj);
    inkling_check_model(model);
    if (ink_listener_input(&model->model) == model->model.n_inputs) {
        inkling_raise(INKLING_VALUE_ERROR, inkling_name(model),
            "it has no front end: pack it with --audio to listen with it");
    }
    ink_listener_settings_t settings = {
        .stride = (uint32_t)between(model, "stride", values[5].u_int, 0, MOST_STRIDE),
        .smoothing = (uint32_t)between(model, "smoothing", values[1].u_int, 1, INK_MAX_SMOOTHING),
        .threshold =
            values[2].u_obj == mp_const_none ? 0.8f : mp_obj_get_float_to_f(values[2].u_obj),
        .hysteresis =
            values[3].u_obj == mp_const_none ? 0.1f : mp_obj_get_float_to_f(values[3].u_obj),
    };
    const uint32_t refractory =
        (uint32_t)between(model, "refractory", values[4].u_int, 0, MOST_REFRACTORY);

    inkling_check_model(model);
    const uint32_t n_scores = ink_tensor_elements(inkling_output_tensor(model, 0));
    between(model, "output 0's number of elements", (mp_int_t)n_scores, 1, INK_MAX_SCORES);
    const size_t size = ink_listener_size(&model->model, settings.smoothing);
    mp_obj_t memory = inkling_new_bytearray(size, NULL, "the listener");
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(memory, &buffer, MP_BUFFER_RW);
    inkling_listener_t *self = inkling_allocate(sizeof(inkling_listener_t));
    memset(self, 0, sizeof(*self));
    self->base.type = type;
    self->model = values[0].u_obj;
    self->memory = memory;
    self->word = INK_NO_WORD;
    ink_listener_t *listener = &self->listener;
    inkling_check_model(model);
    ink_listener_start(listener, &model->model, buffer.buf, &settings);
    listener->settings.refractory = ink_listener_results(listener, refractory);
    ignore_outputs(listener, model, values[6].u_obj);
    self->scores = view_scores(self);
    return MP_OBJ_FROM_PTR(self);
}

// Of `samples`, a buffer that had so many when it was looked at: asked again after each run, which
// may have run Python code.
static void take(inkling_listener_t *self, mp_obj_t samples, uint32_t count) {
    inkling_model_t *model = MP_OBJ_TO_PTR(self->model);
    ink_listener_t *listener = &self->listener;
    uint32_t taken = 0;
    while (taken < count) {
        mp_buffer_info_t buffer;
        mp_get_buffer_raise(samples, &buffer, MP_BUFFER_READ);
        if (buffer.len / 2 < count) {
            inkling_raise(
                INKLING_VALUE_ERROR, inkling_name(model), "the samples were cut while it listened");
        }
        taken += ink_listener_take(listener, (uint8_t *)buffer.buf + 2 * taken, count - taken);
        if (listener->due) {
            ink_listener_fill(listener);
            inkling_run_all(model);
            ink_listener_hear(listener);
            self->word = listener->word != INK_NO_WORD ? listener->word : self->word;
        }
    }
}

static mp_obj_t feed(size_t n_args, const mp_obj_t *args) {
    inkling_listener_t *self = MP_OBJ_TO_PTR(args[0]);
    inkling_model_t *model = MP_OBJ_TO_PTR(self->model);
    inkling_port_check_stack();
    const uint32_t lost =
        n_args < 3 ? 0
                   : (uint32_t)between(model, "lost", mp_obj_get_int(args[2]), 0, (1 << 29) - 1);
    mp_buffer_info_t buffer;
    if (!mp_get_buffer(args[1], &buffer, MP_BUFFER_READ)) {
        inkling_raise(INKLING_TYPE_ERROR, inkling_name(model),
            "samples are a buffer of int16, not a %q", mp_obj_get_type(args[1])->name);
    }
    const char typecode = (char)buffer.typecode;
    if (typecode != 'h' && typecode != 'b' && typecode != 'B' && typecode != BYTEARRAY_TYPECODE) {
        inkling_raise(INKLING_TYPE_ERROR, inkling_name(model),
            "samples are an array of type '%c'; 'h' and bytes of int16 are allowed", typecode);
    }
    if (buffer.len % 2 != 0) {
        inkling_raise(INKLING_VALUE_ERROR, inkling_name(model),
            "samples are %u bytes, allowed an even number: each is an int16", (unsigned)buffer.len);
    }
    const uint32_t count = (uint32_t)(buffer.len / 2);
    const void *frame = &buffer;
    const bool nested = self->frame != NULL && (uintptr_t)frame < (uintptr_t)self->frame;
    if (nested || lost != 0) {
        self->overruns++;
        self->lost += lost + (nested ? count : 0);
        self->cut = true;
    }
    if (nested) {
        return mp_const_none;
    }
    inkling_check_model(model);
    if (self->cut) {
        ink_listener_cut(&self->listener);
        self->cut = false;
    }
    self->word = INK_NO_WORD;
    self->frame = frame;
    const uint32_t results = self->listener.n_results;
    take(self, args[1], count);
    self->frame = NULL;
    return self->listener.n_results == results ? mp_const_none : self->scores;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(feed_obj, 2, 3, feed);

static mp_obj_t reset(mp_obj_t self_in) {
    inkling_listener_t *self = MP_OBJ_TO_PTR(self_in);
    inkling_check_model(MP_OBJ_TO_PTR(self->model));
    ink_listener_reset(&self->listener);
    self->word = INK_NO_WORD;
    self->overruns = 0;
    self->lost = 0;
    self->cut = false;
    self->frame = NULL;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(reset_obj, reset);

// The label of the word heard in the last feed(), its number where there are none, or None.
static mp_obj_t word_of(const inkling_listener_t *self) {
    const ink_model_t *model = self->listener.model;
    if (self->word == INK_NO_WORD) {
        return mp_const_none;
    }
    inkling_check_model(MP_OBJ_TO_PTR(self->model));
    if (ink_n_labels(model, 0) == 0) {
        return MP_OBJ_NEW_SMALL_INT(self->word);
    }
    return inkling_new_string(ink_string(model, ink_labels(model, 0)[self->word]));
}

void inkling_listener_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *destination) {
    if (destination[0] != MP_OBJ_NULL) {
        return; // nothing can be set
    }
    inkling_listener_t *self = MP_OBJ_TO_PTR(self_in);
    const void *method = NULL;
    if (attribute == MP_QSTR_feed) {
        method = &feed_obj;
    } else if (attribute == MP_QSTR_reset) {
        method = &reset_obj;
    } else if (attribute == MP_QSTR_word) {
        destination[0] = word_of(self);
    } else if (attribute == MP_QSTR_scores) {
        destination[0] = self->scores;
    } else if (attribute == MP_QSTR_model) {
        destination[0] = self->model;
    } else if (attribute == MP_QSTR_rate) {
        inkling_check_model(MP_OBJ_TO_PTR(self->model));
        destination[0] = mp_obj_new_int_from_uint(self->listener.record->sample_rate);
    } else if (attribute == MP_QSTR_hop) {
        inkling_check_model(MP_OBJ_TO_PTR(self->model));
        destination[0] = mp_obj_new_int_from_uint(ink_listener_hop(&self->listener));
    } else if (attribute == MP_QSTR_ram) {
        mp_buffer_info_t buffer;
        mp_get_buffer_raise(self->memory, &buffer, MP_BUFFER_READ);
        destination[0] = mp_obj_new_int_from_uint(buffer.len);
    } else if (attribute == MP_QSTR_overruns) {
        destination[0] = mp_obj_new_int_from_uint(self->overruns);
    } else if (attribute == MP_QSTR_lost) {
        destination[0] = mp_obj_new_int_from_uint(self->lost);
    }
    if (method != NULL) {
        destination[0] = MP_OBJ_FROM_PTR(method);
        destination[1] = self_in;
    }
}

#endif
