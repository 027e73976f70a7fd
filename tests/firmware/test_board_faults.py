"""What goes wrong on the way to a board ends in one sentence, and the old blob stays in use.

Ports that cannot be opened and boards that do not answer: tests/host_tools/test_serial_ports.py.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from board_models import LABELS
from firmware_builder import build_firmware
from tflite_builder import ModelBuilder

from host_tools import cli
from host_tools.device import file_system, rom
from host_tools.device.connection import Device, open_device
from host_tools.device.deploy import deploy
from host_tools.device.facts import read_facts
from host_tools.errors import CommandError
from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard


@pytest.fixture(scope="module")
def old(tiny_model: bytes) -> bytes:
    return pack(tiny_model, labels=LABELS, name="old")


@pytest.fixture(scope="module")
def deployed(
    virtual_board_firmware: Path, old: bytes, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The memory of a board with the old blob in /rom and /flash."""
    storage = tmp_path_factory.mktemp("deployed") / "storage"
    with VirtualBoard(virtual_board_firmware, storage=storage) as board:
        for folder in ("/rom", "/flash"):
            put(board, old, folder)
    return storage


@pytest.fixture
def board(virtual_board_firmware: Path, deployed: Path, tmp_path: Path) -> Iterator[VirtualBoard]:
    """A board with the old blob in /rom and /flash."""
    storage = shutil.copyfile(deployed, tmp_path / "storage")
    with VirtualBoard(virtual_board_firmware, storage=storage) as board:
        yield board
        # whatever happened, it is usable and holds nothing else
        printed = board.exec(
            "import inkling, os\n"
            "for folder in ('/rom', '/flash'):\n"
            " print(inkling.Model(folder + '/net.ink').name, os.listdir(folder))"
        )
        assert printed == "old ['net.ink']\n" * 2


def put(board: VirtualBoard, blob: bytes, folder: str) -> None:
    with open_device(board.port) as device:
        deploy(device, read_facts(device), {"net.ink": blob}, folder)


def with_header(blob: bytes, offset: int, value: int) -> bytes:
    """The blob with another byte in its header, and with its check sum right."""
    changed = bytearray(blob)
    changed[offset] = value
    changed[12:16] = zlib.crc32(bytes(changed[16:])).to_bytes(4, "little")
    return bytes(changed)


@pytest.mark.parametrize("folder", ["/rom", "/flash"])
def test_a_blob_of_another_version_than_the_firmware_reads_is_refused_before_it_is_sent(
    board: VirtualBoard, old: bytes, folder: str
) -> None:
    with pytest.raises(CommandError) as raised:
        put(board, with_header(old, 4, 9), folder)
    assert re.fullmatch(
        r"/dev/\S+: the firmware's Inkling and these tools are of different versions "
        r"\(buffer: a blob of a version that this runtime does not read: version is 9, "
        r"allowed \d+\): flash firmware of this version of Inkling",
        str(raised.value),
    )


@pytest.mark.parametrize("folder", ["/rom", "/flash"])
def test_a_blob_that_the_board_refuses_does_not_replace_the_old_one(
    board: VirtualBoard, old: bytes, folder: str
) -> None:
    with pytest.raises(CommandError) as raised:
        put(board, with_header(old, 16, 77), folder)
    assert "the board does not take net.ink (" in str(raised.value)
    assert "packed for a target that this runtime does not know" in str(raised.value)
    assert str(raised.value).endswith(
        "pack the model again with the tools of the firmware's version"
    )


@pytest.mark.parametrize("folder", ["/rom", "/flash"])
def test_a_network_that_needs_more_ram_than_the_board_has_does_not_replace_the_old_one(
    board: VirtualBoard, folder: str
) -> None:
    builder = ModelBuilder("large")
    left = builder.tensor((1, 400, 400, 4), scale=1, zero_point=0)
    right = builder.tensor((1, 400, 400, 4), scale=1, zero_point=0)
    builder.operator("ABS", [left], [right])
    with pytest.raises(CommandError, match=r"the arena needs \d+ bytes, the heap has \d+ free"):
        put(board, pack(builder.build([left], [right])), folder)


