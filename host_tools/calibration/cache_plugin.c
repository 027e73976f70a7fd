// SPDX-License-Identifier: MIT
// A plugin for QEMU that counts the cache lines which a run of Cortex-M7 code misses, section by
// section. A section is a call of one of the functions given, by the caller given, until it has
// returned. It writes a line a section: the function's name, then for each region given the lines
// of data missed there, then for each region the lines of instructions missed there.
//
// Arguments: out=FILE function=NAME... caller=NAME region=START:END... data=BYTES code=BYTES.
// Addresses in no region are in no cache (as ITCM and DTCM are not).
//
// The caches are the Cortex-M7's: lines of 32 bytes, data in 4 ways, instructions in 2, write-back
// with allocation on reads and writes. Which way is replaced is drawn by chance, from a fixed start.
//
// QEMU's plugin header is in no Debian package, so what is used of it is declared here.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VISIBLE __attribute__((visibility("default")))
#define LINE 32
#define MOST_LINES 4096
#define MOST_NAMES 16
#define MOST_REGIONS 4
#define MOST_SECTIONS 2048

struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { NO_REGISTERS = 0, READS_AND_WRITES = 3 };

VISIBLE int qemu_plugin_version = PLUGIN_VERSION;
void qemu_plugin_register_vcpu_tb_trans_cb(
    uint64_t id, void (*callback)(uint64_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
    void (*callback)(unsigned, void *), int registers, void *user_data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
    void (*callback)(unsigned, uint32_t, uint64_t, void *), int registers, int access,
    void *user_data);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*callback)(uint64_t, void *), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *insn);
unsigned qemu_plugin_mem_size_shift(uint32_t info);

typedef struct {
    uint32_t sets, ways;
    uint32_t tags[MOST_LINES]; // the line's number + 1; 0 where there is none
} cache_t;

typedef struct {
    char function[64];
    uint64_t data[MOST_REGIONS], code[MOST_REGIONS];
} section_t;

typedef struct {
    uint32_t start, end;
    const char *function; // one of `functions`, where the block is its first
    char symbol[64];
} block_t;

static cache_t data_cache, code_cache;
static section_t sections[MOST_SECTIONS];
static int section_count, region_count, function_count;
static uint32_t regions[MOST_REGIONS][2], returns_to;
static char functions[MOST_NAMES][64], caller[64], out_path[4096];
static const block_t *last;
static bool inside;

