// SPDX-License-Identifier: MIT
// What predict() takes, made into the network's inputs: stored bytes, real numbers, pictures.
#include <string.h>

#include "kernels/ink_copy_bytes.h"
#include "kernels/ink_kernels.h"
#include "runtime/ink_call.h"
#include "runtime/ink_image.h"

#include "inkling_binding.h"

// Where an input's values go, and what names it in a message. The records are copies: the blob may
// be another one after any line of Python code.
typedef struct {
    const inkling_model_t *model;
    size_t index;
    ink_tensor_t tensor;
    ink_io_t record;
    uint32_t elements;
    void *data;
} slot_t;

static NORETURN void raise_for(
    const slot_t *slot, const char *problem, size_t found, size_t allowed) {
    inkling_raise_for_input(INKLING_VALUE_ERROR, slot->model, slot->index,
        ": %s: found %u, allowed %u", inkling_words(problem), (unsigned)found, (unsigned)allowed);
}

// --- nested lists and tuples

bool inkling_open_sequence(mp_obj_t object, size_t *length, mp_obj_t **items) {
    const mp_obj_type_t *type = mp_obj_get_type(object);
    if (type == &mp_type_list) {
        mp_obj_list_t *list = MP_OBJ_TO_PTR(object);
        *length = list->len;
        *items = list->items;
        return true;
    }
    if (type == &mp_type_tuple) {
        mp_obj_tuple_t *tuple = MP_OBJ_TO_PTR(object);
        *length = tuple->len;
        *items = tuple->items;
        return true;
    }
    return false;
}

// Once `object` is converted: a class of the user's may have done anything meanwhile.
static void check_after(const slot_t *slot, mp_obj_t object) {
    if (inkling_is_instance(object)) {
        inkling_check_buffers(slot->model);
    }
}

static void set_element(const slot_t *slot, uint32_t element, mp_obj_t object) {
    if (!INK_WIDE || slot->tensor.dtype != INK_DTYPE_INT32) {
        float value = mp_obj_get_float_to_f(object);
        check_after(slot, object);
        ink_quantize_element(&slot->tensor, slot->data, element, value);
        return;
    }
    mp_int_t value = mp_obj_get_int(object); // not by way of a float, which has fewer bits
    if ((int32_t)value != value) {
        inkling_raise_for_input(
            INKLING_VALUE_ERROR, slot->model, slot->index, ": a number that int32 cannot hold");
    }
    check_after(slot, object);
    ((int32_t *)slot->data)[element] = (int32_t)value;
}

// Stores `object`, nested as the tensor's dimensions from `axis` on; returns the next element's
// index.
static uint32_t set_nested(const slot_t *slot, mp_obj_t object, size_t axis, uint32_t element) {
    if (axis == slot->tensor.rank) {
        set_element(slot, element, object);
        return element + 1;
    }
    size_t expected = slot->tensor.dims[axis];
    for (size_t i = 0; i < expected; i++) {
        size_t length = 0;
        mp_obj_t *items = NULL;
        if (!inkling_open_sequence(object, &length, &items)) {
            inkling_raise_for_input(INKLING_TYPE_ERROR, slot->model, slot->index,
                ": a number where a list of %u belongs", (unsigned)expected);
        }
        if (length != expected) {
            raise_for(slot, "length of a nested list", length, expected);
        }
        element = set_nested(slot, items[i], axis + 1, element);
    }
    return element;
}

static void set_sequence(const slot_t *slot, mp_obj_t object) {
    size_t length;
    mp_obj_t *items;
    mp_obj_t inner = object;
    size_t depth = 0;
    while (depth <= INK_MAX_RANK && inkling_open_sequence(inner, &length, &items) && length != 0) {
        inner = items[0];
        depth++;
    }
    size_t rank = slot->tensor.rank;
    if (depth == 1 && rank != 1) {
        // flat
        for (uint32_t i = 0; i < slot->elements; i++) {
            inkling_open_sequence(object, &length, &items);
            if (length != slot->elements) {
                raise_for(slot, "length of the list", length, slot->elements);
            }
            set_element(slot, i, items[i]);
        }
        return;
    }
    // the first dimensions may be left out where they are 1
    size_t axis = depth < rank ? rank - depth : 0;
    for (size_t i = 0; i < axis; i++) {
        if (slot->tensor.dims[i] != 1) {
            axis = 0;
        }
    }
    if (depth != rank - axis) {
        raise_for(slot, "depth of the nested lists", depth, rank);
    }
    set_nested(slot, object, axis, 0);
}

// --- buffers

