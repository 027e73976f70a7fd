"""host_tools validate: the board's bits against the computer's, and a report to attach."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from board_models import LABELS, Files

from host_tools import cli
from host_tools.commands import validate
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def board(virtual_board_firmware: Path) -> Iterator[VirtualBoard]:
    with VirtualBoard(virtual_board_firmware, icount=True) as board:
        yield board


@pytest.fixture
def blob(tiny_model: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.ink"
    path.write_bytes(pack(tiny_model, labels=LABELS, name="tiny"))
    return path


def report_of(
    capsys: pytest.CaptureFixture[str], *words: str | Path, status: int = 0
) -> dict[str, Any]:
    assert cli.main([str(word) for word in ("validate", *words, "--json")]) == status
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def flip_a_bit(monkeypatch: pytest.MonkeyPatch, output: int, number: int, element: int) -> None:
    """Changes the computer's side by one bit: the board's kernels have no wrong one to show."""
    right = HostModel.run_many

    def wrong(model: HostModel, inputs: Any, **options: Any) -> Any:
        outputs = right(model, inputs, **options)
        outputs[output][number].ravel()[element] ^= 1
        return outputs

    monkeypatch.setattr(HostModel, "run_many", wrong)


def test_the_demonstration_network_is_equal_and_its_operators_are_timed(
    virtual_board_firmware: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    blob = ROOT / "models/cifar10/cifar10.ink"
    report = report_of(capsys, blob, "--on", "sim", "--count", "3")
    assert (report["on"], report["equal"], report["differences"]) == ("sim", True, [])
    assert report["inputs"] == {"count": 3, "random_seed": 0}
    assert report["model"]["name"] == "cifar10"
    assert report["board"] == "Inkling virtual board (QEMU mps2-an500) with Cortex-M7"
    assert report["clock_mhz"] is None
    kernels = [operator["kernel"] for operator in report["operators"]]
    assert kernels[0] == "conv_packed_s8" and kernels[-1] == "softmax_s8"
    macs = sum(operator["macs"] for operator in report["operators"])
    assert macs == report["model"]["macs"] == 12298240
    # a prediction is its operators, in microseconds of 64 ns an instruction
    parts = sum(operator["microseconds"] for operator in report["operators"])
    assert report["microseconds"] == pytest.approx(parts, rel=0.01)
    assert report["frames_a_second"] == pytest.approx(1e6 / parts, rel=0.02)
    heap = report["heap_free_bytes"]
    needed = report["model"]["bytes"] + report["model"]["arena_bytes"]
    assert heap["before"] - heap["with_model"] >= needed


def test_inputs_are_given_and_a_second_input_and_output_are_compared(
    board: VirtualBoard,
    two: Files,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    blob = two["two.ink"]
    assert isinstance(blob, bytes)
    (tmp_path / "two.ink").write_bytes(blob)
    for name in "ab":
        np.save(tmp_path / f"{name}.npy", np.arange(8, dtype=np.int8).reshape(2, 1, 4))
    words = ["--input", tmp_path / "a.npy", "--input", tmp_path / "b.npy", "--on", board.port]
    report = report_of(capsys, tmp_path / "two.ink", *words)
    assert report["inputs"] == {"count": 2} and report["equal"]
    flip_a_bit(monkeypatch, output=1, number=1, element=0)
    [difference] = report_of(capsys, tmp_path / "two.ink", *words, status=1)["differences"]
    assert (difference["input"], difference["output"], difference["element"]) == (1, 1, 0)


def test_the_boards_own_file_is_used_where_it_holds_the_same_blob(
    board: VirtualBoard, blob: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report_of(capsys, blob, "--on", board.port)["blob_on_board"] == "sent and removed"
    assert board.exec("import os; print(os.listdir('/flash'))") == "[]\n"
    assert cli.main(["deploy", str(blob), "--port", board.port]) == 0
    capsys.readouterr()
    assert report_of(capsys, blob, "--on", board.port)["blob_on_board"] == "/rom/tiny.ink"


def test_what_an_interrupted_validation_left_is_removed_and_not_taken_for_the_boards_own(
    board: VirtualBoard, blob: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    board.exec(
        f"with open('/flash/.inkling-model.ink.part', 'wb') as f: f.write({blob.read_bytes()})"
    )
    board.exec("import vfs; vfs.rom_ioctl(3, 0, 4096)")
    assert report_of(capsys, blob, "--on", board.port)["blob_on_board"] == "sent and removed"
    assert board.exec("import os; print(os.listdir('/flash'))") == "[]\n"


def test_the_first_difference_is_named_and_ends_with_status_1(
    board: VirtualBoard,
    blob: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    flip_a_bit(monkeypatch, output=0, number=2, element=7)
    report = report_of(capsys, blob, "--on", board.port, "--count", "4", status=1)
    [difference] = report["differences"]
    assert not report["equal"]
    assert {key: difference[key] for key in ("input", "output", "element", "elements")} == {
        "input": 2,
        "output": 0,
        "element": 7,
        "elements": 1,
    }
    assert difference["board"] == difference["host"] ^ 1
    assert cli.main(["validate", str(blob), "--on", board.port, "--count", "4"]) == 1
    assert " ".join(capsys.readouterr().out.split()).endswith(
        " 1 of 4 inputs DIFFER from this computer, first at input 2, output 0, element 7: "
        f"the board has {difference['board']}, this computer {difference['host']}"
    )


def test_run_at_a_port_gives_the_bits_of_this_computer(
    board: VirtualBoard, blob: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [inputs] = validate.random_arrays(blob.read_bytes(), 3, 0)
    np.save(tmp_path / "x.npy", inputs)
    for where, name in (("host", "a.npy"), (board.port, "b.npy")):
        words = ["run", blob, "--input", tmp_path / "x.npy", "--output", tmp_path / name]
        assert cli.main([*map(str, words), "--on", where]) == 0
    ours, theirs = np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy")
    assert ours.shape == theirs.shape == (3, 1, 10) and (ours == theirs).all()


def test_random_inputs_repeat_with_their_seed(tiny: Files) -> None:
    blob = tiny["tiny.ink"]
    assert isinstance(blob, bytes)
    [first] = validate.random_arrays(blob, 3, 5)
    [again] = validate.random_arrays(blob, 2, 6)
    assert first.shape == (3, 1, 4, 4, 3) and first.dtype == np.int8
    assert (first[1:] == again).all() and (first[0] != first[1]).any()


def test_a_model_of_floats_is_compared_by_its_bits(
    board: VirtualBoard, real_valued: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = real_valued["float.ink"]
    assert isinstance(blob, bytes)
    (tmp_path / "float.ink").write_bytes(blob)
    np.save(tmp_path / "x.npy", np.array([[0, -0.0, np.nan, np.inf, -np.inf, 3.3]], np.float32))
    words = [tmp_path / "float.ink", "--input", tmp_path / "x.npy", "--on", board.port]
    assert report_of(capsys, *words)["equal"]


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        ("--count", "0", "1 to 10000"),
        ("--count", "10001", "1 to 10000"),
        ("--seed", "-1", "0 or more"),
    ],
)
def test_counts_and_seeds_that_make_no_inputs_are_refused(
    option: str, value: str, allowed: str, blob: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["validate", str(blob), option, value]) == 1
    assert capsys.readouterr().err == f"host_tools: {option} is {value}; give {allowed}\n"
