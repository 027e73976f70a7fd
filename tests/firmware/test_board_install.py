"""host_tools install on a virtual board whose firmware has no Inkling."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from board_models import mpremote
from firmware_builder import build_firmware, build_natmod, building

from host_tools import cli, native_module
from host_tools.virtual_board import VirtualBoard

LAYER = [
    f"/flash/lib/inkling_ml/{name}.py"
    for name in (
        *("__init__", "arrays"),
        *(f"postprocessing/{kind}" for kind in ("darknet", "edgeimpulse", "mediapipe")),
        *("postprocessing/ultralytics", "preprocessing", "utils"),
    )
]
USE = """
import inkling
model = inkling.Model("/flash/cifar10.ink")
model.run()
print(inkling.__file__, model.name)
import inkling_ml as ml
from inkling_ml.preprocessing import Normalization
print(ml.Model("/flash/cifar10.ink").name)
"""


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """`install` makes its module in folders that others build in."""
    with building():
        yield


@pytest.fixture
def stock() -> Iterator[VirtualBoard]:
    with VirtualBoard(build_firmware(STOCK="1")) as board:
        yield board


def install(capsys: pytest.CaptureFixture[str], port: str, *words: str | Path) -> dict[str, Any]:
    code = cli.main(["install", *(str(word) for word in words), "--port", port, "--json"])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    report: dict[str, Any] = json.loads(printed.out)
    return report


def listing(board: VirtualBoard) -> str:
    return mpremote(board, "exec", "import os; print(os.listdir('/flash'))")


def test_a_network_its_module_and_the_script_are_installed_and_run(
    stock: VirtualBoard, small_blob: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = listing(stock)
    planned = install(capsys, stock.port, small_blob, "--dry-run")
    assert listing(stock) == empty
    report = install(capsys, stock.port, small_blob)
    assert report["files"] == planned["files"]
    assert [file["path"] for file in report["files"]] == [
        "/flash/lib/inkling.mpy",
        "/flash/lib/inkling_words.py",
        "/flash/lib/inkling_heal.py",
        "/flash/lib/inkling_rom.py",
        *LAYER,
        "/flash/cifar10.ink",
        "/flash/classify.py",
    ]
    assert (planned["installed"], report["installed"]) == (False, True)
    heap = report["heap_free_bytes"]
    # the module, the blob and its arena at least
    assert heap["after"] < heap["before"] - 24_000 - small_blob.stat().st_size
    assert mpremote(stock, "exec", USE) == "/flash/lib/inkling.mpy cifar10\ncifar10\n"
    files = mpremote(
        stock, "exec", "import os; print(os.listdir('/flash'), os.listdir('/flash/lib'))"
    )
    assert ".part" not in files and "trial" not in files
    # a second time nothing changes
    assert install(capsys, stock.port, small_blob)["files"] == report["files"]


@pytest.mark.parametrize(
    ("heap", "with_blob", "message"),
    [
        (65_536, False, "the module does not fit: it takes "),
        (130_000, True, "cifar10.ink does not fit: the blob takes {} bytes and the arena needs "),
    ],
    ids=["the whole module", "a network"],
)
def test_where_the_heap_is_too_small_it_says_by_how_much_and_sends_nothing(
    heap: int, with_blob: bool, message: str, small_blob: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blobs = [str(small_blob)] if with_blob else []
    with VirtualBoard(build_firmware(STOCK="1"), heap=heap) as board:
        before = listing(board)
        assert cli.main(["install", *blobs, "--port", board.port]) == 1
        assert listing(board) == before
    error = capsys.readouterr().err
    assert message.format(small_blob.stat().st_size) in error
    assert re.search(r"the heap.* has \d+( free)?, \d+ too few: ", error)


# half of the heap in pieces of 20 KB, as much free between them
FRAGMENTS = """
taken = []
try:
    while True:
        taken.append(bytearray(20_000))
        taken.append(bytearray(20_000))
except MemoryError:
    pass
for index in range(0, len(taken), 2):
    taken[index] = None
"""


def test_a_heap_that_is_in_pieces_is_found_before_anything_is_sent(
    small_blob: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "boot.py").write_text(f"room = bytearray(60_000)\n{FRAGMENTS}room = None\n")
    with VirtualBoard(build_firmware(STOCK="1")) as board:
        mpremote(board, "cp", str(tmp_path / "boot.py"), ":/flash/boot.py")
        before = listing(board)
        assert cli.main(["install", str(small_blob), "--port", board.port]) == 1
        assert listing(board) == before
    error = capsys.readouterr().err
    found = re.search(
        r"cifar10.ink does not fit: it takes (\d+) bytes of the heap in one piece, and with what "
        r"is taken before it the largest has (\d+), (\d+) too few: ",
        error,
    )
    assert found, error
    needs, largest, missing = map(int, found.groups())
    assert needs == small_blob.stat().st_size and needs - largest == missing
    assert 20_000 < largest < 60_000


def test_firmware_with_inkling_gets_no_module(
    virtual_board_firmware: Path, small_blob: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with VirtualBoard(virtual_board_firmware) as board:
        report = install(capsys, board.port, small_blob)
    assert report["in_firmware"] and report["module_heap_bytes"] is None
    assert [file["path"] for file in report["files"]] == [
        "/flash/cifar10.ink",
        "/flash/classify.py",
    ]


def test_the_codes_size_is_read_from_the_module(small_blob: Path) -> None:
    code, heap = native_module.heap_bytes(build_natmod(str(small_blob)))
    assert 20_000 < code < heap <= code + 1024
