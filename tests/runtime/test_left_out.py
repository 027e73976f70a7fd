"""What a build leaves out by the switches of ink_options.h: its blobs are refused, by name."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from host_tools.blob.reader import read_blob
from host_tools.host_build import FIRMWARE_MODULE
from host_tools.kernels import KERNELS
from host_tools.kernels.groups import GROUPS

HERE = Path(__file__).parent
OPTIONS = (FIRMWARE_MODULE / "ink_options.h").read_text("utf8")
SWITCHES = re.findall(r"^#ifndef (INK_[A-Z]+)$", OPTIONS, re.MULTILINE)


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dump_blob.c with the runtime of a build that left all out."""
    program = tmp_path_factory.mktemp("core") / "dump_blob"
    rooms = ("runtime", "runtime/operators", "kernels", "kernels/armv7em", "audio")
    sources = [path for room in rooms for path in sorted((FIRMWARE_MODULE / room).glob("*.c"))]
    command = ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O0", "-ffunction-sections"]
    command += ["-fdata-sections", *(f"-D{switch}=0" for switch in SWITCHES)]
    command += [f"-I{FIRMWARE_MODULE}", f"-I{FIRMWARE_MODULE}/runtime", "-Wl,--gc-sections"]
    subprocess.run(
        [*command, str(HERE / "dump_blob.c"), *map(str, sources), "-o", program], check=True
    )
    return program


def test_blobs_are_refused_by_the_switch_s_name_where_they_need_what_is_left_out(
    core: Path, blob_files: list[Path]
) -> None:
    seen: set[str] = set()
    for file in blob_files:
        blob = file.read_bytes()
        first = next((op.kernel for op in read_blob(blob).operators if _group(op.kernel)), None)
        done = subprocess.run([core, file], capture_output=True, text=True)
        said = done.stdout + done.stderr
        if any(flags & 56 for flags in read_blob(blob).image_flags):
            seen.add("INK_FITTING")
            assert "bad input or output record: this build has none (INK_FITTING)" in said
        elif read_blob(blob).front_end:
            seen.add("INK_AUDIO")
            assert "bad front end: this build has none (INK_AUDIO)" in said
        elif first:
            group = _group(first)
            assert group
            seen.add(group)
            number = KERNELS[first].number
            assert (
                f" (kernel {number}): kernel that this runtime does not have: this build has none "
                f"({group})" in said
            )
        else:
            seen.add("none")
            assert done.returncode == 0, said
    # what was detected is no part of a blob
    assert seen == {"none", *SWITCHES} - {"INK_DETECT"}
    assert seen == {"none", "INK_AUDIO", "INK_FITTING", *GROUPS}


def _group(kernel: str) -> str | None:
    return next((switch for switch, names in GROUPS.items() if kernel in names), None)
