// SPDX-License-Identifier: MIT
// Depthwise convolution on packed weights: any window, stride, padding, dilation and depth
// multiplier, of 4 input channels or more.
//
// Four input channels at a time; with a depth multiplier, the first output channel of each, then
// the second. Taps outside the input are left out: the offset is added to every input as it is
// widened, which costs no instruction, so that padding counts as nothing.
#include "ink_packed_common.h"
#include "ink_rest.h"

#if INK_HAVE_DSP

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

#define HEAD_SIZE 48 // bytes of a record before its taps: biases, requantizations
#define TAP_SIZE 8   // 4 weights as int16

// The part of a window that lies in the input, at least one pixel.
typedef struct {
    int32_t columns, rows;    // in taps
    int32_t row_gap, tap_gap; // bytes from the end of a row to the next: of input, of taps
    int32_t column_step;      // bytes from tap to tap of a row
    int32_t offset;           // the input's, twice
    int32_t output_zero, output_step;
    int32_t channels;
    int32_t first_tap; // bytes from a record to the first tap
    int32_t record_size;
} window_t;

INK_FIELD_AT(window_t, columns, 0);
INK_FIELD_AT(window_t, rows, 4);
INK_FIELD_AT(window_t, row_gap, 8);
INK_FIELD_AT(window_t, tap_gap, 12);
INK_FIELD_AT(window_t, column_step, 16);
INK_FIELD_AT(window_t, offset, 20);
INK_FIELD_AT(window_t, output_zero, 24);
INK_FIELD_AT(window_t, output_step, 28);
INK_FIELD_AT(window_t, channels, 32);
INK_FIELD_AT(window_t, first_tap, 36);
INK_FIELD_AT(window_t, record_size, 40);

// Inputs at r1, taps at r2; r8 is column_step, r9 the offset, r4 to r7 are the sums of channels 0
// to 3.
#define ONE_TAP                                                                                    \
    "ldr r3, [r1]\n"                                                                               \
    "ldr lr, [r2, #4]\n"                                                                           \
    "ldr r12, [r2], #8\n"                                                                          \
    "sxtab16 r0, r9, r3\n"                                                                         \
    "add r1, r1, r8\n"                                                                             \
    "sxtab16 r3, r9, r3, ror #8\n"                                                                 \
    "smlabb r4, r0, r12, r4\n"                                                                     \
    "smlatt r6, r0, r12, r6\n"                                                                     \
    "smlabb r5, r3, lr, r5\n"                                                                      \
    "smlatt r7, r3, lr, r7\n"

// Counts r10 down.
#define TWO_TAPS                                                                                   \
    "ldr r3, [r1]\n"                                                                               \
    "ldr r11, [r1, r8]\n"                                                                          \
    "ldr lr, [r2, #4]\n"                                                                           \
    "ldr r12, [r2], #8\n"                                                                          \
    "sxtab16 r0, r9, r3\n"                                                                         \
    "add r1, r1, r8, lsl #1\n"                                                                     \
    "sxtab16 r3, r9, r3, ror #8\n"                                                                 \
    "smlabb r4, r0, r12, r4\n"                                                                     \
    "smlatt r6, r0, r12, r6\n"                                                                     \
    "ldr r12, [r2], #8\n"                                                                          \
    "sxtab16 r0, r9, r11\n"                                                                        \
    "smlabb r5, r3, lr, r5\n"                                                                      \
    "sxtab16 r11, r9, r11, ror #8\n"                                                               \
    "smlatt r7, r3, lr, r7\n"                                                                      \
    "ldr lr, [r2, #-4]\n"                                                                          \
    "smlabb r4, r0, r12, r4\n"                                                                     \
    "subs r10, r10, #1\n"                                                                          \
    "smlatt r6, r0, r12, r6\n"                                                                     \
    "smlabb r5, r11, lr, r5\n"                                                                     \
    "smlatt r7, r11, lr, r7\n"