// 0 for an input that takes no pictures.
static void set_buffer(const slot_t *slot, mp_obj_t object) {
    mp_buffer_info_t buffer;
    if (!mp_get_buffer(object, &buffer, MP_BUFFER_READ)) {
        inkling_raise_for_input(INKLING_TYPE_ERROR, slot->model, slot->index,
            " is a %q; a buffer, nested lists or a picture with width() and height() are allowed",
            mp_obj_get_type(object)->name);
    }
    check_after(slot, object);
    char typecode = (char)buffer.typecode;
    if (typecode == 'b' || typecode == 'B' || typecode == BYTEARRAY_TYPECODE ||
        (INK_WIDE && typecode == 'i' && slot->tensor.dtype == INK_DTYPE_INT32)) {
        if (typecode != 'b' && slot->tensor.dtype == INK_DTYPE_INT8 &&
            slot->record.image_table != 0) {
            inkling_raise_for_input(INKLING_VALUE_ERROR, slot->model, slot->index,
                ": bytes 0 to 255: give the picture, or stored values as array('b')");
        }
        if (buffer.len != slot->tensor.size) {
            raise_for(slot, "bytes of stored values", buffer.len, slot->tensor.size);
        }
#ifndef INKLING_SMALL
        uintptr_t apart = (uintptr_t)buffer.buf - (uintptr_t)slot->data;
        if (apart + buffer.len >= 2 * buffer.len) {
            ink_copy_bytes(slot->data, buffer.buf, buffer.len);
            return;
        }
#endif
        memmove(slot->data, buffer.buf, buffer.len); // it may be the input itself
    } else if (typecode == 'f' || typecode == 'd') {
        size_t item = typecode == 'f' ? sizeof(float) : sizeof(double);
        if (buffer.len / item != slot->elements) {
            raise_for(slot, "number of floats", buffer.len / item, slot->elements);
        }
#ifndef INKLING_SMALL
        bool one_byte = ink_element_size(slot->tensor.dtype) == 1;
        if (typecode == 'f' && one_byte && (uintptr_t)buffer.buf % sizeof(float) == 0) {
            ink_quantize_f32(&slot->tensor, buffer.buf, slot->data, slot->elements);
            return;
        }
#endif
        for (uint32_t i = 0; i < slot->elements; i++) {
            const uint8_t *from = (const uint8_t *)buffer.buf + i * item;
            float value;
            if (typecode == 'f') {
                memcpy(&value, from, sizeof(value));
            } else {
#ifdef INKLING_SMALL
                // by an object, which is smaller; to make it may run a finaliser
                value = mp_obj_get_float_to_f(mp_binary_get_val_array('d', buffer.buf, i));
                inkling_check_model(slot->model);
                if (!mp_get_buffer(object, &buffer, MP_BUFFER_READ) ||
                    buffer.len / item != slot->elements) {
                    raise_for(slot, "number of floats", buffer.len / item, slot->elements);
                }
#else
                double wide;
                memcpy(&wide, from, sizeof(wide));
                value = (float)wide;
#endif
            }
            ink_quantize_element(&slot->tensor, slot->data, i, value);
        }
    } else {
        inkling_raise_for_input(INKLING_TYPE_ERROR, slot->model, slot->index,
            ": an array of type '%c'; 'b' and 'B' (stored values), 'f' and 'd' are allowed",
            typecode);
    }
}

// --- pictures

// x, y, width, height
#define REGION_NUMBERS 4

static bool side(mp_obj_t object, qstr name, mp_int_t *value) {
    mp_obj_t method[2];
    mp_load_method_maybe(object, name, method);
    if (method[0] == MP_OBJ_NULL) {
        return false;
    }
    *value = mp_obj_get_int(mp_call_method_n_kw(0, 0, method));
    return true;
}

// What extmod/modframebuf.c of MicroPython has in a FrameBuffer, which has no way to ask for it:
// this has been so since 2016, read up to 1.29.
typedef struct {
    mp_obj_base_t base;
    mp_obj_t buffer;
    void *pixels;
    uint16_t width, height, pitch; // pixels
    uint8_t format;
} framebuffer_t;

#define FRAMEBUFFER_RGB565 1
#define FRAMEBUFFER_GS8 6

