// SPDX-License-Identifier: MIT
// predict(), with fit= and scaling=, which are for the pictures of one call.
#include "ink_options.h"
#include "inkling_binding.h"

#if INK_FITTING

// Takes one of the words of `fit` or `scaling` into the ways.
static void set_way(const inkling_model_t *self, inkling_ways_t *ways, qstr name, mp_obj_t word) {
    if (word == mp_const_none) {
        return;
    }
    // the three words of `scaling`, then those of `fit`
    const qstr words[] = {MP_QSTR_average, MP_QSTR_bilinear, MP_QSTR_openmv, MP_QSTR_crop,
        MP_QSTR_squeeze, MP_QSTR_border};
    const uint16_t flags[] = {
        0, INK_IMAGE_BILINEAR, INK_IMAGE_OPENMV, 0, INK_IMAGE_SQUEEZE, INK_IMAGE_BORDER};
    bool of_fit = name == MP_QSTR_fit;
    for (size_t i = of_fit ? 3 : 0; i < (of_fit ? MP_ARRAY_SIZE(words) : 3); i++) {
        mp_obj_t known = MP_OBJ_NEW_QSTR(words[i]);
        if (mp_binary_op(MP_BINARY_OP_EQUAL, word, known) == mp_const_true) {
            uint32_t all = of_fit ? INK_IMAGE_SQUEEZE | INK_IMAGE_BORDER : INK_IMAGE_SCALINGS;
            ways->kept &= (uint16_t)~all;
            ways->set |= flags[i];
            return;
        }
    }
    inkling_raise(INKLING_VALUE_ERROR, inkling_name(self), "%q must be %s", name,
        of_fit ? "'crop', 'squeeze' or 'border'" : "'average', 'bilinear' or 'openmv'");
}

static mp_obj_t predict(size_t n_args, const mp_obj_t *args, mp_map_t *keywords) {
    const mp_arg_t allowed[] = {
        {MP_QSTR_inputs, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = mp_const_none}},
        {MP_QSTR_fit, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_obj = mp_const_none}},
        {MP_QSTR_scaling, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_obj = mp_const_none}},
    };
    inkling_port_check_stack();
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args - 1, args + 1, keywords, MP_ARRAY_SIZE(allowed), allowed, values);
    inkling_model_t *self = MP_OBJ_TO_PTR(args[0]);
    inkling_ways_t ways = INKLING_BLOB_WAYS;
    set_way(self, &ways, MP_QSTR_fit, values[1].u_obj);
    set_way(self, &ways, MP_QSTR_scaling, values[2].u_obj);
    return inkling_predict_in(self, values[0].u_obj, ways);
}
MP_DEFINE_CONST_FUN_OBJ_KW(inkling_predict_obj, 2, predict);

#else

static mp_obj_t predict(mp_obj_t self_in, mp_obj_t inputs) {
    inkling_port_check_stack();
    return inkling_predict_in(MP_OBJ_TO_PTR(self_in), inputs, INKLING_BLOB_WAYS);
}
MP_DEFINE_CONST_FUN_OBJ_2(inkling_predict_obj, predict);

#endif