// An output of every input channel, `output_step` apart from `to` on. Returns where the next
// record lies. In the stack frame: 0 rows left, 4 channels left, 8 window, 12 from, 16 to, 20
// record.
static __attribute__((naked, noinline)) const int8_t *convolve_channels(
    const window_t *window, const int8_t *from, int8_t *to, const int8_t *record) {
    __asm volatile("push {r0-r11, lr}\n"
                   "sub sp, sp, #8\n"
                   "ldr r10, [r0, #32]\n"
                   "0:\n"
                   "ldr r2, [r0, #36]\n"
                   "ldr r11, [r0, #4]\n"
                   "ldm r3, {r4-r7}\n"
                   "strd r11, r10, [sp]\n"
                   "add r2, r2, r3\n"
                   "ldr r8, [r0, #16]\n"
                   "ldr r9, [r0, #20]\n"
                   "1:\n"
                   "ldr r10, [r0]\n"
                   "lsrs r10, r10, #1\n"
                   "bcc 2f\n" ONE_TAP "2:\n"
                   "beq 4f\n"
                   "3:\n" TWO_TAPS "bne 3b\n"
                   "4:\n"
                   "ldr r10, [sp]\n"
                   "ldr r0, [sp, #8]\n"
                   "subs r10, r10, #1\n"
                   "str r10, [sp]\n"
                   "ldrd r3, r12, [r0, #8]\n"
                   "add r1, r1, r3\n"
                   "add r2, r2, r12\n"
                   "bne 1b\n"
                   "ldr r2, [sp, #20]\n"
                   "ldrd r1, r3, [r2, #16]\n"
                   "ldrd r8, r10, [r2, #24]\n"
                   "ldr r11, [r2, #36]\n"
                   "and r0, r3, r10\n"
                   "ldr r12, [r2, #44]\n"
                   "and r0, r0, r11\n"
                   "ldr r9, [r2, #32]\n"
                   "ands r0, r0, r12\n"
                   "ldr lr, [r2, #40]\n"
                   "bpl 7f\n" // one shifts to the left
                   "6:\n"
                   "smmlar r4, r4, r1, r4\n"
                   "ldr r0, [sp, #8]\n"
                   "smmlar r5, r5, r8, r5\n"
                   "ldr r1, [sp, #16]\n"
                   "smmlar r6, r6, r9, r6\n"
                   "ldr r8, [r0, #24]\n"
                   "smmlar r7, r7, lr, r7\n"
                   "add r4, r4, r4, asr #31\n"
                   "add r5, r5, r5, asr #31\n"
                   "smmlsr r4, r4, r3, r8\n"
                   "add r6, r6, r6, asr #31\n"
                   "smmlsr r5, r5, r10, r8\n"
                   "add r7, r7, r7, asr #31\n"
                   "smmlsr r6, r6, r11, r8\n"
                   "smmlsr r7, r7, r12, r8\n"
                   "ldr r9, [r0, #28]\n"
                   "ssat r4, #8, r4\n"
                   "ssat r5, #8, r5\n"
                   "strb r4, [r1]\n"
                   "ssat r6, #8, r6\n"
                   "strb r5, [r1, r9]\n"
                   "add r1, r1, r9, lsl #1\n"
                   "ssat r7, #8, r7\n"
                   "strb r6, [r1]\n"
                   "strb r7, [r1, r9]\n"
                   // to the next four channels; the last four may have some of these among them
                   "ldr r10, [sp, #4]\n"
                   "ldr r3, [r0, #40]\n"
                   "subs r10, r10, #4\n"
                   "add r3, r3, r2\n"
                   "ble 5f\n"
                   "ldr r1, [sp, #12]\n"
                   "ldr r2, [sp, #16]\n"
                   "cmp r10, #4\n"
                   "ite lt\n"
                   "movlt r11, r10\n"
                   "movge r11, #4\n"
                   "add r1, r1, r11\n"
                   "mla r2, r11, r9, r2\n"
                   "strd r1, r2, [sp, #12]\n"
                   "str r3, [sp, #20]\n"
                   "b 0b\n"
                   "5:\n"
                   "mov r0, r3\n"
                   "add sp, sp, #24\n"
                   "pop {r4-r11, pc}\n"

                   "7:\n"
                   "ldr r3, [sp, #8]\n"
                   "push {r2, r4-r7}\n"
                   "ldr r3, [r3, #24]\n"
                   "add r1, r2, #16\n"
                   "mov r2, #1\n"
                   "add r0, sp, #4\n"
                   "bl ink_packed_requantize_four\n"
                   "pop {r2, r4-r7}\n"
                   "mov r1, #0\n"
                   "mov r8, r1\n"
                   "mov r9, r1\n"
                   "mov lr, r1\n"
                   "mov r3, #0x80000000\n"
                   "mov r10, r3\n"
                   "mov r11, r3\n"
                   "mov r12, r3\n"
                   "b 6b\n");
}

