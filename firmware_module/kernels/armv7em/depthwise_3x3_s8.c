// SPDX-License-Identifier: MIT
// Depthwise 3x3 convolution on packed weights, stride 1 or 2 both ways, depth multiplier 1. The
// output may be the input: a row is written after what it covers was read.
//
// Four channels at a time, rows go through a ring: pairs of input rows as int16, so that a word has
// one channel's values of both. Pair k holds the rows 2k - pad_top and 2k + 1 - pad_top. A step
// needs two pairs, that of its own number and the next; the ring's start moves on by half a column
// with each step, so that the upper pair comes first in every one.
#include "ink_depthwise_3x3_rows.h"
#include "ink_packed_common.h"
#include "ink_rest.h"

static int32_t count_steps(const ink_packed_conv_t *conv) {
    return conv->stride_h == 1 ? (conv->output_h + 1) >> 1 : conv->output_h;
}

// The ring, and half a column for each step.
size_t ink_depthwise_3x3_s8_scratch(const ink_packed_conv_t *conv) {
    int32_t even_w = (conv->output_w + 1) & ~1;
    int32_t columns = conv->stride_w == 1 ? even_w + 2 : 2 * even_w + 1;
    return (size_t)(columns * INK_RING_COLUMN + count_steps(conv) * INK_RING_COLUMN / 2) * 4;
}

#if INK_HAVE_DSP

typedef struct {
    const ink_packed_conv_t *conv;
    int32_t from, until, end; // columns: input starts, input ends, what is needed ends
    int32_t channels;         // 1 to 4
    int32_t row_size, pair;   // bytes of an input row, two values of padding
    uint32_t done;            // since the last rest, of all rings
} ring_t;

static inline int32_t pack_low(int32_t upper, int32_t lower) {
    return (upper & 0xFFFF) | (int32_t)((uint32_t)lower << 16);
}

// The pixels of two rows, four channels: each word of the ring takes one channel of both.
static void pack_row_pair(
    int32_t *to, const int8_t *upper, const int8_t *lower, int32_t pixel_step, int32_t columns) {
    __asm volatile("1:\n"
                   "ldr r4, [%1]\n"
                   "ldr r5, [%2]\n"
                   "sxtb16 r6, r4\n"
                   "sxtb16 r7, r4, ror #8\n"
                   "sxtb16 r8, r5\n"
                   "add %1, %1, %4\n"
                   "sxtb16 r9, r5, ror #8\n"
                   "add %2, %2, %4\n"
                   "pkhbt r4, r6, r8, lsl #16\n"
                   "pkhbt r5, r7, r9, lsl #16\n"
                   "pkhtb r6, r8, r6, asr #16\n"
                   "pkhtb r7, r9, r7, asr #16\n"
                   "subs %3, %3, #1\n"
                   "stm %0, {r4-r7}\n"
                   "add %0, %0, #32\n"
                   "bne 1b\n"
        : "+r"(to), "+r"(upper), "+r"(lower), "+r"(columns)
        : "r"(pixel_step)
        : "r4", "r5", "r6", "r7", "r8", "r9", "cc", "memory");
}

// The same for the last one to three channels.
static void pack_some_channels(int32_t *to, const int8_t *upper, const int8_t *lower,
    int32_t pixel_step, int32_t columns, int32_t channels) {
    for (; columns > 0; columns--) {
        for (int32_t channel = 0; channel < channels; channel++) {
            to[channel] = pack_low(upper[channel], lower[channel]);
        }
        upper += pixel_step;
        lower += pixel_step;
        to += INK_RING_COLUMN;
    }
}

static void fill_columns(int32_t *to, int32_t columns, int32_t pair) {
    for (; columns > 0; columns--) {
        store_pair(to, pair, pair);
        store_pair(to + 2, pair, pair);
        to += INK_RING_COLUMN;
    }
}

