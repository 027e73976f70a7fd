// SPDX-License-Identifier: MIT
// Verifies the operators: their records, what they read and write, and, by the table of operators,
// their parameters. Tensors are verified already (ink_verify.c).
#include "ink_operators.h"
#include "ink_rest.h"
#include "ink_verify.h"

static bool check_index(ink_check_t *check, const char *field, uint32_t tensor) {
    return ink_check_word(
        check, INK_ERROR_OPERATOR, field, tensor, 0, check->model->header->n_tensors - 1);
}

// Fills check->call in.
static bool verify_record(
    ink_check_t *check, const ink_operator_t *op, const ink_kernel_t *kernel) {
    const ink_model_t *model = check->model;
    const ink_status_t bad = INK_ERROR_OPERATOR;
    const bool two = INK_TWO_INPUTS && kernel->n_inputs == 2;
    if (!ink_check_same(check, bad, "reserved", op->reserved, 0) ||
        !check_index(check, "input0", op->input0) || !check_index(check, "output", op->output) ||
        !(two ? check_index(check, "input1", op->input1)
              : ink_check_same(check, bad, "input1", op->input1, INK_NO_TENSOR))) {
        return false;
    }
    check->call.model = model;
    check->call.record = op;
    check->call.input0 = &model->tensors[op->input0];
    check->call.input1 = two ? &model->tensors[op->input1] : NULL;
    check->call.output = &model->tensors[op->output];
    if (check->call.output->place == INK_PLACE_BLOB) {
        return ink_refuse_plainly(check, bad, "the output is a constant");
    }
    if (!ink_check_string(check, "name", op->name) ||
        !ink_check_same(check, bad, "params_size", op->params_size, kernel->params_size) ||
        !ink_check_range(check, bad, "params_offset", op->params_offset, op->params_size, 4) ||
        !ink_check_multiple(check, bad, "scratch_offset", op->scratch_offset, 16) ||
        !ink_check_end(check, bad, "scratch", op->scratch_offset, op->scratch_size,
            model->header->arena_size) ||
        (INK_STATES && op->scratch_size != 0 &&
            !ink_check_word(check, INK_ERROR_OVERLAP, "scratch_offset", op->scratch_offset,
                model->state_size, UINT32_MAX))) {
        return false;
    }
    check->call.params = model->blob + op->params_offset;
    return true;
}

// Whether a tensor's bytes are those of the arena from `offset`. A constant's never are.
static bool touches(const ink_tensor_t *tensor, uint32_t offset, uint32_t size) {
    return tensor != NULL && tensor->place != INK_PLACE_BLOB && size != 0 &&
           ink_overlap(tensor->offset, tensor->size, offset, size);
}

static bool verify_overlaps(ink_check_t *check, bool in_place) {
    const ink_call_t *call = &check->call;
    const ink_tensor_t *output = call->output;
    int32_t before = (int32_t)(call->input0->offset - output->offset);
    bool at_input0 = call->input0->place != INK_PLACE_BLOB &&
                     ((before >= check->slide && before % check->step == 0) ||
                         (in_place && before == 0 && call->input0->size == output->size));
    const char *what = NULL;
    if (touches(call->input0, output->offset, output->size) && !at_input0) {
        what = "the output and input 0";
    } else if (touches(ink_call_input1(call), output->offset, output->size)) {
        what = "the output and input 1";
    } else if (touches(output, call->record->scratch_offset, call->record->scratch_size)) {
        what = "scratch and the output";
    } else if (touches(call->input0, call->record->scratch_offset, call->record->scratch_size)) {
        what = "scratch and input 0";
    } else if (touches(ink_call_input1(call), call->record->scratch_offset,
                   call->record->scratch_size)) {
        what = "scratch and input 1";
    }
    return what == NULL || ink_refuse_plainly(check, INK_ERROR_OVERLAP, what);
}

// What is looked at is at most so many times the blob: each operator may look at the same tables,
// and back at all operators before it, which are taken to be so many bytes each.
#define MOST_LOOKED 8
#define LOOK 8

