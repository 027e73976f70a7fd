// SPDX-License-Identifier: MIT
// Shows blobs to mutants of the verifier, each in a process of its own: one that says of some blob
// what is not its right line is killed, and so is one that the sanitizers stop.
//
//     judge_mutants BLOBS LINES MASKS JOBS
//
// From the standard input it reads a line for each mutant, "number mask": only blobs with a common
// bit in their u64 of MASKS are shown to it. Prints "number verdict" for each.
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge_line.h"

#define MOST_SECONDS 20 // of a core: all blobs take about two
#define MOST_JOBS 64
#define OTHER_VERDICT 3

int ink_mutant; // its number, 0 for none

// so that its end is not taken for another verdict
const char *__asan_default_options(void) {
    return "exitcode=99:detect_leaks=0";
}

typedef struct {
    const uint8_t *blob;
    const char *line;
    uint64_t mask;
    uint32_t size;
} case_t;

static uint8_t *whole(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size + 1);
    *size = fread(bytes, 1, *size, file);
    bytes[*size] = 0;
    fclose(file);
    return bytes;
}

static case_t *read_cases(char **paths, uint32_t *count) {
    size_t blobs_size, lines_size, masks_size;
    const uint8_t *blobs = whole(paths[0], &blobs_size);
    char *line = (char *)whole(paths[1], &lines_size);
    const uint8_t *masks = whole(paths[2], &masks_size);
    *count = (uint32_t)(masks_size / sizeof(uint64_t));
    case_t *cases = calloc(*count, sizeof(case_t));
    for (uint32_t i = 0; i < *count; i++) {
        char *end = strchr(line, '\n');
        *end = 0;
        memcpy(&cases[i].size, blobs, sizeof(uint32_t));
        memcpy(&cases[i].mask, masks + i * sizeof(uint64_t), sizeof(uint64_t));
        cases[i].blob = blobs + sizeof(uint32_t);
        cases[i].line = line;
        blobs += sizeof(uint32_t) + cases[i].size;
        line = end + 1;
    }
    return cases;
}

// In a process of its own.
static void judge(const case_t *cases, uint32_t count, uint64_t mask) {
    const struct rlimit limit = {MOST_SECONDS, MOST_SECONDS};
    setrlimit(RLIMIT_CPU, &limit);
    (void)!freopen("/dev/null", "w", stderr);
    for (const case_t *one = cases; one < cases + count; one++) {
        char line[MOST_LINE];
        if ((one->mask & mask) != 0) {
            line_on(one->blob, one->size, line);
            if (strcmp(line, one->line) != 0) {
                _exit(OTHER_VERDICT);
            }
        }
    }
    _exit(0);
}

static const char *verdict(int status) {
    if (WIFSIGNALED(status)) {
        return WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL ? "no end" : "a crash";
    }
    return WEXITSTATUS(status) == 0               ? "survives"
           : WEXITSTATUS(status) == OTHER_VERDICT ? "another verdict"
                                                  : "the sanitizers";
}

static pid_t children[MOST_JOBS];
static int numbers[MOST_JOBS];

static void await_one(void) {
    int status;
    pid_t child = wait(&status);
    for (uint32_t i = 0; i < MOST_JOBS; i++) {
        if (children[i] == child) {
            children[i] = 0;
            printf("%d %s\n", numbers[i], verdict(status));
            fflush(stdout);
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: judge_mutants BLOBS LINES MASKS JOBS\n");
        return 2;
    }
    uint32_t count;
    const case_t *cases = read_cases(argv + 1, &count);
    int jobs = atoi(argv[4]);
    jobs = jobs < 1 ? 1 : jobs > MOST_JOBS ? MOST_JOBS : jobs;
    int number;
    uint64_t mask;
    int running = 0;
    while (scanf("%d %" SCNu64, &number, &mask) == 2) {
        if (running == jobs) {
            await_one();
            running--;
        }
        uint32_t slot = 0;
        while (children[slot] != 0) {
            slot++;
        }
        numbers[slot] = number;
        children[slot] = fork();
        if (children[slot] == 0) {
            ink_mutant = number;
            judge(cases, count, mask);
        }
        running++;
    }
    for (; running > 0; running--) {
        await_one();
    }
    return 0;
}
