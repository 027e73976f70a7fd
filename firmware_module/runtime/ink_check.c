// SPDX-License-Identifier: MIT
// The checks that verifier and operators share: ranges, data blocks, quantization, types.
#include "ink_check.h"

#include <string.h>

uint32_t ink_product(uint32_t a, uint32_t b) {
    uint64_t product = (uint64_t)a * b;
    return product < UINT32_MAX ? (uint32_t)product : UINT32_MAX;
}

uint32_t ink_sum(uint32_t a, uint32_t b) {
    return a + b < a ? UINT32_MAX : a + b;
}

bool ink_refuse(ink_check_t *check, ink_status_t status, const char *field, int64_t found,
    ink_rule_t rule, int64_t allowed) {
    ink_error_t *error = check->error;
    error->status = status;
    error->part = check->part;
    error->index = check->index;
    error->kernel = check->kernel;
    error->field = field;
    error->found = found;
    error->rule = rule;
    error->allowed = allowed;
    return false;
}

bool ink_refuse_plainly(ink_check_t *check, ink_status_t status, const char *phrase) {
    return ink_refuse(check, status, phrase, 0, INK_RULE_NONE, 0);
}

bool ink_check_between(ink_check_t *check, ink_status_t status, const char *field, int64_t found,
    int64_t min, int64_t max) {
    if (found < min) {
        return ink_refuse(check, status, field, found, INK_RULE_AT_LEAST, min);
    }
    if (found > max) {
        return ink_refuse(check, status, field, found, INK_RULE_AT_MOST, max);
    }
    return true;
}

bool ink_check_equal(
    ink_check_t *check, ink_status_t status, const char *field, int64_t found, int64_t allowed) {
    return found == allowed || ink_refuse(check, status, field, found, INK_RULE_EXACTLY, allowed);
}

bool ink_check_word(ink_check_t *check, ink_status_t status, const char *field, uint32_t found,
    uint32_t min, uint32_t max) {
    return ink_check_between(check, status, field, found, min, max);
}

bool ink_check_same(
    ink_check_t *check, ink_status_t status, const char *field, uint32_t found, uint32_t allowed) {
    return ink_check_equal(check, status, field, found, allowed);
}

bool ink_check_parameter(
    ink_check_t *check, const char *field, int32_t found, int32_t min, int32_t max) {
    return ink_check_between(check, INK_ERROR_PARAMETER, field, found, min, max);
}

bool ink_check_parameter_is(ink_check_t *check, const char *field, int32_t found, int32_t allowed) {
    return ink_check_equal(check, INK_ERROR_PARAMETER, field, found, allowed);
}

bool ink_check_shape(ink_check_t *check, const char *field, uint32_t found, uint32_t allowed) {
    return ink_check_same(check, INK_ERROR_SHAPE, field, found, allowed);
}

bool ink_check_multiple(ink_check_t *check, ink_status_t status, const char *field, uint32_t found,
    uint32_t power_of_two) {
    return (found & (power_of_two - 1)) == 0 ||
           ink_refuse(check, status, field, found, INK_RULE_MULTIPLE, power_of_two);
}

bool ink_check_end(ink_check_t *check, ink_status_t status, const char *field, uint32_t offset,
    uint32_t size, uint32_t end) {
    int64_t found = (int64_t)offset + size;
    return found <= (int64_t)end ||
           ink_refuse(check, status, field, found, INK_RULE_END_AT_MOST, end);
}

bool ink_check_range(ink_check_t *check, ink_status_t status, const char *field, uint32_t offset,
    uint32_t size, uint32_t alignment) {
    return ink_check_multiple(check, status, field, offset, alignment) &&
           ink_check_between(check, status, field, offset, sizeof(ink_header_t), UINT32_MAX) &&
           ink_check_end(check, status, field, offset, size, check->model->header->blob_size);
}

bool ink_check_record(
    ink_check_t *check, const ink_record_field_t *fields, uint32_t count, const void *record) {
    for (const ink_record_field_t *field = fields; field < fields + count; field++) {
        uint32_t found = 0;
        memcpy(&found, (const uint8_t *)record + field->offset, field->size); // little-endian
        ink_rule_t rule = field->min == field->max ? INK_RULE_EXACTLY
                          : found < field->min     ? INK_RULE_AT_LEAST
                                                   : INK_RULE_AT_MOST;
        if (found < field->min || found > field->max) {
            return ink_refuse(check, field->status, field->name, found, rule,
                rule == INK_RULE_AT_LEAST ? field->min : field->max);
        }
    }
    return true;
}