// Whether a tensor's bytes, before operator `time`, are what was last written there as that tensor
// or as another view of it. Constants and states have values before the first.
static bool is_written(ink_check_t *check, const ink_tensor_t *tensor, uint32_t time) {
    const ink_model_t *model = check->model;
    if (tensor->place != INK_PLACE_ARENA) {
        return true;
    }
    const uint32_t start = tensor->offset;
    const uint32_t end = start + tensor->size;
    while (time-- > 0) {
        check->looked += LOOK;
        const ink_operator_t *op = &model->operators[time];
        const ink_tensor_t *output = &model->tensors[op->output];
        if (output->offset < end && start < output->offset + output->size) {
            return ink_same_bytes(tensor, output);
        }
        const uint32_t scratch = op->scratch_offset;
        if (op->scratch_size != 0 && scratch < end && start < scratch + op->scratch_size) {
            return false;
        }
    }
    for (uint32_t i = 0; i < model->header->n_inputs; i++) {
        if (ink_same_bytes(tensor, &model->tensors[model->inputs[i].tensor])) {
            return true;
        }
    }
    return false;
}

static bool verify_order(ink_check_t *check) {
    const ink_call_t *call = &check->call;
    if (!is_written(check, call->input0, check->index)) {
        return ink_refuse_plainly(
            check, INK_ERROR_ORDER, "input 0 is not written, or written over");
    }
    const ink_tensor_t *second = ink_call_input1(call);
    if (second != NULL && !is_written(check, second, check->index)) {
        return ink_refuse_plainly(
            check, INK_ERROR_ORDER, "input 1 is not written, or written over");
    }
    return true;
}

// Adds the instructions that a run of it takes on a Cortex-M7.
static bool count_work(ink_check_t *check, const ink_kernel_t *kernel) {
    uint64_t work = 0; // in 64ths, of four products below 2^48
    for (uint32_t i = 0; i < INK_RATES; i++) {
        work += (uint64_t)check->counts[i] * (uint32_t)(kernel->rates[i] * kernel->rates[i]);
    }
    work = (work >> 6) + check->work;
    check->work = work < UINT32_MAX ? (uint32_t)work : UINT32_MAX;
    return ink_check_word(
        check, INK_ERROR_WORK, "the work up to here", check->work, 0, INK_MAX_WORK);
}

static bool count_looks(ink_check_t *check, const ink_kernel_t *kernel) {
    if (INK_TABLES && kernel->tables != NULL) {
        ink_table_t tables[2];
        kernel->tables(&check->call, tables);
        check->looked += tables[0].size + tables[1].size;
        ink_rest(tables[0].size);
    }
    // up to 2^31, and of tables 2^29
    return ink_check_word(check, INK_ERROR_WORK, "the bytes looked at up to here", check->looked, 0,
        MOST_LOOKED * check->model->blob_size);
}

static bool verify_operator(ink_check_t *check) {
    const ink_operator_t *op = &check->model->operators[check->index];
    check->kernel = op->kernel;
    const ink_kernel_t *kernel = ink_find_kernel(op->kernel);
    if (kernel == NULL) {
        return ink_refuse_plainly(check, INK_ERROR_KERNEL, ink_left_out(op->kernel));
    }
    if (!verify_record(check, op, kernel) || !verify_order(check)) {
        return false;
    }
    check->scratch = 0;
    check->slide = INK_NO_SLIDE;
    check->step = 1;
    const ink_tensor_t *output = check->call.output;
    check->outputs = check->steps = ink_tensor_elements(output);
    check->calls = 1;
    // of rank 0 it has dimensions of 1
    check->rows = check->steps / output->dims[output->rank - (output->rank != 0)];
    return kernel->verify(check) && count_looks(check, kernel) &&
           verify_overlaps(check, kernel->in_place) &&
           ink_check_word(check, INK_ERROR_SCRATCH, "scratch_size", op->scratch_size,
               check->scratch, UINT32_MAX) &&
           count_work(check, kernel);
}

bool ink_verify_plan(ink_check_t *check, ink_model_t *model) {
    check->part = INK_PART_OPERATOR;
    for (check->index = 0; check->index < model->header->n_operators; check->index++) {
        if (!verify_operator(check)) {
            return false;
        }
    }
    model->work = check->work;
    check->part = INK_PART_OUTPUT;
    for (check->index = 0; check->index < model->header->n_outputs; check->index++) {
        const ink_tensor_t *tensor = &model->tensors[model->outputs[check->index].tensor];
        if (!is_written(check, tensor, model->header->n_operators)) {
            return ink_refuse_plainly(check, INK_ERROR_ORDER, "it is not written, or written over");
        }
    }
    return true;
}
