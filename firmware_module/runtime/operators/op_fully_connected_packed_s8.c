// SPDX-License-Identifier: MIT
// fully_connected_packed_s8: rows times weights packed two units a halfword.
#include "ink_operators.h"
#include "operators/ink_op_packed_convolution.h"

// Bytes of a requantization (the head is one), of a block's biases, of a pair's.
#define BLOCK_BIASES 16
#define PAIR_BIASES 8
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
    uint64_t taps = ((uint64_t)p->depth + 3) & ~(uint64_t)3;
    uint64_t block = BLOCK_BIASES + 4 * taps;
    uint64_t pair = PAIR_BIASES + 2 * taps + 2 * REQUANTIZATION;
    uint64_t pairs = ((uint64_t)p->units - 4 * (uint64_t)p->blocks + 1) / 2;
    uint64_t size =
        REQUANTIZATION + ink_product((uint32_t)p->blocks, block) + ink_product(pairs, pair);
    check->work = ink_product(ink_tensor_elements(check->call.output), (uint32_t)p->depth);
    if (!ink_check_data(check, "weights", p->weights, size, 1)) {
        return false;
    }
    ink_packed_fully_connected_t fully_connected = layer(&check->call);
    check->scratch = (int64_t)ink_fully_connected_packed_s8_scratch(&fully_connected);
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
    .params_size = sizeof(ink_packed_fully_connected_params_t),
    .n_inputs = 1,
    .verify = verify,
    .run = run,
};
