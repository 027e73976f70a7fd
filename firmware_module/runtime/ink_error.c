// SPDX-License-Identifier: MIT
// Words for what went wrong: where, what, the value found and the value allowed.
#include "ink_operators.h"

static const char *const SENTENCES[INK_STATUS_COUNT] = {
    [INK_OK] = "no error",
    [INK_ERROR_TOO_SHORT] = "too short to be a blob",
    [INK_ERROR_MAGIC] = "not a blob: it does not begin with INKL",
    [INK_ERROR_VERSION] = "a blob of a version that this runtime does not read",
    [INK_ERROR_SIZE] = "cut off, or with bytes too many",
    [INK_ERROR_CRC] = "damaged: the check sum does not fit",
    [INK_ERROR_TARGET] = "packed for a target that this runtime does not know",
    [INK_ERROR_ALIGNMENT] = "not at an address that is a multiple of 4",
    [INK_ERROR_HEADER] = "bad header",
    [INK_ERROR_STRING] = "bad string",
    [INK_ERROR_TENSOR] = "bad tensor record",
    [INK_ERROR_TENSOR_RANGE] = "tensor out of the arena or the blob",
    [INK_ERROR_IO] = "bad input or output record",
    [INK_ERROR_OPERATOR] = "bad operator record",
    [INK_ERROR_KERNEL] = "kernel that this runtime does not have",
    [INK_ERROR_PARAMETER] = "parameter out of its range",
    [INK_ERROR_SHAPE] = "tensors that the kernel does not take",
    [INK_ERROR_DATA_RANGE] = "data out of the blob",
    [INK_ERROR_OVERLAP] = "overlap in the arena",
    [INK_ERROR_ORDER] = "read of what is not there",
    [INK_ERROR_SCRATCH] = "too little scratch",
    [INK_ERROR_WORK] = "too much work: it would look like a hang",
    [INK_ERROR_ARENA_SIZE] = "arena too small",
    [INK_ERROR_KERNEL_FAILED] = "the kernel failed",
};

static const char *const PARTS[] = {
    [INK_PART_BLOB] = NULL,
    [INK_PART_HEADER] = "header",
    [INK_PART_TENSOR] = "tensor ",
    [INK_PART_OPERATOR] = "operator ",
    [INK_PART_INPUT] = "input ",
    [INK_PART_OUTPUT] = "output ",
    [INK_PART_LABEL] = "label ",
};

static const char *const BEFORE_ALLOWED[] = {
    [INK_RULE_NONE] = NULL,
    [INK_RULE_AT_LEAST] = ", allowed ",
    [INK_RULE_AT_MOST] = ", allowed at most ",
    [INK_RULE_EXACTLY] = ", allowed ",
    [INK_RULE_MULTIPLE] = ", allowed a multiple of ",
    [INK_RULE_END_AT_MOST] = ", allowed at most ",
};

static const uint64_t POWERS_OF_TEN[] = {10000000000000000000u, 1000000000000000000u,
    100000000000000000u, 10000000000000000u, 1000000000000000u, 100000000000000u, 10000000000000u,
    1000000000000u, 100000000000u, 10000000000u, 1000000000u, 100000000u, 10000000u, 1000000u,
    100000u, 10000u, 1000u, 100u, 10u, 1u};

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

// By subtraction: 64-bit division would pull in a library.
static void put_number(text_t *text, int64_t number) {
    uint64_t rest = (uint64_t)number;
    if (number < 0) {
        put_char(text, '-');
        rest = 0 - rest;
    }
    bool begun = false;
    for (size_t i = 0; i < sizeof(POWERS_OF_TEN) / sizeof(POWERS_OF_TEN[0]); i++) {
        char digit = '0';
        while (rest >= POWERS_OF_TEN[i]) {
            rest -= POWERS_OF_TEN[i];
            digit++;
        }
        begun = begun || digit != '0' || POWERS_OF_TEN[i] == 1;
        if (begun) {
            put_char(text, digit);
        }
    }
}

static void put_place(text_t *text, const ink_error_t *error) {
    if (error->part == INK_PART_BLOB) {
        return;
    }
    put(text, PARTS[error->part]);
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
    return (uint32_t)status < INK_STATUS_COUNT ? SENTENCES[status] : "unknown error";
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
        put(&out, BEFORE_ALLOWED[error->rule]);
        put_number(&out, error->allowed);
        put(&out, error->rule == INK_RULE_AT_LEAST ? " or more" : "");
    }
    *out.at = 0;
}

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
