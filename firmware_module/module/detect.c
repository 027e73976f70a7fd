// SPDX-License-Identifier: MIT
// Model.peaks() and inkling.nms(): what a network detected.
#include "ink_options.h"

#if INK_DETECT

#include "runtime/ink_detect.h"

#include "inkling_binding.h"

// x, y, width, height
#define REGION_NUMBERS 4

// The network's output as cells. The numbers are as the caller gave them; a last of 0 is all.
static ink_map_t map_of(
    const inkling_model_t *self, mp_int_t output, mp_int_t axis, mp_int_t first, mp_int_t last) {
    const ink_tensor_t *tensor = inkling_output_tensor(self, (size_t)output);
    mp_int_t rank = tensor->rank;
    if (tensor->dtype == INK_DTYPE_INT32) {
        inkling_raise(INKLING_TYPE_ERROR, inkling_name(self),
            "output %d is int32: peaks are found in int8, uint8 and float32", (int)output);
    }
    if (axis < -rank || axis >= rank) {
        inkling_raise(INKLING_VALUE_ERROR, inkling_name(self),
            "output %d has no axis %d, its shape has %d numbers", (int)output, (int)axis,
            (int)rank);
    }
    axis += axis < 0 ? rank : 0;
    mp_int_t classes = (mp_int_t)tensor->dims[axis];
    last = last == 0 ? classes : last;
    if (first < 0 || last > classes || first >= last) {
        inkling_raise(INKLING_VALUE_ERROR, inkling_name(self),
            "output %d: classes from %d up to %d, it has %d", (int)output, (int)first, (int)last,
            (int)classes);
    }
    ink_map_t map = {ink_tensor_data(&self->model, self->model.outputs[output].tensor),
        tensor->dtype, ink_tensor_elements(tensor) / (uint32_t)classes, (uint32_t)classes, 1, 1,
        (uint32_t)first, (uint32_t)last};
    for (mp_int_t i = axis + 1; i < rank; i++) {
        map.inner *= tensor->dims[i];
    }
    if (rank > 1) {
        map.width = tensor->dims[axis == rank - 1 ? rank - 2 : rank - 1];
    }
    return map;
}

static mp_obj_t peaks(size_t n_args, const mp_obj_t *args, mp_map_t *keywords) {
    const mp_arg_t allowed[] = {
        {MP_QSTR_threshold, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = mp_const_none}},
        {MP_QSTR_output, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 0}},
        {MP_QSTR_first, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 0}},
        {MP_QSTR_last, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 0}},
        {MP_QSTR_axis, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = -1}},
        {MP_QSTR_near, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 0}},
        {MP_QSTR_region, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_obj = mp_const_none}},
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args - 1, args + 1, keywords, MP_ARRAY_SIZE(allowed), allowed, values);
    const inkling_model_t *self = MP_OBJ_TO_PTR(args[0]);
    float real = mp_obj_get_float_to_f(values[0].u_obj);
    mp_int_t output = values[1].u_int;
    if (output < 0 || output >= self->model.n_outputs) {
        inkling_raise(INKLING_INDEX_ERROR, inkling_name(self), "no %s %d, there are %d", "output",
            (int)output, (int)self->model.n_outputs);
    }
    uint32_t region[REGION_NUMBERS];
    bool boxes = values[6].u_obj != mp_const_none;
    for (size_t i = 0; boxes && i < REGION_NUMBERS; i++) {
        size_t length;
        mp_obj_t *items;
        if (!inkling_open_sequence(values[6].u_obj, &length, &items) || length != REGION_NUMBERS) {
            inkling_raise(INKLING_TYPE_ERROR, inkling_name(self),
                "a region is a tuple (x, y, width, height)");
        }
        region[i] = (uint32_t)mp_obj_get_int(items[i]);
    }
    inkling_check_model(self);
    const ink_tensor_t tensor = *inkling_output_tensor(self, (size_t)output);
    ink_map_t map = map_of(self, output, values[4].u_int, values[2].u_int, values[3].u_int);
    int32_t threshold = ink_map_threshold(&tensor, real);
    uint32_t near = values[5].u_int < 0 ? 0 : (uint32_t)values[5].u_int;

    // a finaliser, all that may run below, can move nothing: it cannot allocate
    mp_obj_t list = mp_obj_new_list(0, NULL);
    ink_cell_t found;
    for (uint32_t cell = 0; (cell = ink_map_next(&map, cell, threshold, &found)) < map.cells;
        cell++) {
        if (near == 0 || ink_map_is_peak(&map, cell, found.value, near)) {
            mp_obj_t peak[REGION_NUMBERS + 2];
            size_t count = 0;
            if (boxes) {
                uint32_t place[2] = {cell % map.width, cell / map.width};
                uint32_t cells[2] = {map.width, map.cells / map.width};
                for (size_t i = 0; i < 2; i++) {
                    uint32_t start = place[i] * region[2 + i] / cells[i];
                    uint32_t end = (place[i] + 1) * region[2 + i] / cells[i];
                    peak[i] = mp_obj_new_int((mp_int_t)(int32_t)(region[i] + start));
                    peak[2 + i] = mp_obj_new_int_from_uint(end - start);
                }
                count = REGION_NUMBERS;
            } else {
                peak[count++] = mp_obj_new_int_from_uint(cell);
            }
            peak[count++] = mp_obj_new_float_from_f(ink_map_real(&tensor, found.value));
            peak[count++] = mp_obj_new_int_from_uint(found.best);
            mp_obj_list_append(list, mp_obj_new_tuple(count, peak));
        }
    }
    return list;
}
MP_DEFINE_CONST_FUN_OBJ_KW(inkling_peaks_obj, 2, peaks);

