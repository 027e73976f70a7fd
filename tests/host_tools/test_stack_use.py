"""What functions take of the stack, off their code: as GCC says, and of assembly by hand."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from firmware_builder import ROOT, build_natmod

from host_tools import stack_use
from host_tools.errors import CommandError
from host_tools.stack_use.__main__ import main
from host_tools.stack_use.functions import Function, read_objects

GCC = ["arm-none-eabi-gcc", "-mcpu=cortex-m7", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard", "-c"]
GCC += ["-ffunction-sections", "-fdata-sections"]
MODULE = ROOT / "firmware_module"


def functions_of(folder: Path, code: str) -> dict[str, Function]:
    source = folder / "code.c"
    source.write_text(code)
    subprocess.run([*GCC, "-O1", "-o", folder / "code.o", source], check=True)
    [found] = [each for each in read_objects([folder / "code.o"]) if each.functions]
    return found.functions


def naked(name: str, assembly: str) -> str:
    lines = " ".join(f'"{line.strip()}\\n"' for line in assembly.split(";"))
    return f"__attribute__((naked)) void {name}(void) {{ __asm volatile({lines}); }}\n"


@pytest.mark.parametrize(
    ("assembly", "own", "calls"),
    [
        ("bx lr", 0, []),
        ("push {r4-r11, lr}; sub sp, #20; add sp, #20; pop {r4-r11, pc}", 56, []),
        ("vpush {d8-d15}; vpop {d8-d15}; bx lr", 64, []),
        ("str lr, [sp, #-8]!; bl far; ldr pc, [sp], #8", 8, [("far", 8)]),
        ("strd r4, r5, [sp, #-16]!; ldrd r4, r5, [sp], #16; b far", 16, [("far", 0)]),
        ("stmdb sp!, {r4, lr}; ldmia sp!, {r4, pc}", 8, []),
        # the deeper of two ways, behind a branch
        ("cmp r0, #0; beq 1f; push {r4}; pop {r4}; bx lr; 1: sub.w sp, #512; bl far; "
         "add.w sp, #512; bx lr", 512, [("far", 512)]),
        # a loop that gives back what it takes
        ("1: push {r0, r1}; subs r2, #1; pop {r0, r1}; bne 1b; bx lr", 8, []),
        # what is given back under a condition may stay
        ("push {r4-r7}; cmp r0, #0; it eq; popeq {r4-r7}; push {r4}; bl far; pop {pc}", 20,
         [("far", 20)]),
        # a jump whose target stands in a register: what else there is starts as deep
        ("push {r4, r5}; ldr.w pc, [sp, #4]; push {r0}; pop {r0}; pop {r4, pc}", 12, []),
    ],
)  # fmt: skip
def test_assembly_takes_what_its_instructions_say(
    tmp_path: Path, assembly: str, own: int, calls: list[tuple[str, int]]
) -> None:
    found = functions_of(tmp_path, naked("it", assembly))["it"]
    assert (found.own, found.calls, found.unknown) == (own, calls, "")


@pytest.mark.parametrize(
    "assembly", ["sub sp, sp, r0; bx lr", "mov sp, r7; bx lr", "1: push {r0}; b 1b"]
)
def test_a_stack_of_unknown_depth_is_told(tmp_path: Path, assembly: str) -> None:
    assert functions_of(tmp_path, naked("it", assembly))["it"].unknown


def test_c_functions_take_what_gcc_says(tmp_path: Path) -> None:
    sources = sorted((MODULE / "runtime").glob("*.c"))
    sources += sorted((MODULE / "kernels/armv7em").glob("*.c"))
    flags = ["-O2", "-fstack-usage", f"-I{MODULE}", f"-I{MODULE / 'runtime'}"]
    subprocess.run([*GCC, *flags, *sources], check=True, cwd=tmp_path)
    said: dict[tuple[str, str], int] = {}
    for path in tmp_path.glob("*.su"):
        for name, size, how in re.findall(r":(\w+(?:\.\w+)*)\t(\d+)\t(.*)", path.read_text()):
            assert how == "static", (path, name)
            said[path.stem, name] = int(size)
    measured = {
        (Path(each.path).stem, name): function.own
        for each in read_objects(sorted(tmp_path.glob("*.o")))
        for name, function in each.functions.items()
    }
    assert len(said) > 80 and set(said) <= set(measured)
    # of a naked function GCC knows nothing
    differing = {place for place, size in said.items() if measured[place] != size}
    assert {said[place] for place in differing} == {0}
    assert len(differing) < 20


def test_a_build_that_takes_more_than_it_checks_for_is_refused(
    virtual_board_firmware: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = virtual_board_firmware.parent / "firmware_module"
    assert main([str(folder)]) == 0
    assert re.search(r"winograd_f4_s8 +\d{3}\n", capsys.readouterr().out)
    monkeypatch.setattr(stack_use, "checked_for", lambda: 400)
    assert main([str(folder)]) == 1
    said = capsys.readouterr().err
    assert re.search(r": Model takes \d+ bytes of stack and checks for 400: make INKLING_", said)


def test_a_folder_without_objects_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 1
    assert "there are no objects of ours" in capsys.readouterr().err
    with pytest.raises(CommandError):
        stack_use.measure(tmp_path)


# in docs/device.md, a row of a table with figures of the stack
ROW = re.compile(r"(?m)^\| ([^|]*`[^|]*) \| ([\d,]+) \|$")


def test_the_page_says_what_firmware_and_native_module_take(virtual_board_firmware: Path) -> None:
    page = (ROOT / "docs/device.md").read_text(encoding="utf8")
    part = page[page.index("## The stack") : page.index("## top(")]
    stated = {
        name: int(size.replace(",", ""))
        for names, size in ROW.findall(part)
        for name in re.findall(r"`([^`]+)`", names)
    }
    build_natmod()
    builds = (virtual_board_firmware.parent / "firmware_module", ROOT / "build/natmod")
    used = [stack_use.measure(folder) for folder in builds]
    for use in used:
        assert {*use.kernels, *use.entries} == set(stated)
    for name, most in stated.items():
        sizes = [{**use.kernels, **use.entries}[name] for use in used]
        assert max(sizes) <= most, (name, sizes)
    assert f"{stack_use.checked_for():,} bytes are more" in part
