// SPDX-License-Identifier: MIT
// The inner kernel of direct convolution, in assembly: the compiler keeps neither the registers nor
// the schedule. 8 multiplications in 8 cycles with everything else beside them.
//
// A word of weights holds two taps of 256 x wA + wB. SMLAD with it accumulates 256 x A + B, SMLAD
// with its sign-extended low bytes (SXTB16) accumulates B, so that A = (sum - B) >> 8.
// r4-r7: 256 x A + B of 4 pixels, r8-r11: B, r0: panel, r1: weights, r2: a word of weights, r3: its
// low bytes, r12 and lr: inputs. The loads for a word are issued while the word before is at work.
#include "ink_conv_packed_tile.h"
#include "ink_packed_common.h"

#if INK_HAVE_DSP

#pragma GCC diagnostic ignored "-Wunused-parameter" // a naked function's, by register

// How many words of weights one pass of the loop takes, and its end. Of half as many, or a quarter
// where other kernels have most of the work (kernel_list.py), the last word moves both pointers, so
// that a pass costs 3 instructions besides instead of 5.
#ifdef __OPTIMIZE_SIZE__
#ifdef INK_SHORT_TILE
#define TILE_WORDS "8"
#else
#define TILE_WORDS "16"
#endif
// whoever enters at the end skips none
#define SKIPPED_WORDS                                                                              \
    "and r5, r4, #tile_words - 1\n"                                                                \
    "sub r5, r5, #2\n"
#define LAST_WORDS                                                                                 \
    "word (tile_words-2), 16*tile_words-32, 16*tile_words-28\n"                                    \
    "smlad r4, r2, r12, r4\n"                                                                      \
    "sxtb16.w r3, r2\n"                                                                            \
    "smlad r5, r2, lr, r5\n"                                                                       \
    "smlad r8, r3, r12, r8\n"                                                                      \
    "ldr.w r12, [r0, #16*tile_words-12]!\n"                                                        \
    "smlad r9, r3, lr, r9\n"                                                                       \
    "ldr.w lr, [r0, #8]\n"                                                                         \
    "smlad r6, r2, r12, r6\n"                                                                      \
    "smlad r7, r2, lr, r7\n"                                                                       \
    "ldr.w r2, [r1, #4*tile_words]!\n"                                                             \
    "smlad r10, r3, r12, r10\n"                                                                    \
    "ldr.w r12, [r0, #12]!\n"                                                                      \
    "smlad r11, r3, lr, r11\n"                                                                     \
    "ldr.w lr, [r0, #8]\n"                                                                         \
    "ldr r3, [sp, #4]\n"
#else
#define TILE_WORDS "32"
#define SKIPPED_WORDS "sub r5, r4, #2\n"
#define LAST_WORDS                                                                                 \
    "two_words 14\n"                                                                               \
    "two_words 16\n"                                                                               \
    "two_words 18\n"                                                                               \
    "two_words 20\n"                                                                               \
    "two_words 22\n"                                                                               \
    "two_words 24\n"                                                                               \
    "two_words 26\n"                                                                               \
    "two_words 28\n"                                                                               \
    "two_words 30\n"                                                                               \
    "ldr r3, [sp, #4]\n"                                                                           \
    "add r0, r0, #16 * tile_words\n"                                                               \
    "add r1, r1, #4 * tile_words\n"
#endif

INK_FIELD_AT(ink_conv_tile_t, panel, 0);
INK_FIELD_AT(ink_conv_tile_t, groups, 4);
INK_FIELD_AT(ink_conv_tile_t, stride, 8);
INK_FIELD_AT(ink_conv_tile_t, pairs, 12);
INK_FIELD_AT(ink_conv_tile_t, output_zero, 16);

