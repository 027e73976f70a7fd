// SPDX-License-Identifier: MIT
// The blob's records, as docs/blob-format.md lays them out. Read in place; nothing here checks
// anything.
#ifndef INK_BLOB_H
#define INK_BLOB_H

#include <stdint.h>

#define INK_BLOB_VERSION 1
#define INK_NO_TENSOR 0xFFFFu
#define INK_MAX_RANK 6
#define INK_MAX_TENSORS 4096
#define INK_MAX_OPERATORS 1024
#define INK_MAX_IO 16
#define INK_MAX_BLOB (1u << 28)
#define INK_MAX_ARENA (1u << 28)
#define INK_MAX_WORK 4000000000u   // instructions
#define INK_MAX_SIDE 65535         // heights, widths and channels of pictures
#define INK_MAX_WINDOW 32768       // a window's side, stride or dilation
#define INK_MAX_REDUCED (1u << 23) // values that one output is made of without weights
#define INK_MAX_COUNT (1u << 24)   // of a copy, along a dimension
#define INK_MAX_BANDS 128
#define INK_MAX_FRAMES 1024

#define INK_MAGIC 0x4C4B4E49u // "INKL", little-endian

enum { INK_DTYPE_INT8 = 1, INK_DTYPE_UINT8 = 2, INK_DTYPE_FLOAT32 = 3, INK_DTYPE_INT32 = 4 };
enum { INK_PLACE_ARENA = 0, INK_PLACE_BLOB = 1, INK_PLACE_STATE = 2 };
// a state's start: that of another record, its zero point, the values of the next tensor
enum { INK_START_ELSEWHERE = 0, INK_START_ZERO_POINT = 1, INK_START_NEXT = 2 };
enum { INK_TARGET_PORTABLE = 0, INK_TARGET_CORTEX_M7 = 1 };
enum { INK_MEMORY_ANY = 0, INK_MEMORY_RAM = 1 };

typedef struct {
    uint8_t magic[4];
    uint16_t version;
    uint16_t header_size;
    uint32_t blob_size;
    uint32_t crc32;
    uint16_t target;
    uint16_t
        memory; // INK_MEMORY_RAM: its path is copied to RAM, also where it could be used in place
    uint32_t arena_size;
    uint16_t n_tensors;
    uint16_t n_operators;
    uint16_t n_inputs;
    uint16_t n_outputs;
    uint32_t tensors_offset;
    uint32_t operators_offset;
    uint32_t io_offset;
    uint32_t labels_offset;
    uint32_t n_labels;
    uint32_t strings_offset;
    uint32_t strings_size;
    uint32_t name;
} ink_header_t;

typedef struct {
    uint8_t dtype;
    uint8_t rank;
    uint8_t place;
    uint8_t start; // what a state begins with
    uint32_t offset;
    uint32_t size;
    uint32_t dims[INK_MAX_RANK];
    float scale;
    int32_t zero_point;
    uint32_t name;
} ink_tensor_t;

typedef struct {
    uint16_t tensor;
    uint16_t image_flags;
    union {
        uint32_t image_table; // of an input
        uint32_t front_end;   // of an input with INK_FRONT_END
        uint32_t labels;      // of an output; those of output 0 are the header's
    };
} ink_io_t;

// An input's image_flags: a table for each channel; blue, green, red.
#define INK_IMAGE_CHANNEL_TABLES 1u
#define INK_IMAGE_BGR 2u
// How a picture is fitted and scaled: neither of the first two is to crop it, without the last one
// boxes are averaged.
#define INK_IMAGE_SQUEEZE 8u
#define INK_IMAGE_BORDER 16u
#define INK_IMAGE_BILINEAR 32u
#define INK_IMAGE_OPENMV 64u
#define INK_IMAGE_SCALINGS (INK_IMAGE_BILINEAR | INK_IMAGE_OPENMV)
#define INK_IMAGE_WAYS (INK_IMAGE_SQUEEZE | INK_IMAGE_BORDER | INK_IMAGE_SCALINGS)
// It takes sound: front_end is where its front end is.
#define INK_FRONT_END 4u

enum { INK_FRONT_END_MFCC = 1, INK_FRONT_END_LOG_MEL = 2, INK_FRONT_END_MICRO = 3 };

typedef struct {
    uint32_t kind, sample_rate, window, hop, fft_size, bands, coefficients, stride;
    uint32_t peak, floor;
    int32_t floor_shift, gain;
    uint32_t gain_shift;
    int32_t offset, lowest;
    uint32_t toward_zero;
    int32_t min, max;
    uint32_t window_table, twiddles, real_twiddles, edges, weights, logarithm;
    uint32_t cosines; // INK_FRONT_END_MFCC
    // INK_FRONT_END_MICRO
    uint32_t smoothing_bits, even_smoothing, odd_smoothing, min_signal_remaining;
    uint32_t gains, snr_shift, correction_bits, scale_shift;
} ink_front_end_t;

