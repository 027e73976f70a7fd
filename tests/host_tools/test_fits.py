"""Whether a blob and its arena fit a board: bytes by bytes, and what the commands say of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.boards import read_board
from host_tools.cli import main
from host_tools.device.facts import Facts, heap_fit
from host_tools.fits import all_fit, fits, lines, usable
from host_tools.pack import pack


def test_a_blob_in_romfs_needs_room_there_and_its_arena_a_piece_of_the_heap() -> None:
    board = read_board("openmv-h7")
    blob, arena = fits(board, 131_072, usable(64 * 1024))
    assert (blob.spare, arena.spare, arena.where) == (0, 0, "the heap (SRAM of domain 3)")
    blob, arena = fits(board, 131_073, usable(64 * 1024) + 1)
    assert (blob.spare, arena.where) == (-1, "the heap (SRAM of domain 2)")
    assert not all_fit([blob, arena]) and all_fit([arena])


def test_a_blob_for_ram_and_its_arena_share_the_pieces_as_they_lack_the_least() -> None:
    board = read_board("openmv-h7")
    small, large = usable(64 * 1024), usable(264 * 1024)
    assert all_fit(fits(board, large, small, "ram"))
    assert all_fit(fits(board, small, large, "ram"))
    [only] = fits(board, large - 70_000, 70_000, "ram")
    assert (only.what, only.spare) == ("blob and arena", 0)
    missing = fits(board, large + 10, small, "ram")
    assert sum(-one.spare for one in missing if one.spare < 0) == 10
    assert lines(board, missing)[0].endswith("(openmv-h7): does not fit: 10 bytes too many")


def test_a_board_without_romfs_takes_blobs_in_its_heap() -> None:
    board = read_board("nucleo-h743zi")
    [one] = fits(board, 100_000, 50_000)
    assert (one.what, one.needed, one.has) == ("blob and arena", 150_000, usable(496 * 1024))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of 300 KB: a fully connected layer."""
    builder = ModelBuilder("heavy")
    left = builder.tensor((1, 1000), scale=1, zero_point=0)
    weights = builder.tensor((300, 1000), scale=0.02, data=np.ones((300, 1000), np.int8))
    right = builder.tensor((1, 300), scale=1, zero_point=0)
    builder.operator("FULLY_CONNECTED", [left, weights, -1], [right])
    path = tmp_path_factory.mktemp("fits") / "heavy.tflite"
    path.write_bytes(builder.build([left], [right]))
    return path


@pytest.fixture(scope="module")
def blob_path(model: Path) -> Path:
    path = model.with_suffix(".ink")
    path.write_bytes(pack(model, target="cortex-m7"))
    return path


def test_the_commands_say_whether_it_fits(
    model: Path, blob_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = read_blob(blob_path.read_bytes())
    wanted = fits(read_board("openmv-h7"), blob.size, blob.arena_size)
    short = -wanted[0].spare
    assert short > 0
    for command in (
        ["pack-model", str(model), "-o", str(tmp_path / "a.ink"), "--board", "openmv-h7"],
        ["inspect", str(blob_path), "--board", "openmv-h7"],
        ["boards", "openmv-h7", "--fits", str(blob_path)],
    ):
        assert main(command) == 0
        said = capsys.readouterr().out
        assert f"(openmv-h7): does not fit: {short:,} bytes too many" in said
        assert f"{short:,} too few" in said
        assert main([*command, "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        fit = report["boards"][0]["fit"] if "boards" in report else report["fit"]
        assert fit["fits"] is False and fit["memories"][0]["spare"] == -short
    assert main(["boards", "--fits", str(blob_path)]) == 0
    table = capsys.readouterr().out
    assert re.search(r"^openmv-h7-plus +yes  ", table, re.MULTILINE)


def test_a_blob_for_ram_says_so_and_counts_there(
    model: Path, blob_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ram.ink"
    command = ["pack-model", str(model), "-o", str(path), "--board", "openmv-h7-plus"]
    assert main([*command, "--place", "ram"]) == 0
    assert "heavy.tflite -> " in (said := capsys.readouterr().out)
    assert "for cortex-m7, to be copied to RAM" in said
    there, ram = read_blob(blob_path.read_bytes()), read_blob(path.read_bytes())
    assert (there.for_ram, ram.for_ram) == (False, True)
    assert path.read_bytes()[16:20] == b"\x01\0\x01\0"
    # 300 KB do not fit the fast piece of the heap, so they go into the SDRAM, from /rom too
    for words in (["inspect", str(path), "--board"], ["boards", "--fits", str(path)]):
        assert main([*words, "openmv-h7-plus"]) == 0
        said = capsys.readouterr().out
        assert f"blob: {ram.size:,} bytes of {usable(4 << 20):,} in the heap (SDRAM)" in said
    # what deploy counts
    facts = Facts("a board", "1.25", None, 1_000_000, ("/rom",))
    needs = [heap_fit(facts, data.read_bytes(), "/rom").needed for data in (blob_path, path)]
    assert needs == [there.arena_size, ram.arena_size + ram.size]
    assert main(["inspect", str(path)]) == 0
    assert "for cortex-m7, to be copied to RAM, arena" in capsys.readouterr().out


def test_a_place_that_a_board_lacks_is_refused(
    blob_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(blob_path), "--board", "nucleo-h743zi", "--place", "rom"]) == 1
    refused = capsys.readouterr().err
    assert "the board nucleo-h743zi has no such place; it has flash, ram" in refused
    assert main(["inspect", str(blob_path), "--place", "rom"]) == 1
    assert "--place rom depends on the board" in capsys.readouterr().err
