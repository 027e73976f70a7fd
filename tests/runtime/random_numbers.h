// SPDX-License-Identifier: MIT
// Random numbers from a seed: splitmix64. Two calls in one expression would come in any order, so
// that compilers would differ.
#ifndef RANDOM_NUMBERS_H
#define RANDOM_NUMBERS_H

#include <stdint.h>

static uint64_t state;

// What follows depends on these two alone.
static inline void begin_random(uint64_t seed, uint64_t iteration) {
    state = seed * 0x100000001b3u + iteration * 0xd1342543de82ef95u;
}

static uint32_t any(void) {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

static uint32_t below(uint32_t limit) {
    return (uint32_t)(((uint64_t)any() * limit) >> 32);
}

#endif