@pytest.mark.parametrize("staged", ["/flash", "behind", "file"])
def test_a_bit_that_changes_on_the_way_is_noticed_before_the_old_file_is_given_up(
    board: VirtualBoard, monkeypatch: pytest.MonkeyPatch, staged: str
) -> None:
    opened, run, bent = rom.open_partition, Device.exec, []

    def without_blocks(device: Device, files: str) -> rom.Partition | None:
        partition = opened(device, files)
        device.exec("block = 0")
        return replace(partition, block=0) if partition else None

    def bend(device: Device, code: str, **options: Any) -> str:
        head, _, write = code.rpartition("\n")
        if code.startswith("offset = 2048\n"):
            bent.append(write)
            code = f"{head}\npiece[7] ^= 1\n{write}"
        return run(device, code, **options)

    if staged == "file":
        monkeypatch.setattr(rom, "open_partition", without_blocks)
    monkeypatch.setattr(Device, "exec", bend)
    # a script: nothing but its CRC tells that it is damaged
    script = b"# a comment\n" * 400
    with (
        open_device(board.port) as device,
        pytest.raises(CommandError, match="arrived damaged in /.*: repeat the command; if it st"),
    ):
        to = "/flash" if staged == "/flash" else "/rom"
        deploy(device, read_facts(device), {"long.py": script}, to)
    assert len(bent) == 1


def test_a_blob_larger_than_the_heap_is_refused_with_both_sizes_before_it_is_sent(
    board: VirtualBoard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    builder = ModelBuilder("heavy")
    left = builder.tensor((1, 1000), scale=1, zero_point=0)
    weights = builder.tensor((600, 1000), scale=0.02, data=np.ones((600, 1000), np.int8))
    right = builder.tensor((1, 600), scale=1, zero_point=0)
    builder.operator("FULLY_CONNECTED", [left, weights, -1], [right])
    path = tmp_path / "heavy.ink"
    path.write_bytes(pack(builder.build([left], [right])))
    for words in (["deploy", "--to", "/flash", "--port"], ["validate", "--on"]):
        assert cli.main([words[0], str(path), *words[1:], board.port]) == 1
        assert re.search(
            rf"heavy.ink would be read into the heap, {path.stat().st_size} bytes, and the heap "
            r"has \d+ free: deploy it into ROMFS",
            capsys.readouterr().err,
        )


def test_a_full_file_system_is_refused_with_its_figures(
    board: VirtualBoard, old: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.exec(
        "import os\nf = open('/flash/fill', 'wb')\nb = bytes(1024)\n"
        "s = os.statvfs('/flash')\n"
        "for i in range(s[0] * s[3] // 1024 - 24): n = f.write(b)\nf.close()"
    )
    large = old + bytes(30000)
    with pytest.raises(
        CommandError, match=r"/flash has \d+ bytes free, net.ink needs 31\d* beside"
    ):
        put(board, large, "/flash")
    # where the figures promise room that there is not, the board runs out of it half-way
    monkeypatch.setattr(file_system, "free_bytes", lambda *_: 1 << 20)
    with pytest.raises(CommandError, match="net.ink needs 31.* beside the old one: remove files"):
        put(board, large, "/flash")
    board.exec("os.remove('/flash/fill')")


def test_a_board_that_hangs_ends_the_command(
    virtual_board_firmware: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "large.bin").write_bytes(bytes(range(256)) * 400)
    send, sent = Device.exec, 0

    def hangs_at_last(device: Device, code: str, **options: Any) -> str:
        nonlocal sent
        sent += 1
        if sent == 20:
            assert board._process
            os.kill(board._process.pid, signal.SIGSTOP)
        return send(device, code, **options)

    monkeypatch.setattr(Device, "exec", hangs_at_last)
    with VirtualBoard(virtual_board_firmware) as board:
        assert cli.main(["deploy", str(tmp_path / "large.bin"), "--port", board.port]) == 1
    said = capsys.readouterr().err
    assert sent >= 20
    assert "the board went away or stopped answering (" in said and said.count("\n") == 1


def test_firmware_without_inkling_is_refused_before_anything_is_sent(
    tmp_path: Path, old: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.ink").write_bytes(old)
    with VirtualBoard(build_firmware(STOCK="1")) as board:
        for words in (["deploy", "--port"], ["validate", "--on"]):
            assert cli.main([words[0], str(tmp_path / "net.ink"), words[1], board.port]) == 1
            said = capsys.readouterr().err
            assert "the firmware has no Inkling (no module named 'inkling')" in said
            assert said.count("\n") == 1
        assert board.exec("import os; print(os.listdir('/flash'))") == "[]\n"
