// SPDX-License-Identifier: MIT
// The table of operators: what a kernel number of a blob stands for. CONTRIBUTING.md has the steps
// to add one.
#ifndef INK_OPERATORS_H
#define INK_OPERATORS_H

#include "ink_check.h"
#include "ink_options.h"

// Bytes of the blob.
typedef struct {
    uint32_t offset, size;
} ink_table_t;

typedef struct {
    const char *name;
    uint16_t params_size; // bytes
    uint8_t n_inputs;     // 1 or 2
    bool in_place : 1;    // the output may be exactly input 0
    bool flat : 1;        // runs over elements as they lie, so any part of them may be run alone
    // Checks all that `run` trusts: parameters, shapes, data blocks. The records, their ranges and
    // the order are checked already, overlaps after it. It may set check->scratch, else 0: the
    // bytes that the operator's scratch must have at least, UINT32_MAX where the kernel cannot do
    // it at all; check->slide, else INK_NO_SLIDE; check->steps, else the output's elements; and
    // check->rows, else its rows.
    bool (*verify)(ink_check_t *check);
    // Runs it; false where the kernel reports an error.
    bool (*run)(const ink_call_t *call);
    // The two tables of the blob whose entries `verify` looks at, or NULL where it looks at none.
    void (*tables)(const ink_call_t *call, ink_table_t tables[2]);
    // What a step, an output, a row and the call cost: square roots of 64ths of an instruction.
    uint8_t rates[INK_RATES];
} ink_kernel_t;

// The kernel of that number, NULL where this build has none.
const ink_kernel_t *ink_find_kernel(uint32_t kernel);
// What to say of a kernel that the build left out: by which switch. NULL of any other number.
const char *ink_left_out(uint32_t kernel);

// The kernels, X(number, name) each: docs/blob-format.md has the numbers. That of name `x` is
// `ink_op_x`, in operators/, in the file of its name or its family's. Groups may be left out
// (ink_options.h), and a build for some blobs gives its own list (`make natmod FOR=`).
#define INK_CORE_KERNELS(X)                                                                        \
    X(1, conv_s8)                                                                                  \
    X(2, depthwise_conv_s8)                                                                        \
    X(3, fully_connected_s8)                                                                       \
    X(4, average_pool_s8)                                                                          \
    X(5, max_pool_s8)                                                                              \
    X(6, add_s8)                                                                                   \
    X(7, mul_s8)                                                                                   \
    X(11, softmax_s8)                                                                              \
    X(12, lut_s8)                                                                                  \
    X(13, copy)                                                                                    \
    X(14, mean_s8)                                                                                 \
    X(16, quantize_f32)                                                                            \
    X(17, dequantize_f32)                                                                          \
    X(30, channel_lines_s8)                                                                        \
    X(32, conv_packed_s8)                                                                          \
    X(33, depthwise_3x3_s8)                                                                        \
    X(34, fully_connected_packed_s8)                                                               \
    X(35, add_table_s8)                                                                            \
    X(36, max_pool_simd_s8)                                                                        \
    X(37, average_pool_simd_s8)                                                                    \
    X(40, depthwise_packed_s8)                                                                     \
    X(41, depthwise_dilated_s8)                                                                    \
    X(42, conv_general_s8)                                                                         \
    X(43, fully_connected_general_s8)
#define INK_SELDOM_KERNELS(X)                                                                      \
    X(8, broadcast_add_s8)                                                                         \
    X(9, broadcast_sub_s8)                                                                         \
    X(10, broadcast_mul_s8)                                                                        \
    X(15, resize_nearest_s8)                                                                       \
    X(18, prelu_s8)                                                                                \
    X(19, maximum_s8)                                                                              \
    X(20, minimum_s8)                                                                              \
    X(21, resize_bilinear_s8)                                                                      \
    X(22, reduce_max_s8)                                                                           \
    X(23, reduce_min_s8)                                                                           \
    X(24, squared_difference_s8)                                                                   \
    X(25, batch_matmul_s8)                                                                         \
    X(26, log_softmax_s8)                                                                          \
    X(27, l2_normalization_s8)                                                                     \
    X(28, arg_max_s8)                                                                              \
    X(29, cast)
#define INK_WINOGRAD_KERNELS(X)                                                                    \
    X(38, winograd_f2_s8)                                                                          \
    X(39, winograd_f4_s8)                                                                          \
    X(44, winograd_f45_s8)
#define INK_RECURRENT_KERNELS(X)                                                                   \
    X(45, svdf_s8)                                                                                 \
    X(46, lstm_s8)                                                                                 \
    X(47, gru_s8)

#if INK_SELDOM
#define INK_SELDOM_OR_NOT(X) INK_SELDOM_KERNELS(X)
#else
#define INK_SELDOM_OR_NOT(X)
#endif
#if INK_WINOGRAD
#define INK_WINOGRAD_OR_NOT(X) INK_WINOGRAD_KERNELS(X)
#else
#define INK_WINOGRAD_OR_NOT(X)
#endif
#if INK_RECURRENT
#define INK_RECURRENT_OR_NOT(X) INK_RECURRENT_KERNELS(X)
#else
#define INK_RECURRENT_OR_NOT(X)
#endif

#ifdef INK_KERNELS
#define INK_FEW_KERNELS
#else
#define INK_KERNELS(X)                                                                             \
    INK_CORE_KERNELS(X)                                                                            \
    INK_SELDOM_OR_NOT(X)                                                                           \
    INK_WINOGRAD_OR_NOT(X)                                                                         \
    INK_RECURRENT_OR_NOT(X)
#endif

#define INK_DECLARE_KERNEL(number, name) extern const ink_kernel_t ink_op_##name;
INK_KERNELS(INK_DECLARE_KERNEL)
#undef INK_DECLARE_KERNEL

#endif