static int32_t bound(int32_t code) {
    const uint32_t power = 1u << (code & 31);
    return code < INK_POWER ? code : (int32_t)(power - ((uint32_t)code >> 5 & 1));
}

bool ink_check_fields(ink_check_t *check, const ink_field_t *fields, uint32_t count) {
    const int32_t *values = check->call.params;
    for (uint32_t i = 0; i < count; i++) {
        if (!ink_check_parameter(
                check, fields[i].name, values[i], bound(fields[i].min), bound(fields[i].max))) {
            return false;
        }
    }
    return true;
}

bool ink_check_activation(ink_check_t *check, int32_t act_min, int32_t act_max) {
    return ink_check_parameter(check, "act_min", act_min, -128, 127) &&
           ink_check_parameter(check, "act_max", act_max, act_min, 127);
}

bool ink_check_multiplier(ink_check_t *check, const char *field, int32_t multiplier) {
    return multiplier == 0 || ink_check_parameter(check, field, multiplier, 1 << 30, INT32_MAX);
}

bool ink_check_input_offset(
    ink_check_t *check, const char *field, int32_t offset, const ink_tensor_t *tensor) {
    return ink_check_parameter_is(check, field, offset, -tensor->zero_point);
}

bool ink_check_output_offset(ink_check_t *check, int32_t offset) {
    return ink_check_parameter_is(check, "output_offset", offset, check->call.output->zero_point);
}

bool ink_check_output_zero_point(ink_check_t *check, int32_t allowed) {
    return ink_check_equal(
        check, INK_ERROR_SHAPE, "the output's zero_point", check->call.output->zero_point, allowed);
}

bool ink_check_data(
    ink_check_t *check, const char *field, uint32_t offset, uint32_t count, uint32_t element_size) {
    return ink_check_range(
        check, INK_ERROR_DATA_RANGE, field, offset, ink_product(count, element_size), 16);
}

bool ink_check_requantization(
    ink_check_t *check, uint32_t multiplier, uint32_t shift, uint32_t count) {
    if (!ink_check_data(check, "multiplier", multiplier, count, 4) ||
        !ink_check_data(check, "shift", shift, count, 4)) {
        return false;
    }
    const int32_t *multipliers = (const int32_t *)(check->model->blob + multiplier);
    const int32_t *shifts = (const int32_t *)(check->model->blob + shift);
    for (uint32_t i = 0; i < count; i++) {
        if (!ink_check_multiplier(check, "multiplier's entry", multipliers[i]) ||
            !ink_check_parameter(check, "shift's entry", shifts[i], -31, 30)) {
            return false;
        }
    }
    return true;
}

bool ink_check_s8(ink_check_t *check) {
    const ink_call_t *call = &check->call;
    const ink_tensor_t *second = ink_call_input1(call);
    return ink_check_shape(check, "input 0's dtype", call->input0->dtype, INK_DTYPE_INT8) &&
           (second == NULL ||
               ink_check_shape(check, "input 1's dtype", second->dtype, INK_DTYPE_INT8)) &&
           ink_check_shape(check, "the output's dtype", call->output->dtype, INK_DTYPE_INT8);
}

bool ink_check_same_size(ink_check_t *check) {
    const ink_call_t *call = &check->call;
    const ink_tensor_t *second = ink_call_input1(call);
    uint32_t elements = ink_tensor_elements(call->output);
    return ink_check_shape(check, "input 0's number of elements", ink_tensor_elements(call->input0),
               elements) &&
           (second == NULL || ink_check_shape(check, "input 1's number of elements",
                                  ink_tensor_elements(second), elements));
}

bool ink_check_rows(ink_check_t *check, uint32_t depth, uint32_t units) {
    uint32_t elements = ink_tensor_elements(check->call.input0);
    uint32_t rows = elements / depth;
    check->rows = rows;
    return ink_check_shape(check, "input 0's number of elements", elements, rows * depth) &&
           ink_check_shape(check, "the output's number of elements",
               ink_tensor_elements(check->call.output), ink_product(rows, units));
}

bool ink_check_images(ink_check_t *check) {
    const ink_tensor_t *input = check->call.input0;
    const ink_tensor_t *output = check->call.output;
    return ink_check_s8(check) && ink_check_shape(check, "input 0's rank", input->rank, 4) &&
           ink_check_shape(check, "the output's rank", output->rank, 4) &&
           ink_check_shape(check, "the output's batch", output->dims[0], input->dims[0]);
}
