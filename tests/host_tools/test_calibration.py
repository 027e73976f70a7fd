"""Lines of the caches are counted in a real run of code that reads known bytes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.calibration.__main__ import PUBLISHED
from host_tools.calibration.measure import measure_image
from host_tools.calibration.networks import mobilenet_v2
from host_tools.errors import CommandError
from host_tools.pack import plan_model

CODE = r"""
#include <stdint.h>
extern uint32_t stack_top;
__attribute__((noinline)) uint32_t read_all(const volatile uint32_t *words, uint32_t count) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += words[i];
    }
    return sum;
}
__attribute__((section(".cached"))) uint32_t cached[16384];
uint32_t tightly_coupled[1024];
static const uint32_t in_flash[2048] = {1};
void measured(void) {
    read_all(cached, 2048);
    read_all(cached, 2048);
    read_all(cached, 16384);
    read_all(cached, 16384);
    read_all(tightly_coupled, 1024);
    read_all(in_flash, 2048);
}
void start(void) {
    measured();
    uint32_t block[2] = {0x20026, 0};
    register uint32_t r0 __asm__("r0") = 0x20;
    register uint32_t *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" ::"r"(r0), "r"(r1) : "memory");
}
__attribute__((section(".vectors"), used))
const void *vectors[4] = {&stack_top, start, start, start};
"""
SCRIPT = """
MEMORY
{
    FLASH (rx) : ORIGIN = 0, LENGTH = 1M
    DTCM (rwx) : ORIGIN = 0x20000000, LENGTH = 128K
    RAM (rwx) : ORIGIN = 0x20200000, LENGTH = 512K
}
SECTIONS
{
    .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) } > FLASH
    .cached (NOLOAD) : { *(.cached) } > RAM
    .bss (NOLOAD) : { *(.bss*) *(COMMON) } > DTCM
    stack_top = 0x20010000;
}
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calibration")
    (folder / "code.c").write_text(CODE)
    (folder / "memory.ld").write_text(SCRIPT)
    words = ["arm-none-eabi-gcc", "-mcpu=cortex-m7", "-mthumb", "-O2", "-nostdlib", "-w"]
    words += ["-T", "memory.ld", "code.c", "-o", "code.elf"]
    subprocess.run(words, cwd=folder, check=True)
    return folder / "code.elf"


def test_lines_are_missed_once_while_they_stay_and_again_where_they_do_not(image: Path) -> None:
    steps = measure_image(image, "measured", ["read_all"], 16 * 1024)
    first, again, large, large_again, coupled, flash = [step.lines for step in steps]
    assert first.arena == 8192 / 32 and again.arena < 8
    # 64 KB through 16: all but the 8 that are there already, then nearly all again
    assert large.arena == pytest.approx(2048 - 256, abs=8)
    assert 0.97 * 2048 < large_again.arena <= 2048
    assert coupled.arena == coupled.blob == 0
    assert 8192 / 32 <= flash.blob < 8192 / 32 + 4 and flash.arena == 0
    for step in steps:
        assert step.name == "read_all" and step.mispredictions == 1
        assert step.pipeline < step.instructions


def test_a_small_cache_keeps_less(image: Path) -> None:
    steps = measure_image(image, "measured", ["read_all"], 4 * 1024)
    # 8 KB through 4, replaced by chance: some of it stays
    assert 128 < steps[1].lines.arena < 256


def test_an_image_without_the_calls_is_refused(image: Path) -> None:
    with pytest.raises(CommandError, match="0 calls were seen in one run and 0 in the other"):
        measure_image(image, "measured", ["nothing"], 4096)


def test_the_published_figures_are_listed_with_their_sources() -> None:
    published = json.loads(PUBLISHED.read_text())
    words = [sys.executable, "-m", "host_tools.calibration"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert len(published) >= 3
    for one in published:
        assert one["name"] in done.stdout and one["source"] in done.stdout
        assert ("image" in one) + ("model" in one) <= 1


def test_the_network_with_random_weights_has_the_shapes_of_its_paper() -> None:
    # Table 2 of arXiv 1801.04381 for width 1: 300 million, with 1280 channels at the end
    plan = plan_model(mobilenet_v2(1, 224, 1000, 1280), target="portable")
    assert sum(operator.macs for operator in plan.operators) == pytest.approx(300e6, rel=0.01)
    assert plan.tensors[plan.outputs[0]].shape == (1, 1, 1, 1000)
