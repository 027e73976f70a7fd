// SPDX-License-Identifier: MIT
// Words for what went wrong: where, what, the value found and the value allowed.
#include <string.h>

#include "ink_operators.h"

// A native module with little heap has its words in a file (small_words.py), which puts them
// together as ink_error_message() does.
#ifndef INKLING_SMALL
// Phrases by number, each with its zero: pointers to them would take 4 bytes more each.
// By ink_status_t:
static const char SENTENCES[] = "no error\0"
                                "too short to be a blob\0"
                                "not a blob: it does not begin with INKL "
                                "(host_tools pack-model makes one)\0"
                                "a blob of a version that this runtime does not read\0"
                                "cut off, or with bytes too many\0"
                                "damaged: the check sum does not fit\0"
                                "packed for a target that this runtime does not know\0"
                                "not at an address that is a multiple of 4\0"
                                "bad header\0"
                                "bad string\0"
                                "bad tensor record\0"
                                "tensor out of the arena or the blob\0"
                                "bad input or output record\0"
                                "bad operator record\0"
                                "kernel that this runtime does not have\0"
                                "parameter out of its range\0"
                                "tensors that the kernel does not take\0"
                                "data out of the blob\0"
                                "overlap in the arena\0"
                                "read of what is not there\0"
                                "too little scratch\0"
                                "too much work: it would look like a hang\0"
                                "arena too small\0"
                                "the kernel failed\0"
                                "bad front end\0";

// By ink_part_t:
static const char PARTS[] = "\0header\0tensor \0operator \0input \0output \0label \0";

static const char *phrase(const char *phrases, uint32_t index) {
    for (; index > 0; index--) {
        phrases += strlen(phrases) + 1;
    }
    return phrases;
}

typedef struct {
    char *at;
    size_t left; // without the final zero
} text_t;

static void put_char(text_t *text, char c) {
    if (text->left > 0) {
        *text->at++ = c;
        text->left--;
    }
}

static void put(text_t *text, const char *words) {
    while (*words != 0) {
        put_char(text, *words++);
    }
}

// In steps of 16 bits: 64-bit division would pull in a library.
static void put_number(text_t *text, int64_t number) {
    uint64_t rest = (uint64_t)number;
    if (number < 0) {
        put_char(text, '-');
        rest = 0 - rest;
    }
    char digits[21];
    char *first = &digits[sizeof(digits) - 1];
    *first = 0;
    do {
        uint64_t quotient = 0;
        uint32_t remainder = 0;
        for (int32_t shift = 48; shift >= 0; shift -= 16) {
            remainder = remainder << 16 | (uint32_t)(rest >> shift & 0xffff);
            quotient = quotient << 16 | remainder / 10;
            remainder %= 10;
        }
        *--first = (char)('0' + remainder);
        rest = quotient;
    } while (rest != 0);
    put(text, first);
}

static void put_place(text_t *text, const ink_error_t *error) {
    if (error->part == INK_PART_BLOB) {
        return;
    }
    put(text, phrase(PARTS, error->part));
    if (error->part != INK_PART_HEADER) {
        put_number(text, error->index);
    }
    if (error->part == INK_PART_OPERATOR) {
        const ink_kernel_t *kernel = ink_find_kernel(error->kernel);
        put(text, " (");
        if (kernel == NULL) {
            put(text, "kernel ");
            put_number(text, error->kernel);
        } else {
            put(text, kernel->name);
        }
        put(text, ")");
    }
    put(text, ": ");
}

const char *ink_error_text(ink_status_t status) {
    return phrase(SENTENCES, status);
}

void ink_error_message(const ink_error_t *error, char *text, size_t size) {
    if (size == 0) {
        return;
    }
    text_t out = {text, size - 1};
    put_place(&out, error);
    put(&out, ink_error_text(error->status));
    if (error->field != NULL) {
        put(&out, ": ");
        put(&out, error->field);
    }
    if (error->rule != INK_RULE_NONE) {
        put(&out, error->rule == INK_RULE_END_AT_MOST ? " ends at " : " is ");
        put_number(&out, error->found);
        put(&out, ", allowed ");
        if (error->rule == INK_RULE_MULTIPLE) {
            put(&out, "a multiple of ");
        } else if (error->rule == INK_RULE_AT_MOST || error->rule == INK_RULE_END_AT_MOST) {
            put(&out, "at most ");
        }
        put_number(&out, error->allowed);
        put(&out, error->rule == INK_RULE_AT_LEAST ? " or more" : "");
    }
    *out.at = 0;
}

#endif

const char *ink_kernel_name(uint32_t kernel) {
    const ink_kernel_t *found = ink_find_kernel(kernel);
    return found == NULL ? "?" : found->name;
}

const char *ink_target_name(uint32_t target) {
    return target == INK_TARGET_PORTABLE    ? "portable"
           : target == INK_TARGET_CORTEX_M7 ? "cortex-m7"
                                            : "?";
}

const char *ink_dtype_name(uint32_t dtype) {
    return dtype == INK_DTYPE_INT8      ? "int8"
           : dtype == INK_DTYPE_UINT8   ? "uint8"
           : dtype == INK_DTYPE_FLOAT32 ? "float32"
           : dtype == INK_DTYPE_INT32   ? "int32"
                                        : "?";
}