static int32_t least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

// Sets `window` to that of an output pixel. Returns where in an image its first input lies. A
// function of its own, because the loop over pixels would be laid out once for each kind of window.
static __attribute__((noinline)) int32_t open_window(
    const ink_packed_conv_t *conv, int32_t oy, int32_t ox, window_t *window) {
    int32_t y = oy * conv->stride_h - conv->pad_top;
    int32_t x = ox * conv->stride_w - conv->pad_left;
    int32_t step_y = conv->dilation_h;
    int32_t step_x = conv->dilation_w;
    // the first tap in the input, and the end of those that lie there
    int32_t top = y < 0 ? (step_y - 1 - y) / step_y : 0;
    int32_t left = x < 0 ? (step_x - 1 - x) / step_x : 0;
    int32_t rows = least((conv->input_h - y + step_y - 1) / step_y, conv->kernel_h) - top;
    int32_t columns = least((conv->input_w - x + step_x - 1) / step_x, conv->kernel_w) - left;
    // these may wrap where there is one row or column, and are not used then
    uint32_t row_step = (uint32_t)step_y * (uint32_t)(conv->input_w * conv->input_c);
    uint32_t column_step = (uint32_t)step_x * (uint32_t)conv->input_c;
    window->first_tap = HEAD_SIZE + (top * conv->kernel_w + left) * TAP_SIZE;
    window->rows = rows;
    window->columns = columns;
    if (rows <= 0 || columns <= 0) {
        // with dilation the input may lie between taps
        window->rows = 1;
        window->columns = 0;
        return 0;
    }
    if (conv->kernel_w == 1) {
        // a window of one column is taken as one row
        window->columns = rows;
        window->rows = 1;
        column_step = row_step;
    }
    window->column_step = (int32_t)column_step;
    window->row_gap = (int32_t)(row_step - (uint32_t)columns * column_step);
    window->tap_gap = (conv->kernel_w - columns) * TAP_SIZE;
    return ((y + top * step_y) * conv->input_w + x + left * step_x) * conv->input_c;
}

void ink_depthwise_packed_s8(
    const ink_packed_conv_t *conv, const int8_t *input, const void *weights, int8_t *output) {
    int8_t *to = output;
    uint32_t offset = (uint32_t)-conv->pad_value;
    window_t window;
    window.offset = (int32_t)(offset << 16 | (offset & 0xFFFF));
    window.output_zero = conv->output_zero;
    window.output_step = conv->output_c / conv->input_c;
    window.channels = conv->input_c;
    window.record_size = HEAD_SIZE + conv->kernel_h * conv->kernel_w * TAP_SIZE;
    const uint32_t steps = (uint32_t)(conv->kernel_h * conv->kernel_w * conv->output_c);
    uint32_t done = 0;
    for (int32_t n = 0; n < conv->batch; n++) {
        for (int32_t oy = 0; oy < conv->output_h; oy++) {
            for (int32_t ox = 0; ox < conv->output_w; ox++) {
                const int8_t *from = input + open_window(conv, oy, ox, &window);
                const int8_t *record = weights;
                for (int32_t m = 0; m < window.output_step; m++) {
                    record = convolve_channels(&window, from, to + m, record);
                }
                to += conv->output_c;
                done = ink_rest_after(done, steps);
            }
        }
        input += conv->input_h * conv->input_w * conv->input_c;
    }
    ink_packed_clamp(output, (size_t)(to - output), conv->act_min, conv->act_max);
}

#endif