// NULL where the object is none.
static const framebuffer_t *as_framebuffer(const slot_t *slot, mp_obj_t object) {
#ifdef INKLING_SMALL
    (void)slot;
    (void)object;
    return NULL;
#else
    const mp_obj_type_t *type = mp_obj_get_type(object);
    if (type->name != MP_QSTR_FrameBuffer) {
        return NULL;
    }
    mp_obj_t module = mp_import_name(MP_QSTR_framebuf, mp_const_none, MP_OBJ_NEW_SMALL_INT(0));
    mp_obj_t genuine = mp_load_attr(module, MP_QSTR_FrameBuffer);
    if (MP_OBJ_FROM_PTR(type) != genuine) {
        inkling_check_model(slot->model); // a module written in Python may have changed it
        return NULL;
    }
    return MP_OBJ_TO_PTR(object);
#endif
}

// Bits of what format() of OpenMV's pictures returns, from 4.5 to 5.0 (lib/imlib/imlib.h).
#define FORMAT_BAYER (1 << 24)
#define FORMAT_COMPRESSED (1 << 25)
#define FORMAT_YUV (1 << 28)

// Refuses a picture that says it is in a format whose bytes a pixel tell nothing.
static void check_format(const slot_t *slot, mp_obj_t object) {
    mp_obj_t method[2];
    mp_load_method_maybe(object, MP_QSTR_format, method);
    if (method[0] == MP_OBJ_NULL || method[1] == MP_OBJ_NULL) {
        return;
    }
    mp_obj_t answer = mp_call_method_n_kw(0, 0, method);
    mp_int_t format = mp_obj_is_small_int(answer) ? MP_OBJ_SMALL_INT_VALUE(answer) : 0;
    if (format & (FORMAT_BAYER | FORMAT_COMPRESSED | FORMAT_YUV)) {
        inkling_raise_for_input(INKLING_VALUE_ERROR, slot->model, slot->index,
            ": a YUV422, Bayer, JPEG or PNG picture: give its to_rgb565()");
    }
}

// Reads a region of a picture: a list or tuple, asked again for each number, as user code may have
// changed it.
static void read_region(const slot_t *slot, mp_obj_t region, mp_int_t width, mp_int_t height,
    mp_int_t given[REGION_NUMBERS]) {
    for (size_t i = 0; i < REGION_NUMBERS; i++) {
        size_t length = 0;
        mp_obj_t *items = NULL;
        if (!inkling_open_sequence(region, &length, &items) || length != REGION_NUMBERS) {
            inkling_raise_for_input(INKLING_TYPE_ERROR, slot->model, slot->index,
                ": a region is a tuple (x, y, width, height)");
        }
        given[i] = mp_obj_get_int(items[i]);
    }
    if (given[0] < 0 || given[1] < 0 || given[2] < 1 || given[3] < 1 || given[2] > width ||
        given[3] > height || given[0] > width - given[2] || given[1] > height - given[3]) {
        inkling_raise_for_input(INKLING_VALUE_ERROR, slot->model, slot->index,
            ": the region (%d, %d, %d, %d) is not inside the picture of %dx%d pixels",
            (int)given[0], (int)given[1], (int)given[2], (int)given[3], (int)width, (int)height);
    }
}