// Offsets in the stack frame.
// 0 panel, 4 end of panel, 8 stride, 12 end of output, 16 bytes of weights that the entry skips
// less those of the first two words, 20 entry, 24 zero point of the output, 28 output
__attribute__((naked)) void ink_conv_packed_tile(
    const ink_conv_tile_t *tile, const void *weights, int8_t *output) {
    __asm volatile(
        ".set tile_words, " TILE_WORDS "\n"

        // One word. `at` is where the panel's inputs of this word lie, `next` of the word after;
        // then the registers where the sums of 256 x A + B and of B come from.
        ".macro word i, at, next, a0=r4, a1=r5, a2=r6, a3=r7, b0=r8, b1=r9, b2=r10, b3=r11\n"
        "smlad r4, r2, r12, \\a0\n"
        "sxtb16.w r3, r2\n"
        "smlad r5, r2, lr, \\a1\n"
        "smlad r8, r3, r12, \\b0\n"
        "ldr.w r12, [r0, #\\at + 16]\n"
        "smlad r9, r3, lr, \\b1\n"
        "ldr.w lr, [r0, #\\at + 24]\n"
        "smlad r6, r2, r12, \\a2\n"
        "smlad r7, r2, lr, \\a3\n"
        "ldr.w r2, [r1, #4 * \\i + 4]\n"
        "smlad r10, r3, r12, \\b2\n"
        "ldr.w r12, [r0, #\\next]\n"
        "smlad r11, r3, lr, \\b3\n"
        "ldr.w lr, [r0, #\\next + 8]\n"
        ".endm\n"
        ".macro two_words i\n"
        "word \\i, 16*\\i, 16*\\i+4\n"
        "word (\\i+1), 16*\\i+4, 16*\\i+32\n"
        ".endm\n"

        "push {r4-r11, lr}\n"
        "sub sp, sp, #36\n"
        "ldm r0, {r3, r4, r5, r6, r7}\n" // panel, groups, stride, pairs, output_zero
        "strd r7, r2, [sp, #24]\n"
        "add r7, r3, r4, lsl #5\n" // end of panel
        "strd r3, r7, [sp]\n"
        "add r6, r2, r6, lsl #1\n"
        "strd r5, r6, [sp, #8]\n"
        // after the first two words the loop is entered where what is left is whole passes: at its
        // very end if that is no word more
        "sub r4, r4, #1\n"
        "lsl r4, r4, #1\n"
        "and r4, r4, #tile_words - 1\n"
        "rsb r4, r4, #tile_words\n" SKIPPED_WORDS "lsl r5, r5, #2\n"
        "rsb r4, r4, r4, lsl #3\n" // a word is 14 instructions of 4 bytes
        "adr r6, 1f\n"
        "add r6, r6, r4, lsl #3\n"
        "orr r6, r6, #1\n"
        "strd r5, r6, [sp, #16]\n"

        // a pair of output channels
        "0:\n"
        "ldr r0, [sp]\n"
        "ldrd r7, r11, [r1]\n"
        "ldr.w r12, [r0]\n"
        "ldr r2, [r1, #8]!\n"
        "ldr.w lr, [r0, #8]\n"
        "word 0, 0, 4, r7, r7, r7, r7, r11, r11, r11, r11\n"
        "word 1, 4, 32\n"
        "ldr r3, [sp, #16]\n"
        "sub r0, r0, r3, lsl #2\n"
        "sub r1, r1, r3\n"
        "ldr.w pc, [sp, #20]\n"

        ".balign 4\n"
        "1:\n"
        "two_words 0\n"
        "two_words 2\n"
        "two_words 4\n"
        ".if tile_words > 8\n"
        "two_words 6\n"
        "two_words 8\n"
        "two_words 10\n"
        "two_words 12\n"
        ".endif\n" LAST_WORDS "cmp r0, r3\n"
        "bne.w 1b\n"

        // A = (sum - B) >> 8, then both channels are requantized; see requantize()
        "ldr.w r12, [r1, #4]\n"
        "ldr.w lr, [r1, #12]\n"
        "sub r5, r5, r9\n"
        "sub r4, r4, r8\n"
        "ldr r0, [r1, #8]\n"
        "sub r6, r6, r10\n"
        "ands r3, r12, lr\n"
        "ldr r2, [r1], #16\n"
        "sub r7, r7, r11\n"
        "bpl.w 3f\n"
        "2:\n"
        "smmlar r10, r10, r0, r10\n"
        "asr r5, r5, #8\n"
        "smmlar r8, r8, r0, r8\n"
        "asr r4, r4, #8\n"
        "smmlar r9, r9, r0, r9\n"
        "asr r6, r6, #8\n"
        "asr r7, r7, #8\n"
        "smmlar r6, r6, r2, r6\n"
        "smmlar r7, r7, r2, r7\n"
        "ldr r3, [sp, #24]\n"
        "add r9, r9, r9, asr #31\n"
        "smmlar r5, r5, r2, r5\n"
        "add r8, r8, r8, asr #31\n"
        "smmlar r11, r11, r0, r11\n"
        "add r7, r7, r7, asr #31\n"
        "smmlsr r8, r8, lr, r3\n"
        "smmlsr r9, r9, lr, r3\n"
        "add r5, r5, r5, asr #31\n"
        "add r10, r10, r10, asr #31\n"
        "smmlar r4, r4, r2, r4\n"
        "add r6, r6, r6, asr #31\n"
        "smmlsr r5, r5, r12, r3\n"
        "add r11, r11, r11, asr #31\n"
        "smmlsr r6, r6, r12, r3\n"
        "add r4, r4, r4, asr #31\n"
        "ldr r2, [sp, #8]\n" // stride
        "ssat r8, #8, r8\n"
        "smmlsr r4, r4, r12, r3\n"
        "ssat r9, #8, r9\n"
        "smmlsr r10, r10, lr, r3\n"
        "ssat r5, #8, r5\n"
        "smmlsr r11, r11, lr, r3\n"
        "ssat r4, #8, r4\n"
        "ldr.w lr, [sp, #28]\n" // output
        "bfi r5, r9, #8, #8\n"
        "smmlsr r7, r7, r12, r3\n"
        "ssat r10, #8, r10\n"
        "bfi r4, r8, #8, #8\n"
        "ldr r3, [sp, #12]\n" // end of output
        "ssat r6, #8, r6\n"
        "strh.w r4, [lr]\n"
        "ssat r11, #8, r11\n"
        "strh.w r5, [lr, r2]\n"
        "add r12, lr, r2, lsl #1\n"
        "add lr, lr, #2\n"
        "ssat r7, #8, r7\n"
        "str.w lr, [sp, #28]\n"
        "bfi r6, r10, #8, #8\n"
        "strh.w r6, [r12]\n"
        "bfi r7, r11, #8, #8\n"
        "strh.w r7, [r12, r2]\n"
        "cmp lr, r3\n"
        "bne 0b\n"

        "add sp, sp, #36\n"
        "pop {r4-r11, pc}\n"

        // A or B shifts to the left, or B is none and its scale 0; then as
        // ink_packed_requantize_four() says
        "3:\n"
        "cmp.w r12, #0\n"
        "bgt 4f\n"
        "cmp.w lr, #0\n"
        "ble 2b\n"
        "4:\n"
        "asr r4, r4, #8\n"
        "asr r5, r5, #8\n"
        "asr r6, r6, #8\n"
        "asr r7, r7, #8\n"
        "push {r0, r2, r4-r12, lr}\n"
        "sub r4, r1, #16\n"
        "mov r5, #0x80000000\n"
        "mov r6, #0\n"
        "cmp.w r12, #0\n"
        "ble 5f\n"
        "ldr r3, [sp, #24 + 48]\n"
        "mov r2, r6\n"
        "mov r1, r4\n"
        "add r0, sp, #8\n"
        "bl ink_packed_requantize_four\n"
        "str r6, [sp, #4]\n"
        "str r5, [sp, #40]\n"
        "5:\n"
        "ldr r2, [sp, #44]\n"
        "cmp r2, #0\n"
        "ble 6f\n"
        "ldr r3, [sp, #24 + 48]\n"
        "mov r2, r6\n"
        "add r1, r4, #8\n"
        "add r0, sp, #24\n"
        "bl ink_packed_requantize_four\n"
        "str r6, [sp]\n"
        "str r5, [sp, #44]\n"
        "6:\n"
        "add r1, r4, #16\n"
        "pop {r0, r2, r4-r12, lr}\n"
        "lsl r4, r4, #8\n"
        "lsl r5, r5, #8\n"
        "lsl r6, r6, #8\n"
        "lsl r7, r7, #8\n"
        "b 2b\n"
        ".purgem word\n"
        ".purgem two_words\n");
}

#endif