// One row of a pair lies outside the input.
static void fill_halves(int32_t *to, int32_t columns, int32_t value, int32_t half) {
    for (; columns > 0; columns--) {
#pragma GCC unroll 4
        for (int32_t channel = 0; channel < INK_RING_CHANNELS; channel++) {
            ((int16_t *)(to + channel))[half] = (int16_t)value;
        }
        to += INK_RING_COLUMN;
    }
}

// A pair of rows of which one lies outside the input, or both do, or with fewer than 4 channels.
static __attribute__((noinline)) void add_other_pair(
    const ring_t *ring, const int8_t *input, int32_t y, int32_t *to) {
    const ink_packed_conv_t *conv = ring->conv;
    int32_t columns = ring->until - ring->from;
    int32_t *inside = to + ring->from * INK_RING_COLUMN;
    int32_t upper_out = (uint32_t)y >= (uint32_t)conv->input_h;
    int32_t lower_out = (uint32_t)(y + 1) >= (uint32_t)conv->input_h;
    if (upper_out && lower_out) {
        fill_columns(inside, columns, ring->pair);
        return;
    }
    const int8_t *upper = input + (upper_out ? y + 1 : y) * ring->row_size;
    const int8_t *lower = input + (lower_out ? y : y + 1) * ring->row_size;
    if (ring->channels == INK_RING_CHANNELS) {
        pack_row_pair(inside, upper, lower, conv->input_c, columns);
    } else {
        pack_some_channels(inside, upper, lower, conv->input_c, columns, ring->channels);
    }
    if (upper_out || lower_out) {
        fill_halves(inside, columns, conv->pad_value, lower_out);
    }
}

// Puts the pair of rows y and y + 1 into the ring at `to`.
static void add_row_pair(const ring_t *ring, const int8_t *input, int32_t y, int32_t *to) {
    fill_columns(to, ring->from, ring->pair);
    fill_columns(to + ring->until * INK_RING_COLUMN, ring->end - ring->until, ring->pair);
    if (y >= 0 && y + 1 < ring->conv->input_h && ring->channels == INK_RING_CHANNELS) {
        const int8_t *upper = input + y * ring->row_size;
        pack_row_pair(to + ring->from * INK_RING_COLUMN, upper, upper + ring->row_size,
            ring->conv->input_c, ring->until - ring->from);
    } else {
        add_other_pair(ring, input, y, to);
    }
}

// The outputs of one channel whose record shifts to the left: one row with the words of a pair of
// input rows and of the pair below, or with `second` the row after it. A word of weights widens
// into two pairs; see depthwise_3x3.py.
static inline __attribute__((always_inline)) void write_left_row(const ring_t *ring,
    const ink_depthwise_rows_t *rows, const int32_t *record, int32_t channel, bool second) {
    const int32_t upper_taps[3] = {
        widen_even(record[0]), widen_odd(record[0]), widen_even(record[1])};
    const int32_t lower_taps[3] = {
        widen_odd(record[1]), widen_even(record[2]), widen_odd(record[2])};
    ink_requantize_t how;
    memcpy(&how, record + 4, sizeof(how));
    int32_t bias = record[3];
    int32_t zero_point = rows->output_zero;
    int32_t pixel_step = rows->pixel_step;
    int32_t column_step = ring->conv->stride_w * INK_RING_COLUMN;
    const int32_t *from = rows->ring + channel;
    int8_t *to = rows->output + channel + (second ? rows->row_step : 0);
    for (int32_t left = ring->conv->output_w; left > 0; left--) {
        int32_t sum = bias;
#pragma GCC unroll 3
        for (int32_t x = 0; x < 3; x++) {
            int32_t upper = from[x * INK_RING_COLUMN];
            int32_t lower = from[x * INK_RING_COLUMN + INK_RING_COLUMN / 2];
            if (second) {
                sum += (upper >> 16) * (int16_t)upper_taps[x];
                sum = multiply_add_pair(lower, lower_taps[x], sum);
            } else {
                sum = multiply_add_pair(upper, upper_taps[x], sum);
                sum += (int16_t)lower * (lower_taps[x] >> 16);
            }
        }
        *to = (int8_t)requantize_left(sum, &how, zero_point);
        to += pixel_step;
        from += column_step;
    }
}

