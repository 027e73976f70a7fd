// SPDX-License-Identifier: MIT
// Listening: samples of any number go in, the network's input is made of the newest frames, and its
// scores are smoothed until a word stands out. Allocates nothing, runs no network.
//
//     ink_listener_take(listener, samples, count);  // until listener->due, or all are taken
//     ink_listener_fill(listener);                  // the network's input; then run it
//     ink_listener_hear(listener);                  // its output
#ifndef INK_LISTENER_H
#define INK_LISTENER_H

#include "ink_features.h"

#define INK_NO_WORD (-1)
#define INK_MAX_SMOOTHING 64
#define INK_MAX_SCORES (1u << 23) // so that sizes have 32 bits

typedef struct {
    uint32_t stride;     // frames from one result to the next; 0: the front end's
    uint32_t smoothing;  // results that scores are means of
    float threshold;     // a mean from which on a word counts as heard
    float hysteresis;    // by how much it must fall below until the same word counts anew
    uint32_t refractory; // results after a word in which none is heard
} ink_listener_settings_t;

typedef struct {
    const ink_model_t *model;
    const ink_front_end_t *record;
    ink_features_t features;
    ink_listener_settings_t settings;
    uint32_t input, frames, blocks, n_scores; // the input's number
    float unit;                               // a score of 1 in the network's output
    // in the memory given
    int16_t *samples; // of blocks * hop
    int16_t *peaks;   // of each hop that the input reaches into
    int32_t *first;   // coefficient 0 of each frame, times 2^16
    int32_t *values;  // of one frame
    uint8_t *stored;  // frames x coefficients, a ring
    int16_t *history; // smoothing x n_scores, a ring
    int32_t *sums;    // of the history
    float *scores;    // the means
    uint8_t *words;   // whether an output is a word to be heard: all 1 at first
    // what has happened
    uint32_t filled;  // samples
    uint32_t n_peaks; // written so far, as the others
    uint32_t n_frames;
    uint32_t n_results;
    uint32_t waiting; // frames until the next result
    uint32_t resting; // results until a word can be heard
    int32_t held;     // the word that was heard last and has not fallen since
    int32_t word;     // heard by the last result, or INK_NO_WORD
    bool due;         // a result is to be made before more samples are taken
} ink_listener_t;

// The first input with a front end, or n_inputs where there is none.
uint32_t ink_listener_input(const ink_model_t *model);

// Bytes of memory for a listener, at a multiple of 8. Output 0 has at most INK_MAX_SCORES elements.
uint32_t ink_listener_size(const ink_model_t *model, uint32_t smoothing);

// Starts a listener; the model has its arena and an input with a front end. smoothing is 1 to
// INK_MAX_SMOOTHING.
void ink_listener_start(ink_listener_t *listener, const ink_model_t *model, void *memory,
    const ink_listener_settings_t *settings);

// Forgets all it heard.
void ink_listener_reset(ink_listener_t *listener);

// Forgets the samples of frames that are not whole: what follows does not join them.
void ink_listener_cut(ink_listener_t *listener);

// Takes up to `count` int16 at `samples`, of any alignment; returns how many, fewer only when due.
uint32_t ink_listener_take(ink_listener_t *listener, const void *samples, uint32_t count);

// Writes the network's input. Where it shares frames with the last one, its states begin anew.
void ink_listener_fill(ink_listener_t *listener);

// Takes the network's output 0 into scores and word.
void ink_listener_hear(ink_listener_t *listener);

// Samples from one result to the next; results in so many milliseconds, rounded up.
uint32_t ink_listener_hop(const ink_listener_t *listener);
uint32_t ink_listener_results(const ink_listener_t *listener, uint32_t milliseconds);

#endif
