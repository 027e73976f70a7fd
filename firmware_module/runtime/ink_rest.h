// SPDX-License-Identifier: MIT
// Long operators can be left: kernels say now and then how much they did.
#ifndef INK_REST_H
#define INK_REST_H

#include <stddef.h>
#include <stdint.h>

// Steps of work between two rests, where no piece between is larger: 1 to 50 instructions each.
#define INK_REST_STEPS (1u << 18)

// Given by who wants to be asked. It may not return: kernels hold nothing.
void ink_pause(uint32_t steps) __attribute__((weak));

static inline void ink_rest(uint32_t steps) {
    if (ink_pause != NULL) {
        ink_pause(steps);
    }
}

// The same once enough is `done`; returns what is done since.
static inline uint32_t ink_rest_after(uint32_t done, uint32_t steps) {
    done += steps;
    if (done >= INK_REST_STEPS) {
        ink_rest(done);
        done = 0;
    }
    return done;
}

// For loops over many elements of one row: now and then, by the place.
static inline void ink_rest_within(uint32_t place) {
    const uint32_t steps = INK_REST_STEPS / 4;
    if (place % steps == steps - 1) {
        ink_rest(steps);
    }
}

#endif
