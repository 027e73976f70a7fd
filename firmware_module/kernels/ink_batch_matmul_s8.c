// SPDX-License-Identifier: MIT
// Products of batches of int8 matrices: each row of one by each row of another.
#include "armv7em/ink_packed_common.h"
#include "ink_dot.h"
#include "ink_kernels.h"
#include "ink_rest.h"
#include "ink_simd.h"

#if INK_HAVE_DSP

// Bytes 0 and 2, or 1 and 3, of a word as int16, each added to one of `pair`.
static inline uint32_t add_even(uint32_t pair, uint32_t four) {
    uint32_t result;
    __asm("sxtab16 %0, %1, %2" : "=r"(result) : "r"(pair), "r"(four));
    return result;
}

static inline uint32_t add_odd(uint32_t pair, uint32_t four) {
    uint32_t result;
    __asm("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(pair), "r"(four));
    return result;
}

static inline uint32_t add_products(uint32_t sum, uint32_t even, uint32_t odd, uint32_t four) {
    uint32_t pair;
    __asm("sxtb16 %1, %4\n smlad %0, %2, %1, %0\n sxtb16 %1, %4, ror #8\n smlad %0, %3, %1, %0"
        : "+r"(sum), "=&r"(pair)
        : "r"(even), "r"(odd), "r"(four));
    return sum;
}

// ink_dot_rows() of four rows, as far as whole words go; returns how many elements that is.
static uint32_t dot_four(uint32_t sums[INK_DOT_ROWS], const int8_t *input, int32_t input_offset,
    const int8_t *rows, uint32_t length) {
    const uint32_t offset = (uint32_t)(input_offset & 0xFFFF) * 0x10001u;
    const int8_t *const end = input + (length & ~3u);
    uint32_t sum0 = sums[0];
    uint32_t sum1 = sums[1];
    uint32_t sum2 = sums[2];
    uint32_t sum3 = sums[3];
    while (input < end) {
        const uint32_t values = ink_load_four(input);
        const uint32_t even = add_even(offset, values);
        const uint32_t odd = add_odd(offset, values);
        sum0 = add_products(sum0, even, odd, ink_load_four(rows));
        sum1 = add_products(sum1, even, odd, ink_load_four(rows + length));
        sum2 = add_products(sum2, even, odd, ink_load_four(rows + 2 * length));
        sum3 = add_products(sum3, even, odd, ink_load_four(rows + 3 * length));
        input += 4;
        rows += 4;
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
    return length & ~3u;
}

#else

static uint32_t dot_four(uint32_t sums[INK_DOT_ROWS], const int8_t *input, int32_t input_offset,
    const int8_t *rows, uint32_t length) {
    (void)sums;
    (void)input;
    (void)input_offset;
    (void)rows;
    (void)length;
    return 0;
}

#endif

// One row by `columns` rows.
static void multiply_row(const ink_batch_matmul_params_t *params, const ink_requantize_t *how,
    const int8_t *input, const int8_t *rows, uint32_t columns, uint32_t depth, int8_t *output) {
    const int32_t offset = params->input0_offset;
    // (input + a) * (row + b) summed is the dot product with the row, plus b * sum(input + a)
    uint32_t start = 0;
    for (uint32_t i = 0; params->input1_offset != 0 && i < depth; i++) {
        start += (uint32_t)(input[i] + offset);
    }
    start *= (uint32_t)params->input1_offset;
    while (columns > 0) {
        const uint32_t count = columns < INK_DOT_ROWS ? columns : INK_DOT_ROWS;
        uint32_t sums[INK_DOT_ROWS] = {start, start, start, start};
        const uint32_t done =
            count == INK_DOT_ROWS ? dot_four(sums, input, offset, rows, depth) : 0;
        if (done < depth) {
            ink_dot_rows(sums, (int32_t)count, input + done, offset, rows + done, (int32_t)depth,
                (int32_t)(depth - done));
        }
        for (uint32_t i = 0; i < count; i++) {
            const int32_t sum = (int32_t)sums[i];
            *output++ = (int8_t)(shifts_left(how) ? requantize_left(sum, how, params->output_offset)
                                                  : requantize(sum, how, params->output_offset));
        }
        rows += count * depth;
        columns -= count;
    }
}

// The packed kernels' form of a requantization.
static ink_requantize_t find_requantization(int32_t multiplier, int32_t shift) {
    ink_requantize_t how = {(int32_t)(2u * (uint32_t)multiplier), 0}; // 0 makes every sum 0
    if (multiplier != 0) {
        how.scale = shift >= 0 ? 1 + shift : (int32_t)(0u - (1u << (32 + shift)));
    }
    return how;
}

// The offset of the index-th matrix of the output's in an input, whose dimensions of 1 are
// repeated.
static uint32_t matrix_offset(
    const ink_tensor_t *input, const ink_tensor_t *output, uint32_t index) {
    uint32_t step = input->dims[input->rank - 2] * input->dims[input->rank - 1];
    uint32_t offset = 0;
    for (uint32_t i = 3; i <= input->rank; i++) {
        const uint32_t count = output->dims[output->rank - i];
        const uint32_t dim = input->dims[input->rank - i];
        offset += dim > 1 ? index % count * step : 0;
        step *= dim;
        index /= count;
    }
    return offset;
}

void ink_batch_matmul_s8(const ink_batch_matmul_params_t *params, const ink_tensor_t *input0,
    const int8_t *input0_data, const ink_tensor_t *input1, const int8_t *input1_data,
    const ink_tensor_t *output, int8_t *output_data) {
    const uint32_t rows = output->dims[output->rank - 2];
    const uint32_t columns = output->dims[output->rank - 1];
    const uint32_t depth = input0->dims[input0->rank - 1];
    const uint32_t matrices = output->size / (rows * columns);
    const ink_requantize_t how = find_requantization(params->multiplier, params->shift);
    uint32_t done = 0;
    for (uint32_t i = 0; i < matrices; i++) {
        const int8_t *left = input0_data + matrix_offset(input0, output, i);
        const int8_t *const right = input1_data + matrix_offset(input1, output, i);
        for (uint32_t row = 0; row < rows; row++) {
            multiply_row(params, &how, left, right, columns, depth, output_data);
            left += depth;
            output_data += columns;
            done = ink_rest_after(done, columns * depth);
        }
    }
}