// Sets the input from a picture, or from its region where one is given. False where the object is
// no picture.
static bool set_picture(const slot_t *slot, mp_obj_t object, mp_obj_t region) {
    mp_int_t width;
    mp_int_t height;
    const framebuffer_t *framebuffer = as_framebuffer(slot, object);
    if (framebuffer != NULL) {
        width = framebuffer->width;
        height = framebuffer->height;
    } else if (!side(object, MP_QSTR_width, &width) || !side(object, MP_QSTR_height, &height)) {
        inkling_check_buffers(slot->model); // a width() without height() may have moved them
        return false;
    }
    const ink_tensor_t *tensor = &slot->tensor;
    const ink_io_t *record = &slot->record;
    if (record->image_table == 0 || tensor->dims[1] > INK_IMAGE_MAX_SIDE ||
        tensor->dims[2] > INK_IMAGE_MAX_SIDE) {
        inkling_raise_for_input(INKLING_TYPE_ERROR, slot->model, slot->index,
            " takes no pictures: give a buffer or nested lists");
    }
    if (width < 1 || height < 1 || width > INK_IMAGE_MAX_SIDE || height > INK_IMAGE_MAX_SIDE ||
        (uint32_t)(width * height) > INK_IMAGE_MAX_PIXELS) {
        inkling_raise_for_input(INKLING_VALUE_ERROR, slot->model, slot->index,
            ": a picture of %dx%d pixels; sides of 1 to %d and at most %u pixels are allowed",
            (int)width, (int)height, INK_IMAGE_MAX_SIDE, INK_IMAGE_MAX_PIXELS);
    }

    // before the buffers are asked for: user code that runs in here may move them
    check_format(slot, object);
    mp_int_t part[REGION_NUMBERS] = {0, 0, width, height};
    if (region != MP_OBJ_NULL) {
        read_region(slot, region, width, height, part);
    }
    mp_buffer_info_t pixels;
    if (!mp_get_buffer(object, &pixels, MP_BUFFER_READ)) {
        mp_obj_t method[2];
        mp_load_method(object, MP_QSTR_bytearray, method);
        mp_get_buffer_raise(mp_call_method_n_kw(0, 0, method), &pixels, MP_BUFFER_READ);
    }
    inkling_check_buffers(slot->model);
    size_t area = (size_t)(width * height);
    size_t pitch = (size_t)width;
    size_t format = pixels.len / area;
    if (framebuffer != NULL) {
        pitch = framebuffer->pitch;
        format = framebuffer->format == FRAMEBUFFER_RGB565 ? 2 : 1;
        if (format != 2 && framebuffer->format != FRAMEBUFFER_GS8) {
            inkling_raise_for_input(INKLING_VALUE_ERROR, slot->model, slot->index,
                ": a FrameBuffer of format %u; RGB565 and GS8 are allowed",
                (unsigned)framebuffer->format);
        }
        if (((size_t)(height - 1) * pitch + (size_t)width) * format > pixels.len) {
            raise_for(
                slot, "bytes of the FrameBuffer", pixels.len, pitch * (size_t)height * format);
        }
    } else if (format < 1 || format > 3 || format * area != pixels.len) {
        inkling_raise_for_input(INKLING_VALUE_ERROR, slot->model, slot->index,
            ": a picture of %dx%d pixels in %u bytes; 1 (grayscale), 2 (RGB565) or 3 (RGB888) "
            "bytes a pixel are allowed",
            (int)width, (int)height, (unsigned)pixels.len);
    }
    size_t first = ((size_t)part[1] * pitch + (size_t)part[0]) * format;
    ink_image_t image = {(const uint8_t *)pixels.buf + first, (uint32_t)part[2], (uint32_t)part[3],
        (uint32_t)pitch, (ink_image_format_t)format, (uint32_t)part[0], (uint32_t)part[1]};
    uint32_t size = ink_element_size(tensor->dtype);
    ink_image_input_t input = {tensor->dims[1], tensor->dims[2], tensor->dims[3], size,
        slot->model->model.blob + record->image_table,
        (record->image_flags & INK_IMAGE_CHANNEL_TABLES) != 0 ? 256 * size : 0,
        (record->image_flags & INK_IMAGE_BGR) != 0, record->image_flags};
    ink_image_to_tensor(&image, &input, slot->data);
    return true;
}

static slot_t slot_of(const inkling_model_t *self, size_t index, inkling_ways_t ways) {
    const ink_model_t *model = &self->model;
    inkling_check_model(self);
    slot_t slot;
    slot.model = self;
    slot.index = index;
    slot.tensor = *inkling_input_tensor(self, index);
    slot.record = model->inputs[index];
    slot.record.image_flags = (slot.record.image_flags & ways.kept) | ways.set;
    slot.elements = ink_tensor_elements(&slot.tensor);
    slot.data = ink_tensor_bytes(model, &slot.tensor);
    return slot;
}

bool inkling_set_inputs(inkling_model_t *self, mp_obj_t inputs, inkling_ways_t ways) {
    const size_t n_inputs = self->model.n_inputs;
    const uint32_t runs = inkling_begin(self);
    bool ran = false;
    size_t count = 1;
    mp_obj_t *items = &inputs;
    for (size_t i = 0; i < n_inputs; i++) {
        // asked again for each: user code may have changed it
        inkling_open_sequence(inputs, &count, &items);
        if (count != n_inputs) {
            inkling_raise(INKLING_VALUE_ERROR, inkling_name(self),
                "%u inputs given, the network takes %u: give a list with one entry an input",
                (unsigned)count, (unsigned)n_inputs);
        }
        mp_obj_t entry = items[i];
        const slot_t slot = slot_of(self, i, ways);
        size_t length;
        mp_obj_t *parts;
        ran = true;
        if (!inkling_open_sequence(entry, &length, &parts)) {
            if (!set_picture(&slot, entry, MP_OBJ_NULL)) {
                set_buffer(&slot, entry);
                ran = inkling_is_instance(entry);
            }
        } else if (length != 2 || !set_picture(&slot, parts[0], parts[1])) {
            set_sequence(&slot, entry);
        }
        inkling_check_alone(self, runs);
    }
    return ran;
}