typedef struct {
    uint16_t kernel;
    uint16_t source_index;
    uint16_t input0;
    uint16_t input1;
    uint16_t output;
    uint16_t reserved;
    uint32_t name;
    uint32_t params_offset;
    uint32_t params_size;
    uint32_t scratch_offset;
    uint32_t scratch_size;
    uint32_t macs;
} ink_operator_t;

typedef struct {
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    int32_t channel_factor; // groups, or the depth multiplier
    int32_t input_offset, output_offset, act_min, act_max;
    uint32_t weights, bias, multiplier, shift;
} ink_conv_params_t;

typedef struct {
    int32_t depth, units, per_channel, input_offset, filter_offset, output_offset, act_min, act_max;
    uint32_t weights, bias, multiplier, shift;
} ink_fully_connected_params_t;

typedef struct {
    int32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, act_min, act_max;
} ink_pool_params_t;

typedef struct {
    int32_t input0_offset, input0_multiplier, input0_shift;
    int32_t input1_offset, input1_multiplier, input1_shift;
    int32_t left_shift, output_offset, output_multiplier, output_shift, act_min, act_max;
} ink_add_params_t;

typedef struct {
    int32_t input0_offset, input1_offset, output_offset, output_multiplier, output_shift;
    int32_t act_min, act_max;
} ink_mul_params_t;

typedef struct {
    int32_t multiplier, shift, diff_min;
} ink_softmax_params_t;

typedef struct {
    uint32_t table;
} ink_lut_params_t;

typedef struct {
    int32_t element_size;
    int32_t count[INK_MAX_RANK];
    int32_t input_start;
    int32_t input_stride[INK_MAX_RANK];
    int32_t output_start;
    int32_t output_stride[INK_MAX_RANK];
    int32_t fill, fill_value;
} ink_copy_params_t;

typedef struct {
    int32_t axes, input_offset, output_offset, multiplier, shift;
} ink_mean_params_t;

typedef struct {
    uint32_t rows, columns;
} ink_resize_params_t;

typedef struct {
    int32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, act_min, act_max;
    uint32_t weights;
} ink_packed_conv_params_t;

// Begins as ink_packed_conv_params_t does.
typedef struct {
    int32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, act_min, act_max;
    int32_t dilation_h, dilation_w;
    uint32_t weights;
} ink_dilated_conv_params_t;

// Begins as ink_dilated_conv_params_t does.
typedef struct {
    int32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, act_min, act_max;
    int32_t dilation_h, dilation_w, groups;
    uint32_t weights;
} ink_general_conv_params_t;

typedef struct {
    int32_t depth, units, act_min, act_max;
    uint32_t weights;
} ink_general_fully_connected_params_t;

typedef struct {
    int32_t depth, units, blocks, act_min, act_max;
    uint32_t weights;
} ink_packed_fully_connected_params_t;

typedef struct {
    int32_t act_min, act_max;
    uint32_t weights;
} ink_add_table_params_t;

_Static_assert(sizeof(ink_header_t) == 64, "docs/blob-format.md");
_Static_assert(sizeof(ink_tensor_t) == 48, "docs/blob-format.md");
_Static_assert(sizeof(ink_io_t) == 8, "docs/blob-format.md");
_Static_assert(sizeof(ink_front_end_t) == 132, "docs/blob-format.md");
_Static_assert(sizeof(ink_operator_t) == 36, "docs/blob-format.md");
_Static_assert(sizeof(ink_conv_params_t) == 68, "docs/blob-format.md");
_Static_assert(sizeof(ink_fully_connected_params_t) == 48, "docs/blob-format.md");
_Static_assert(sizeof(ink_pool_params_t) == 32, "docs/blob-format.md");
_Static_assert(sizeof(ink_add_params_t) == 48, "docs/blob-format.md");
_Static_assert(sizeof(ink_mul_params_t) == 28, "docs/blob-format.md");
_Static_assert(sizeof(ink_softmax_params_t) == 12, "docs/blob-format.md");
_Static_assert(sizeof(ink_copy_params_t) == 92, "docs/blob-format.md");
_Static_assert(sizeof(ink_mean_params_t) == 20, "docs/blob-format.md");
_Static_assert(sizeof(ink_packed_conv_params_t) == 36, "docs/blob-format.md");
_Static_assert(sizeof(ink_dilated_conv_params_t) == 44, "docs/blob-format.md");
_Static_assert(sizeof(ink_general_conv_params_t) == 48, "docs/blob-format.md");
_Static_assert(sizeof(ink_general_fully_connected_params_t) == 20, "docs/blob-format.md");
_Static_assert(sizeof(ink_packed_fully_connected_params_t) == 24, "docs/blob-format.md");
_Static_assert(sizeof(ink_add_table_params_t) == 12, "docs/blob-format.md");
_Static_assert(sizeof(ink_resize_params_t) == 8, "docs/blob-format.md");

#endif
