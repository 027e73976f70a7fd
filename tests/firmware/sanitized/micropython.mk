# A user C module beside Inkling's in MicroPython's unix port: AddressSanitizer for all, with its heap under guard too,
# UndefinedBehaviorSanitizer for ours (make firmware-unix SANITIZE=1).

SRC_USERMOD_C += $(USERMOD_DIR)/guarded_heap.c

CFLAGS_USERMOD += -fsanitize=address
LDFLAGS_USERMOD += -fsanitize=address,undefined $(foreach function,gc_alloc gc_realloc gc_free,-Wl,--wrap=$(function))

# the collector reads every word, and clears blocks that are under guard
$(BUILD)/py/gc.o: CFLAGS += -fno-sanitize=address -Dmemset=guarded_heap_memset -Dmemmove=guarded_heap_memmove \
	-Dmemcpy=guarded_heap_memmove

$(INKLING_OBJECTS): CFLAGS += -fsanitize=undefined,float-cast-overflow -fno-sanitize-recover=all
