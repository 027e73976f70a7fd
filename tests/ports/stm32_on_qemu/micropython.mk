# Beside firmware_module/ in a build of MicroPython's STM32 port for B_L475E_IOT01A: what QEMU's machine of that
# name lacks is replaced. The checkout stays as it is; everything that is replaced stands in this file.

STM32_ON_QEMU := $(USERMOD_DIR)
comma := ,
SRC_USERMOD_C += $(STM32_ON_QEMU)/replacements.c

# Functions that wait for what is not modelled, read it or write it: see replacements.c. SystemClock_Config, which is
# replaced there too, is weak in the port.
STM32_ON_QEMU_WRAPPED := rtc_init_start rtc_init_finalise switch_get flash_erase flash_write
LDFLAGS_USERMOD += $(addprefix -Wl$(comma)--wrap=,$(STM32_ON_QEMU_WRAPPED))

# So the half of flash that would hold files is never written: it holds /rom, as QEMU is given it.
CFLAGS_USERMOD += -DMICROPY_HW_ROMFS_ENABLE_INTERNAL_FLASH=1 -DMICROPY_HW_ROMFS_ENABLE_PART0=1
LDFLAGS_USERMOD += -Wl,--defsym=_micropy_hw_romfs_part0_start=0x08080000
LDFLAGS_USERMOD += -Wl,--defsym=_micropy_hw_romfs_part0_size=0x7F000

# ST's header, changed in three places: the UART's data registers, which QEMU knows as 32 bits, and the part's number
# and size of flash: their system memory is not modelled, so they are at the end of flash.
STM32_ON_QEMU_HEADER := $(BUILD)/stm32_on_qemu.h
$(shell mkdir -p $(BUILD) && sed \
	-e 's/__IO uint16_t \([RT]DR\);/__IO uint32_t \1;/' \
	-e '/uint16_t  *RESERVED[45];.*0x2[6A]/d' \
	-e 's/^\(#define UID_BASE .*\)0x1FFF7590UL/\10x080FFFE0UL/' \
	-e 's/^\(#define FLASHSIZE_BASE .*\)0x1FFF75E0UL/\10x080FFFF0UL/' \
	$(TOP)/lib/stm32lib/CMSIS/STM32L4xx/Include/stm32l475xx.h >$(STM32_ON_QEMU_HEADER))
CFLAGS_USERMOD += -include $(abspath $(STM32_ON_QEMU_HEADER))
