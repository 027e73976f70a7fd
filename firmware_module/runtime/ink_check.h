// SPDX-License-Identifier: MIT
// What the verifier and the operators' own checks share. A check returns whether all is well; the
// first that fails fills the error in, and its caller passes `false` on.
#ifndef INK_CHECK_H
#define INK_CHECK_H

#include "ink_call.h"

#define INK_NO_SLIDE INT32_MAX

#define INK_RATES 4

// A verification under way. `part`, `index` and `kernel` say what is looked at.
typedef struct {
    const ink_model_t *model;
    ink_error_t *error;
    ink_part_t part;
    uint32_t index;
    uint32_t kernel;
    ink_call_t call;  // the operator's
    uint32_t scratch; // bytes that its kernel asks for
    int32_t slide;    // by how many bytes its output must start before input 0 to overlap it
    int32_t step;     // these bytes must be a multiple of
    uint32_t taps;    // of all windows, that lie in input 0
    union {           // how often what its kernel's rates are of comes
        struct {
            uint32_t steps, outputs, rows, calls;
        };
        uint32_t counts[INK_RATES];
    };
    uint32_t work;   // of the operators up to here
    uint32_t looked; // bytes of tables and records that the operators' checks looked at
} ink_check_t;

// Parameters are i32 fields in a row: each must lie in min..max, which are small numbers, powers of
// two, or one less (INK_FIELD), so that they take less room.
typedef struct {
    const char *name;
    int16_t min, max;
} ink_field_t;

#define INK_FIELD(name, min, max) {name, INK_BOUND(min), INK_BOUND(max)}
#define INK_BOUND(value)                                                                           \
    ((int64_t)(value) >= -INK_POWER && (int64_t)(value) < INK_POWER ? (int16_t)(value)             \
                                                                    : INK_CODE((uint32_t)(value)))
// other values divide by 0, which is no constant
#define INK_CODE(value)                                                                            \
    (int16_t)(((value) & ((value) - 1)) == 0 ? INK_POWER + __builtin_ctz(value)                    \
                                             : (INK_POWER + 32 + __builtin_ctz((value) + 1)) /     \
                                                   (((value) & ((value) + 1)) == 0))
#define INK_POWER 0x4000

// A field of a record of the blob, 1, 2 or 4 bytes: it must lie in min..max, or has this status.
typedef struct {
    const char *name;
    uint32_t max;
    uint8_t min, offset, size, status;
} ink_record_field_t;

#define INK_RECORD_FIELD(status, type, field, min, max)                                            \
    {#field, max, min, offsetof(type, field), sizeof(((const type *)0)->field), status}

// At most UINT32_MAX, which is more than any block or tensor has, and more work than allowed.
uint32_t ink_product(uint32_t a, uint32_t b);
uint32_t ink_sum(uint32_t a, uint32_t b);

// Fills the error in and returns false. The second takes a whole phrase.
bool ink_refuse(ink_check_t *check, ink_status_t status, const char *field, int64_t found,
    ink_rule_t rule, int64_t allowed);
bool ink_refuse_plainly(ink_check_t *check, ink_status_t status, const char *phrase);

bool ink_check_between(ink_check_t *check, ink_status_t status, const char *field, int64_t found,
    int64_t min, int64_t max);
bool ink_check_equal(
    ink_check_t *check, ink_status_t status, const char *field, int64_t found, int64_t allowed);
// The same of unsigned words: their calls take less code.
bool ink_check_word(ink_check_t *check, ink_status_t status, const char *field, uint32_t found,
    uint32_t min, uint32_t max);
bool ink_check_same(
    ink_check_t *check, ink_status_t status, const char *field, uint32_t found, uint32_t allowed);
// A parameter; a word of the tensors' shapes or types.
bool ink_check_parameter(
    ink_check_t *check, const char *field, int32_t found, int32_t min, int32_t max);
bool ink_check_parameter_is(ink_check_t *check, const char *field, int32_t found, int32_t allowed);
bool ink_check_shape(ink_check_t *check, const char *field, uint32_t found, uint32_t allowed);
bool ink_check_multiple(ink_check_t *check, ink_status_t status, const char *field, uint32_t found,
    uint32_t power_of_two);
// Whether `size` bytes from `offset` end at `end` or before.
bool ink_check_end(ink_check_t *check, ink_status_t status, const char *field, uint32_t offset,
    uint32_t size, uint32_t end);

// Whether `size` bytes from `offset` lie within the blob behind the header, at a multiple of
// `alignment`.
bool ink_check_range(ink_check_t *check, ink_status_t status, const char *field, uint32_t offset,
    uint32_t size, uint32_t alignment);

// The fields of the record at `record`, as many as there are.
bool ink_check_record(
    ink_check_t *check, const ink_record_field_t *fields, uint32_t count, const void *record);

// --- for the operators ---

// The parameters, as many as there are fields.
bool ink_check_fields(ink_check_t *check, const ink_field_t *fields, uint32_t count);
bool ink_check_activation(ink_check_t *check, int32_t act_min, int32_t act_max);
// 0, or 2^30 and more.
bool ink_check_multiplier(ink_check_t *check, const char *field, int32_t multiplier);
// `offset` must be minus the zero point of an input (or of weights), and the output's zero point.
bool ink_check_input_offset(
    ink_check_t *check, const char *field, int32_t offset, const ink_tensor_t *tensor);
bool ink_check_output_offset(ink_check_t *check, int32_t offset);
bool ink_check_output_zero_point(ink_check_t *check, int32_t allowed);
// A data block of `count` elements of `element_size` bytes.
bool ink_check_data(
    ink_check_t *check, const char *field, uint32_t offset, uint32_t count, uint32_t element_size);
// Data blocks of `count` multipliers and shifts.
bool ink_check_requantization(
    ink_check_t *check, uint32_t multiplier, uint32_t shift, uint32_t count);
// Types, ranks and sizes of inputs and output.
bool ink_check_s8(ink_check_t *check);
bool ink_check_same_size(ink_check_t *check);
// Input 0 in rows of `depth` elements, the output in as many of `units`.
bool ink_check_rows(ink_check_t *check, uint32_t depth, uint32_t units);
bool ink_check_images(ink_check_t *check);

#endif
