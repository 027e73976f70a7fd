// SPDX-License-Identifier: MIT
// fully_connected_packed_s8: rows times weights packed two units a halfword.
#include "ink_operators.h"
#include "operators/ink_op_packed_convolution.h"

// Bytes of a requantization (the head is one), of a block's biases, of a pair's.
#define REQUANTIZATION 8

static ink_packed_fully_connected_t layer(const ink_call_t *call) {
    const ink_packed_fully_connected_params_t *p = call->params;
    ink_packed_fully_connected_t layer = {
        .rows = (int32_t)(call->output->size / (uint32_t)p->units), // of int8
        .depth = p->depth,
        .units = p->units,
        .blocks = p->blocks,
        .output_zero = call->output->zero_point,
        .act_min = p->act_min,
        .act_max = p->act_max,
    };
    return layer;
}

static bool verify(ink_check_t *check) {
    static const ink_field_t FIELDS[] = {
        INK_FIELD("depth", 1, INK_MAX_ARENA),
        INK_FIELD("units", 1, INK_MAX_ARENA),
    };
    const ink_packed_fully_connected_params_t *p = check->call.params;
    if (!ink_check_fields(check, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0])) ||
        !ink_check_parameter(check, "blocks", p->blocks, 0, p->units / 4) || !ink_check_s8(check) ||
        !ink_check_activation(check, p->act_min, p->act_max)) {
        return false;
    }
    if (!ink_check_rows(check, (uint32_t)p->depth, (uint32_t)p->units)) {
        return false;
    }
    // biases of a block, biases and requantizations of a pair take as much as one and three
    uint32_t fours = ink_fours((uint32_t)p->depth);
    uint32_t block = ink_product(fours + 1, 16);
    uint32_t pair = ink_product(fours + 3, 8);
    uint32_t pairs = ((uint32_t)p->units - 4 * (uint32_t)p->blocks + 1) / 2;
    uint32_t size = ink_sum(ink_product((uint32_t)p->blocks, block), ink_product(pairs, pair));
    size = ink_sum(size, REQUANTIZATION);
    check->steps = ink_product(ink_tensor_elements(check->call.output), (uint32_t)p->depth);
    if (!ink_check_data(check, "weights", p->weights, size, 1)) {
        return false;
    }
    ink_packed_fully_connected_t fully_connected = layer(&check->call);
    check->scratch = (uint32_t)ink_fully_connected_packed_s8_scratch(&fully_connected);
    // a row is widened into scratch before its units are written
    check->slide = p->units > p->depth
                       ? (int32_t)check->call.output->size - (int32_t)check->call.input0->size -
                             (p->units - p->depth)
                       : 0;
    return true;
}

static bool run(const ink_call_t *call) {
    const ink_packed_fully_connected_params_t *p = call->params;
    ink_packed_fully_connected_t fully_connected = layer(call);
    ink_fully_connected_packed_s8(&fully_connected, ink_input0(call), ink_data(call, p->weights),
        ink_output(call), ink_scratch(call));
    return true;
}

const ink_kernel_t ink_op_fully_connected_packed_s8 = {
    .name = "fully_connected_packed_s8",
    .rates = {10, 37, 53, 110},
    .params_size = sizeof(ink_packed_fully_connected_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};