// A number of a box, asked for anew: user code that made the one before a float may have changed
// the list.
static float number_of(mp_obj_t boxes, size_t box, size_t number) {
    size_t length;
    mp_obj_t *items;
    if (!inkling_open_sequence(boxes, &length, &items) || box >= length ||
        !inkling_open_sequence(items[box], &length, &items) || number >= length) {
        inkling_raise(INKLING_TYPE_ERROR, NULL,
            "nms takes a list of (x, y, width, height, score, ...): box %u is none", (unsigned)box);
    }
    return mp_obj_get_float_to_f(items[number]);
}

static mp_obj_t nms(size_t n_args, const mp_obj_t *args, mp_map_t *keywords) {
    const mp_arg_t allowed[] = {
        {MP_QSTR_boxes, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = mp_const_none}},
        {MP_QSTR_threshold, MP_ARG_OBJ, {.u_obj = mp_const_none}},
        {MP_QSTR_sigma, MP_ARG_OBJ, {.u_obj = mp_const_none}},
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, args, keywords, MP_ARRAY_SIZE(allowed), allowed, values);
    float options[2];
    for (size_t i = 0; i < 2; i++) {
        mp_obj_t given = values[1 + i].u_obj;
        options[i] = given == mp_const_none ? 0.1f : mp_obj_get_float_to_f(given);
    }
    mp_obj_t given = values[0].u_obj;
    size_t count = 0;
    mp_obj_t *items;
    if (!inkling_open_sequence(given, &count, &items)) {
        number_of(given, 0, 0);
    }
    ink_box_t *boxes = inkling_allocate((count + 1) * sizeof(*boxes));
    uint32_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        ink_box_t *box = &boxes[taken];
        box->x = number_of(given, i, 0);
        box->y = number_of(given, i, 1);
        box->width = number_of(given, i, 2);
        box->height = number_of(given, i, 3);
        box->score = number_of(given, i, 4);
        box->index = (uint32_t)i;
        taken += box->score > 0; // which NaN is not
    }
    taken = ink_suppress(boxes, taken, options[0], options[1]);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    for (uint32_t i = 0; i < taken; i++) {
        mp_obj_t pair[2] = {
            mp_obj_new_int_from_uint(boxes[i].index), mp_obj_new_float_from_f(boxes[i].score)};
        mp_obj_list_append(list, mp_obj_new_tuple(2, pair));
    }
    m_del(ink_box_t, boxes, count + 1);
    return list;
}
MP_DEFINE_CONST_FUN_OBJ_KW(inkling_nms_obj, 1, nms);

#endif
