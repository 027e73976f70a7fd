// SPDX-License-Identifier: MIT
// MicroPython's heap under AddressSanitizer: what lies behind an allocation's last byte, what was
// freed and what was moved away from must not be touched. And `guarded_heap.fail(n)`: the n-th
// allocation from now on fails, as in a full heap.
#include <sanitizer/asan_interface.h>

#include "py/gc.h"
#include "py/runtime.h"

void *__real_gc_alloc(size_t size, unsigned int flags);
void *__real_gc_realloc(void *pointer, size_t size, bool may_move);
void __real_gc_free(void *pointer);

static size_t allocations;
static size_t failing; // the number of the one that fails; 0: none

static bool fails(void) {
    return ++allocations == failing;
}

static void guard(void *pointer, size_t size) {
    if (pointer != NULL) {
        uint8_t *bytes = pointer;
        __asan_unpoison_memory_region(bytes, size);
        __asan_poison_memory_region(bytes + size, gc_nbytes(pointer) - size);
    }
}

void *__wrap_gc_alloc(size_t size, unsigned int flags) {
    void *pointer = fails() ? NULL : __real_gc_alloc(size, flags);
    guard(pointer, size);
    return pointer;
}

void __wrap_gc_free(void *pointer) {
    if (pointer != NULL) {
        size_t size = gc_nbytes(pointer);
        __real_gc_free(pointer);
        __asan_poison_memory_region(pointer, size);
    }
}

void *__wrap_gc_realloc(void *pointer, size_t size, bool may_move) {
    if (pointer == NULL) {
        return __wrap_gc_alloc(size, 0);
    }
    size_t before = gc_nbytes(pointer);
    if (size == 0) {
        __wrap_gc_free(pointer);
        return NULL;
    }
    if (size > before && fails()) {
        return NULL;
    }
    void *moved = __real_gc_realloc(pointer, size, may_move);
    if (moved != NULL && moved != pointer) {
        __asan_poison_memory_region(pointer, before);
    } else if (moved != NULL && gc_nbytes(moved) < before) {
        size_t now = gc_nbytes(moved);
        __asan_poison_memory_region((uint8_t *)moved + now, before - now);
    }
    guard(moved, size);
    return moved;
}

// without a look at the guards
__attribute__((no_sanitize("address"))) void *guarded_heap_memset(
    void *to, int value, size_t size) {
    for (volatile uint8_t *byte = to; byte < (uint8_t *)to + size; byte++) {
        *byte = (uint8_t)value;
    }
    return to;
}

__attribute__((no_sanitize("address"))) void *guarded_heap_memmove(
    void *to, const void *from, size_t size) {
    volatile uint8_t *target = to;
    const volatile uint8_t *source = from;
    for (size_t i = 0; i < size; i++) {
        size_t at = target < source ? i : size - 1 - i;
        target[at] = source[at];
    }
    return to;
}

static mp_obj_t fail(mp_obj_t number) {
    size_t after = (size_t)mp_obj_get_int(number);
    failing = after == 0 ? 0 : allocations + after;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(fail_obj, fail);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_guarded_heap)},
    {MP_ROM_QSTR(MP_QSTR_fail), MP_ROM_PTR(&fail_obj)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t guarded_heap_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_guarded_heap, guarded_heap_module);