static __attribute__((noinline)) void write_left_channels(
    const ring_t *ring, const ink_depthwise_rows_t *rows, const int32_t *record) {
    for (int32_t channel = 0; channel < ring->channels; channel++) {
        if (shifts_left((const ink_requantize_t *)(record + 4))) {
            if (ring->conv->stride_h == 1 && rows->row_step != 0) {
                write_left_row(ring, rows, record, channel, true);
            }
            write_left_row(ring, rows, record, channel, false);
        }
        record += INK_RECORD_SIZE / 4;
    }
}

static int32_t count_left(const int32_t *record, int32_t channels) {
    int32_t count = 0;
    for (; channels > 0; channels--) {
        count += shifts_left((const ink_requantize_t *)(record + 4));
        record += INK_RECORD_SIZE / 4;
    }
    return count;
}

// Up to 4 channels of one image.
static void convolve_channels(
    ring_t *ring, const int8_t *input, const void *weights, int8_t *output, void *scratch) {
    const ink_packed_conv_t *conv = ring->conv;
    int32_t row_size = conv->output_w * conv->output_c;
    int32_t pairs = conv->output_w & ~1;
    ink_depthwise_rows_t rows = {.ring = scratch,
        .output = output,
        .pixel_step = conv->output_c,
        .row_step = row_size,
        .span = (conv->stride_w == 1 ? pairs : conv->output_w - 1) * conv->output_c,
        .channels = ring->channels,
        .output_zero = conv->output_zero,
        .odd = conv->output_w & 1};
    int32_t y = -conv->pad_top;
    int32_t *lower = scratch;
    add_row_pair(ring, input, y, lower);
    int32_t left = count_left(weights, ring->channels);
    const uint32_t steps = (uint32_t)(conv->output_w * ring->channels) * 18;
    for (int32_t step = count_steps(conv); step > 0; step--) {
        y += 2;
        lower += INK_RING_COLUMN / 2;
        add_row_pair(ring, input, y, lower);
        int32_t written = row_size;
        if (conv->stride_h == 1) {
            rows.row_step = step == 1 && (conv->output_h & 1) != 0 ? 0 : row_size;
            written *= 2;
        }
        if (left < ring->channels) {
            if (conv->stride_h == 1) {
                ink_depthwise_3x3_rows_stride1(&rows, weights);
            } else {
                ink_depthwise_3x3_rows_stride2(&rows, weights);
            }
        }
        if (left > 0) {
            write_left_channels(ring, &rows, weights);
        }
        rows.output += written;
        rows.ring += INK_RING_COLUMN / 2;
        ring->done = ink_rest_after(ring->done, steps);
    }
}

void ink_depthwise_3x3_s8(const ink_packed_conv_t *conv, const int8_t *input, const void *weights,
    int8_t *output, void *scratch) {
    ring_t ring = {.conv = conv,
        .from = conv->pad_left,
        .row_size = conv->input_w * conv->input_c,
        .pair = pack_low(conv->pad_value, conv->pad_value)};
    ring.end = (conv->output_w - 1) * conv->stride_w + 3;
    ring.until = ring.from + conv->input_w;
    ring.until = ring.until < ring.end ? ring.until : ring.end;
    int32_t output_size = conv->output_h * conv->output_w * conv->output_c;
    for (int32_t n = 0; n < conv->batch; n++) {
        const int8_t *image = input + n * conv->input_h * conv->input_w * conv->input_c;
        int8_t *to = output + n * output_size;
        for (int32_t channel = 0; channel < conv->input_c; channel += INK_RING_CHANNELS) {
            int32_t left = conv->input_c - channel;
            ring.channels = left < INK_RING_CHANNELS ? left : INK_RING_CHANNELS;
            convolve_channels(&ring, image + channel,
                (const uint8_t *)weights + channel * INK_RECORD_SIZE, to + channel, scratch);
        }
    }
    ink_packed_clamp(output, (size_t)(conv->batch * output_size), conv->act_min, conv->act_max);
}

#endif
