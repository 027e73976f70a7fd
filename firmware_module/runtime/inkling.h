// SPDX-License-Identifier: MIT
// The runtime's public interface: open a blob, give it an arena, run it.
// No allocation, no MicroPython.
#ifndef INKLING_H
#define INKLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ink_blob.h"
#include "ink_small.h"

// What can be wrong. ink_error_text() has a sentence for each; docs/errors.md has the cure.
typedef enum {
    INK_OK = 0,
    INK_ERROR_TOO_SHORT,     // fewer bytes than a header
    INK_ERROR_MAGIC,         // not a blob
    INK_ERROR_VERSION,       // a blob of another version
    INK_ERROR_SIZE,          // blob_size is not the size of the buffer
    INK_ERROR_CRC,           // damaged on the way
    INK_ERROR_TARGET,        // packed for a target this build does not know
    INK_ERROR_ALIGNMENT,     // the blob or the arena does not lie at a multiple of 4
    INK_ERROR_HEADER,        // a header field out of its range
    INK_ERROR_STRING,        // a string outside its part, unterminated or not UTF-8
    INK_ERROR_TENSOR,        // a tensor record's field out of its range
    INK_ERROR_TENSOR_RANGE,  // a tensor outside the arena or the blob
    INK_ERROR_IO,            // an input or output record out of its range
    INK_ERROR_OPERATOR,      // an operator record's field out of its range
    INK_ERROR_KERNEL,        // a kernel this build does not have
    INK_ERROR_PARAMETER,     // a parameter out of its range
    INK_ERROR_SHAPE,         // tensors whose shapes or types the kernel does not take
    INK_ERROR_DATA_RANGE,    // weights or a table outside the blob
    INK_ERROR_OVERLAP,       // output, scratch and inputs of one operator overlap, or two inputs
    INK_ERROR_ORDER,         // a tensor is read that nothing wrote, or that was written over
    INK_ERROR_SCRATCH,       // less scratch than the kernel asks for
    INK_ERROR_WORK,          // more work than INK_MAX_WORK
    INK_ERROR_ARENA_SIZE,    // the arena given is too small
    INK_ERROR_KERNEL_FAILED, // a kernel returned an error
    INK_ERROR_FRONT_END,     // a front end for sound out of its range
    INK_STATUS_COUNT
} ink_status_t;

// Where it is wrong, and what `allowed` means.
typedef enum {
    INK_PART_BLOB,
    INK_PART_HEADER,
    INK_PART_TENSOR,
    INK_PART_OPERATOR,
    INK_PART_INPUT,
    INK_PART_OUTPUT,
    INK_PART_LABEL
} ink_part_t;
typedef enum {
    INK_RULE_NONE, // `field` is a whole phrase or NULL, and no number counts
    INK_RULE_AT_LEAST,
    INK_RULE_AT_MOST,
    INK_RULE_EXACTLY,
    INK_RULE_MULTIPLE,   // of `allowed`
    INK_RULE_END_AT_MOST // `found` is where it ends
} ink_rule_t;

typedef struct {
    ink_status_t status;
    ink_part_t part;
    ink_rule_t rule;
    uint32_t index;    // of the tensor, operator, input, output or label
    uint32_t kernel;   // the operator's
    const char *field; // the record's field, as docs/blob-format.md names it
    int64_t found;
    int64_t allowed; // the nearest value allowed
} ink_error_t;

// An opened blob. Copy nothing into it by hand; ink_open() and ink_set_arena() fill it.
typedef struct {
    const uint8_t *blob;
    const ink_header_t *header;
    const ink_tensor_t *tensors;
    const ink_operator_t *operators;
    const ink_io_t *inputs;
    const ink_io_t *outputs;
    uint8_t *arena;
    // as they were verified: the blob's own words may have been written over since
    uint32_t blob_size, arena_size;
    uint16_t n_tensors, n_operators, n_inputs, n_outputs;
    uint32_t sums[2]; // of what steers a run, see ink_is_unchanged()
    uint32_t work;    // what one run costs, as docs/blob-format.md counts it; at most INK_MAX_WORK
    uint32_t state_size; // bytes at the arena's start that keep their values from run to run
} ink_model_t;

// Verifies `size` bytes at `blob` whole. On success `model` points into them: they must stay where
// they are, unchanged, as long as the model is used.
ink_status_t ink_open(ink_model_t *model, const void *blob, size_t size, ink_error_t *error);

// Whether what steers a run is as it was verified: header, records, parameters, and the tables
// whose entries the verifier looked at. That is all that memory accesses follow from; weights,
// labels and strings are not looked at again. Safe whatever the blob's bytes have become; a sum of
// 64 bits, no defence against who looks for a collision.
bool ink_is_unchanged(const ink_model_t *model);

// Whether `size` bytes begin like a blob that is to be copied to RAM. Nothing of it is verified.
bool ink_wants_ram(const void *blob, size_t size);

// Gives the model its RAM: header->arena_size bytes at a multiple of 4 (16 is better). Clears them
// and resets the states.
ink_status_t ink_set_arena(ink_model_t *model, void *arena, size_t size, ink_error_t *error);

// Lets the states begin anew.
void ink_reset(const ink_model_t *model);

// Runs one operator, or all in order. Inputs lie in the arena before, outputs after. Of `error` no
// more than the status is set where nothing went wrong.
ink_status_t ink_run_operator(const ink_model_t *model, uint32_t index, ink_error_t *error);
ink_status_t ink_run(const ink_model_t *model, ink_error_t *error);

// A tensor's bytes (in the arena or in the blob); a string, "" where its place or the strings' end
// has been written over.
void *ink_tensor_data(const ink_model_t *model, uint32_t index);
const char *ink_string(const ink_model_t *model, uint32_t string);

// An output's labels, each a string: one an element, or none.
uint32_t ink_n_labels(const ink_model_t *model, uint32_t output);
const uint32_t *ink_labels(const ink_model_t *model, uint32_t output);

// Names of a kernel ("conv_s8"; "?" for an unknown one), a target and a dtype.
const char *ink_kernel_name(uint32_t kernel);
const char *ink_target_name(uint32_t target);
const char *ink_dtype_name(uint32_t dtype);

// The sentence of a status, and the whole message of an error, cut to `size` bytes with its zero.
const char *ink_error_text(ink_status_t status);
void ink_error_message(const ink_error_t *error, char *text, size_t size);

#ifdef INKLING_SMALL
// A native module with little heap has numbers where its words would stand: what they stand for.
// Other words as they are. natmod/port.c.
const char *inkling_words(const char *number);
// In place of ink_error_message().
const char *inkling_message(const ink_error_t *error);
#endif

// The CRC-32 of zlib.
uint32_t ink_crc32(uint32_t crc, const void *data, size_t size);

// Whether a type that is known to be one has elements of 4 bytes; bytes an element; elements of a
// tensor.
static inline bool ink_is_wide(uint32_t dtype) {
    return INK_WIDE && dtype >= INK_DTYPE_FLOAT32;
}
#if INK_WIDE
uint32_t ink_element_size(uint32_t dtype);
#else
#define ink_element_size(dtype) 1u
#endif
uint32_t ink_tensor_elements(const ink_tensor_t *tensor);

// Element `index` of the tensor's bytes at `data` from a real value, as TensorFlow Lite's QUANTIZE
// has it: rounded half away from zero and saturated, NaN to the zero point.
void ink_quantize_element(const ink_tensor_t *tensor, void *data, uint32_t index, float value);

#endif