static uint32_t draw(void) {
    static uint32_t state = 1;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

// Whether the line was missing; it is there afterwards.
static bool misses(cache_t *cache, uint32_t line) {
    uint32_t *set = &cache->tags[line % cache->sets * cache->ways];
    uint32_t victim = cache->ways;
    for (uint32_t way = 0; way < cache->ways; way++) {
        if (set[way] == line + 1) {
            return false;
        }
        if (set[way] == 0 && victim == cache->ways) {
            victim = way;
        }
    }
    set[victim < cache->ways ? victim : draw() % cache->ways] = line + 1;
    return true;
}

static void touch(cache_t *cache, uint64_t *counts, uint32_t first, uint32_t last_byte) {
    for (int region = 0; region < region_count; region++) {
        if (first >= regions[region][0] && first < regions[region][1]) {
            for (uint32_t line = first / LINE; line <= last_byte / LINE; line++) {
                counts[region] += misses(cache, line);
            }
        }
    }
}

static void on_access(unsigned cpu, uint32_t info, uint64_t address, void *user_data) {
    (void)cpu;
    (void)user_data;
    if (inside) {
        uint32_t first = (uint32_t)address;
        uint32_t size = 1u << qemu_plugin_mem_size_shift(info);
        touch(&data_cache, sections[section_count - 1].data, first, first + size - 1);
    }
}

static void on_block(unsigned cpu, void *user_data) {
    (void)cpu;
    const block_t *block = user_data;
    if (inside && block->start == returns_to) {
        inside = false;
    }
    // the compiler may have split the caller and named the part after it: profile.part.0
    size_t length = strlen(caller);
    bool called = last != NULL && !inside && strncmp(last->symbol, caller, length) == 0 &&
                  (last->symbol[length] == 0 || last->symbol[length] == '.');
    if (called && block->function != NULL && section_count < MOST_SECTIONS) {
        strcpy(sections[section_count++].function, block->function);
        returns_to = last->end;
        inside = true;
    }
    if (inside) {
        touch(&code_cache, sections[section_count - 1].code, block->start, block->end - 1);
    }
    last = block;
}

static void on_translation(uint64_t id, struct qemu_plugin_tb *tb) {
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(tb);
    struct qemu_plugin_insn *first = qemu_plugin_tb_get_insn(tb, 0);
    struct qemu_plugin_insn *end = qemu_plugin_tb_get_insn(tb, count - 1);
    block_t *block = calloc(1, sizeof(*block));
    block->start = (uint32_t)qemu_plugin_insn_vaddr(first);
    block->end = (uint32_t)(qemu_plugin_insn_vaddr(end) + qemu_plugin_insn_size(end));
    const char *symbol = qemu_plugin_insn_symbol(first);
    snprintf(block->symbol, sizeof(block->symbol), "%s", symbol == NULL ? "" : symbol);
    for (int i = 0; i < function_count; i++) {
        if (strcmp(functions[i], block->symbol) == 0) {
            block->function = functions[i];
        }
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, NO_REGISTERS, block);
    for (size_t i = 0; i < count; i++) {
        qemu_plugin_register_vcpu_mem_cb(
            qemu_plugin_tb_get_insn(tb, i), on_access, NO_REGISTERS, READS_AND_WRITES, NULL);
    }
}

static void on_end(uint64_t id, void *user_data) {
    (void)id;
    (void)user_data;
    FILE *file = fopen(out_path, "w");
    if (file == NULL) {
        return;
    }
    for (int i = 0; i < section_count; i++) {
        fprintf(file, "%s", sections[i].function);
        for (int region = 0; region < region_count; region++) {
            fprintf(file, " %llu", (unsigned long long)sections[i].data[region]);
        }
        for (int region = 0; region < region_count; region++) {
            fprintf(file, " %llu", (unsigned long long)sections[i].code[region]);
        }
        fprintf(file, "\n");
    }
    fclose(file);
}

static const char *value_of(const char *word, const char *name) {
    size_t length = strlen(name);
    return strncmp(word, name, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

VISIBLE int qemu_plugin_install(uint64_t id, const void *info, int count, char **words) {
    (void)info;
    data_cache.ways = 4;
    code_cache.ways = 2;
    for (int i = 0; i < count; i++) {
        const char *value;
        if ((value = value_of(words[i], "out")) != NULL) {
            snprintf(out_path, sizeof(out_path), "%s", value);
        } else if ((value = value_of(words[i], "caller")) != NULL) {
            snprintf(caller, sizeof(caller), "%s", value);
        } else if ((value = value_of(words[i], "function")) != NULL) {
            if (function_count == MOST_NAMES) {
                return 1;
            }
            snprintf(functions[function_count++], sizeof(functions[0]), "%s", value);
        } else if ((value = value_of(words[i], "region")) != NULL) {
            char *end;
            if (region_count == MOST_REGIONS) {
                return 1;
            }
            regions[region_count][0] = (uint32_t)strtoul(value, &end, 0);
            regions[region_count++][1] = (uint32_t)strtoul(end + 1, NULL, 0);
        } else if ((value = value_of(words[i], "data")) != NULL) {
            data_cache.sets = (uint32_t)strtoul(value, NULL, 0) / LINE / data_cache.ways;
        } else if ((value = value_of(words[i], "code")) != NULL) {
            code_cache.sets = (uint32_t)strtoul(value, NULL, 0) / LINE / code_cache.ways;
        } else {
            return 1;
        }
    }
    if (data_cache.sets == 0 || code_cache.sets == 0) {
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_end, NULL);
    return 0;
}
