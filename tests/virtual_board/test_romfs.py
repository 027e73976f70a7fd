"""ROMFS images: what goes in comes out on the board, in place and aligned."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from host_tools.errors import CommandError
from host_tools.romfs import build_romfs
from host_tools.virtual_board import VirtualBoard

SIZES = [0, 1, 13, 14, 15, 16, 126, 127, 128, 129, 16383, 16384, 100000]


def test_files_of_every_size_lie_at_multiples_of_16() -> None:
    generator = random.Random(1)
    for _ in range(200):
        files = {
            f"{'lib/' * (i % 3)}file{i}.ink": generator.randbytes(generator.choice(SIZES) + 16)
            for i in range(generator.randrange(1, 8))
        }
        image = build_romfs(files)
        assert len(image) % 2 == 0
        for name, data in files.items():
            assert image.find(data) % 16 == 0, name


def test_the_board_reads_the_files_in_place(virtual_board_firmware: Path, tmp_path: Path) -> None:
    generator = random.Random(2)
    files: dict[str, bytes | Path] = {f"f{n}": generator.randbytes(n) for n in SIZES}
    files["lib/deep/module.py"] = b"answer = 42\n"
    (tmp_path / "text").write_bytes(b"from a file")
    files["text"] = tmp_path / "text"
    script = """
import binascii, gc, os, sys, uctypes
from deep.module import answer
print(answer, open("/rom/text").read())
for name in sorted(os.listdir("/rom")):
    if name[0] == "f":
        free = gc.mem_free()
        data = memoryview(open("/rom/" + name, "rb"))
        taken = free - gc.mem_free()
        print(name, binascii.crc32(data), not data or uctypes.addressof(data) % 16, taken < 1000)
"""
    result = VirtualBoard(virtual_board_firmware, romfs=files).run_script(script)
    import binascii

    expected = ["42 from a file"]
    for name in sorted(f"f{n}" for n in SIZES):
        data = files[name]
        assert isinstance(data, bytes)
        expected.append(f"{name} {binascii.crc32(data)} {0 if data else True} True")
    assert result.stdout.splitlines() == expected


def test_an_empty_image_mounts(virtual_board_firmware: Path) -> None:
    board = VirtualBoard(virtual_board_firmware, romfs={})
    assert board.run_script("import os; print(os.listdir('/rom'))").stdout == "[]\n"


def test_without_an_image_there_is_no_rom(virtual_board_firmware: Path) -> None:
    board = VirtualBoard(virtual_board_firmware)
    assert board.run_script("import os; print('rom' in os.listdir('/'))").stdout == "False\n"


@pytest.mark.parametrize("name", ["é.ink", "", "/x", "a//b"])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(CommandError, match="cannot be a name in ROMFS"):
        build_romfs({name: b""})


def test_more_than_fits_is_refused_with_both_sizes(virtual_board_firmware: Path) -> None:
    with pytest.raises(CommandError, match=r"/rom take 12582\d+ bytes.*room for 12582912"):
        VirtualBoard(virtual_board_firmware, romfs={"big": bytes(12 << 20)})
