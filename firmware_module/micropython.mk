# Adds Inkling to a MicroPython build: make USER_C_MODULES=<the folder that holds firmware_module> ...
# INKLING_WITHOUT="<switches of ink_options.h>" leaves out what these are for, such as INK_AUDIO.
# CMSIS_NN=<prefix> takes the ink_nn_* kernels from Arm's library (include/, lib/libcmsis-nn.a) instead of ours.

INKLING_DIR := $(USERMOD_DIR)
INKLING_C := $(foreach depth,*.c */*.c,$(foreach room,runtime kernels audio,$(wildcard $(INKLING_DIR)/$(room)/$(depth))))

CFLAGS_USERMOD += -I$(INKLING_DIR) -I$(INKLING_DIR)/runtime
include $(INKLING_DIR)/options.mk
CFLAGS_USERMOD += $(INKLING_WITHOUT:%=-D%=0)

ifneq ($(CMSIS_NN),)
INKLING_CMSIS_NN := $(firstword $(wildcard $(CMSIS_NN)/lib/libcmsis-nn.a $(CMSIS_NN)/libcmsis-nn.a))
ifeq ($(INKLING_CMSIS_NN),)
$(error CMSIS_NN='$(CMSIS_NN)' has neither lib/libcmsis-nn.a nor libcmsis-nn.a)
endif
# whole, because ports differ in where they put these flags: the linker drops what is not used
LDFLAGS_USERMOD += -Wl,--whole-archive $(INKLING_CMSIS_NN) -Wl,--no-whole-archive
INKLING_C := $(foreach source,$(INKLING_C),$(if $(filter ink_nn_%,$(notdir $(source))),,$(source)))
endif

# only the binding holds MicroPython's interned strings
SRC_USERMOD_C += $(wildcard $(INKLING_DIR)/module/*.c)
SRC_USERMOD_LIB_C += $(INKLING_C)

INKLING_BUILD := $(BUILD)/$(notdir $(INKLING_DIR))
include $(INKLING_DIR)/optimization.mk

# a changed flag compiles again, too
INKLING_OBJECTS := $(patsubst $(INKLING_DIR)/%.c,$(INKLING_BUILD)/%.o,$(SRC_USERMOD_C) $(SRC_USERMOD_LIB_C))
$(filter $(INKLING_BUILD)/%,$(INKLING_OBJECTS)): $(INKLING_DIR)/micropython.mk $(INKLING_DIR)/optimization.mk

# and so does a changed list of what is left out
INKLING_LIST := $(INKLING_BUILD)/without$(subst $() ,,$(INKLING_WITHOUT:INK_%=-%))
$(INKLING_LIST):
	$(Q)mkdir -p $(@D) && rm -f $(@D)/without* && touch $@
$(filter $(INKLING_BUILD)/%,$(INKLING_OBJECTS)): $(INKLING_LIST)

# before any other CMSIS-NN that the firmware has, and for our objects alone
ifneq ($(CMSIS_NN),)
$(INKLING_OBJECTS): CFLAGS += -DINK_CMSIS_NN -iquote $(CMSIS_NN)/include
endif
