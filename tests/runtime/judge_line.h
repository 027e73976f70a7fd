// SPDX-License-Identifier: MIT
// What became of a blob, in a line.
#include "malloc_memory.h"

#define MOST_LINE 300

// "runs", a sum of the outputs on inputs that are the same for each blob, the sums of what steers
// it and its steps; or "refused" and why.
static inline void line_on(const uint8_t *bytes, uint32_t size, char line[MOST_LINE]) {
    uint64_t outputs;
    char message[MOST_LINE - 30];
    state = 1;
    if (open_and_run(bytes, size, &outputs, message, sizeof(message)) == INK_OK) {
        snprintf(line, MOST_LINE, "runs %016llx, steered by %08x%08x, %u steps",
            (unsigned long long)outputs, steering[0], steering[1], steps);
    } else {
        snprintf(line, MOST_LINE, "refused %s", message);
    }
}
