// SPDX-License-Identifier: MIT
// Exceptions with formatted texts, made the same way in firmware and in native modules.
#include <stdarg.h>
#include <string.h>

#include "inkling_binding.h"

typedef struct {
    size_t length;
    char text[256];
} message_t;

static void append(void *data, const char *text, size_t length) {
    message_t *message = data;
    size_t room = sizeof(message->text) - message->length;
    length = length < room ? length : room;
    memcpy(message->text + message->length, text, length);
    message->length += length;
}

void inkling_raise(const mp_obj_type_t *type, const char *format, ...) {
    message_t message;
    message.length = 0;
    mp_print_t print = {&message, append};
    va_list arguments;
    va_start(arguments, format);
    mp_vprintf(&print, format, arguments);
    va_end(arguments);
    mp_raise_type_arg(type, mp_obj_new_str(message.text, message.length));
}

mp_obj_t inkling_new_string(const char *text) {
    return mp_obj_new_str(text, strlen(text));
}
