// SPDX-License-Identifier: MIT
// inkling.top(scores, k=3): the k greatest scores as [(index, score), ...], equal ones by index.
#include <math.h>
#include <string.h>

#include "inkling_binding.h"

typedef struct {
    mp_obj_t object;
    mp_buffer_info_t buffer; // of typecode 0 where the object is a list or a tuple
    mp_obj_t *items;         // then
    size_t count;
} scores_t;

#define UNKNOWN SIZE_MAX

static NORETURN void raise_changed(void) {
    inkling_raise(INKLING_VALUE_ERROR, NULL, "the scores have changed");
}

// Where the scores are now: to be asked after whatever may run Python code.
static void look_up(scores_t *scores) {
    size_t length = 0;
    if (!inkling_open_sequence(scores->object, &length, &scores->items)) {
        size_t align;
        mp_get_buffer_raise(scores->object, &scores->buffer, MP_BUFFER_READ);
        length =
            scores->buffer.len / mp_binary_get_size('@', (char)scores->buffer.typecode, &align);
    }
    if (scores->count == UNKNOWN) {
        scores->count = length;
    } else if (length < scores->count) {
        raise_changed();
    }
}

static mp_obj_t score_object(scores_t *scores, size_t index) {
    look_up(scores);
    if (scores->buffer.typecode == 0) {
        return scores->items[index];
    }
    return mp_binary_get_val_array((char)scores->buffer.typecode, scores->buffer.buf, index);
}

// Without an object for each score where they are floats, as predict() gives them. NaN counts as
// least.
static float score(scores_t *scores, size_t index) {
    float value;
    if (scores->buffer.typecode == 'f') {
        memcpy(&value, (const uint8_t *)scores->buffer.buf + index * sizeof(value), sizeof(value));
    } else {
        value = mp_obj_get_float_to_f(score_object(scores, index));
    }
    return value == value ? value : -INFINITY;
}

static mp_obj_t top(size_t n_args, const mp_obj_t *args, mp_map_t *keywords) {
    const mp_arg_t allowed[] = {
        {MP_QSTR_scores, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = mp_const_none}},
        {MP_QSTR_k, MP_ARG_INT, {.u_int = 3}},
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, args, keywords, MP_ARRAY_SIZE(allowed), allowed, values);
    scores_t scores = {.object = values[0].u_obj, .count = UNKNOWN};
    mp_int_t k = values[1].u_int;
    look_up(&scores);

    // each pass takes the greatest of those that come after the last one taken
    mp_obj_t list = mp_obj_new_list(0, NULL);
    float last = INFINITY;
    size_t last_index = 0;
    for (mp_int_t taken = 0; taken < k && (size_t)taken < scores.count; taken++) {
        float best = -INFINITY;
        size_t best_index = scores.count;
        look_up(&scores);
        for (size_t i = 0; i < scores.count; i++) {
            float value = score(&scores, i);
            bool left = value < last || (value == last && (taken == 0 || i > last_index));
            if (left && (best_index == scores.count || value > best)) {
                best = value;
                best_index = i;
            }
        }
        if (best_index == scores.count) {
            raise_changed(); // what __float__ returns is another number each time
        }
        mp_obj_t pair[2] = {
            mp_obj_new_int_from_uint(best_index), score_object(&scores, best_index)};
        mp_obj_list_append(list, mp_obj_new_tuple(2, pair));
        last = best;
        last_index = best_index;
    }
    return list;
}
MP_DEFINE_CONST_FUN_OBJ_KW(inkling_top_obj, 1, top);
