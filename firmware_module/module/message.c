// SPDX-License-Identifier: MIT
// Exceptions with formatted texts, made the same way in firmware and in native modules.
#include <stdarg.h>
#include <string.h>

#include "inkling_binding.h"

#define NO_INPUT (-1)

void inkling_append(void *data, const char *text, size_t length) {
    inkling_text_t *message = data;
    size_t room = sizeof(message->text) - message->length;
    length = length < room ? length : room;
    memcpy(message->text + message->length, text, length);
    message->length += length;
}

static const mp_obj_type_t *type_of(inkling_exception_t exception) {
    switch (exception) {
    case INKLING_TYPE_ERROR:
        return &mp_type_TypeError;
    case INKLING_INDEX_ERROR:
        return &mp_type_IndexError;
    case INKLING_MEMORY_ERROR:
        return &mp_type_MemoryError;
    case INKLING_RUNTIME_ERROR:
        return &mp_type_RuntimeError;
    default:
        return &mp_type_ValueError;
    }
}

static NORETURN void raise(inkling_exception_t exception, const char *name, int input,
    const char *format, va_list arguments) {
    inkling_text_t message;
    message.length = 0;
    mp_print_t print = {&message, inkling_append};
    if (name != NULL) {
        mp_printf(&print, "%s: ", name);
    }
    if (input != NO_INPUT) {
        mp_printf(&print, "input %d", input);
    }
#ifdef INKLING_SMALL
    format = inkling_words(format);
#endif
    mp_vprintf(&print, format, arguments);
    mp_raise_type_arg(type_of(exception), mp_obj_new_str(message.text, message.length));
}

void inkling_raise(inkling_exception_t exception, const char *name, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    raise(exception, name, NO_INPUT, format, arguments);
}

void inkling_raise_for_input(inkling_exception_t exception, const inkling_model_t *model,
    size_t index, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    raise(exception, inkling_name(model), (int)index, format, arguments);
}

void inkling_raise_error(
    inkling_exception_t exception, const char *name, const ink_error_t *error) {
#ifdef INKLING_SMALL
    const char *message = inkling_message(error);
#else
    char message[160];
    ink_error_message(error, message, sizeof(message));
#endif
    inkling_raise(exception, name, "%s", message);
}

mp_obj_t inkling_new_string(const char *text) {
    return mp_obj_new_str(text, strlen(text));
}
