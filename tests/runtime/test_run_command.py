"""`host_tools run`: arrays in, arrays or labels out, on this computer and on the virtual board."""

from __future__ import annotations

import json
from pathlib import Path

import networks
import numpy as np
import pytest
from tflite_builder import ModelBuilder

from host_tools.cli import main
from host_tools.host_runtime import HostModel


@pytest.fixture
def folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every_kernel: bytes, two_inputs: bytes
) -> Path:
    """The current folder, with models and inputs in it."""
    monkeypatch.chdir(tmp_path)
    Path("every.ink").write_bytes(every_kernel)
    Path("every.tflite").write_bytes(networks.every_kernel())
    Path("two.ink").write_bytes(two_inputs)
    Path("two.tflite").write_bytes(networks.two_inputs())
    rng = np.random.default_rng(3)
    np.save("pictures.npy", rng.normal(0, 4, (4, 6, 6, 3)).astype(np.float32))
    for name in ("first", "second"):
        np.save(f"{name}.npy", rng.integers(-128, 128, (3, 2, 3, 4)).astype(np.int8))
    return tmp_path


def run(*words: str) -> int:
    return main(["run", *words])


def error_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a run that must fail prints to stderr."""
    assert run(*words) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("host_tools: ")
    return printed.err.removeprefix("host_tools: ").strip()


TWO = ("two.ink", "--input", "first.npy", "--input", "second.npy")


def test_outputs_are_the_stored_values_of_each_input(folder: Path) -> None:
    assert run(*TWO, "--output", "y0.npy", "--output", "y1.npy") == 0
    model = HostModel(Path("two.ink").read_bytes())
    wanted = model.run_many([np.load("first.npy"), np.load("second.npy")])
    for name, array in zip(("y0.npy", "y1.npy"), wanted, strict=True):
        np.testing.assert_array_equal(np.load(name), array)
        assert np.load(name).dtype == array.dtype


def test_a_tflite_file_is_packed_on_the_fly(folder: Path) -> None:
    for suffix in ("ink", "tflite"):
        words = (f"every.{suffix}", "--input", "pictures.npy", "--output", f"{suffix}.npy")
        assert run(*words) == 0
    assert Path("ink.npy").read_bytes() == Path("tflite.npy").read_bytes()


def test_the_board_gives_the_same_bytes(folder: Path, virtual_board_firmware: Path) -> None:
    for on in ("host", "sim"):
        words = ("--on", on, "--output", f"y0_{on}.npy", "--output", f"y1_{on}.npy")
        assert run(*TWO, *words) == 0
        words = ("--on", on, "--output", f"every_{on}.npy")
        assert run("every.ink", "--input", "pictures.npy", *words) == 0
    for name in ("y0", "y1", "every"):
        assert Path(f"{name}_sim.npy").read_bytes() == Path(f"{name}_host.npy").read_bytes()


def test_one_input_gives_one_output_and_many_give_many(folder: Path) -> None:
    pictures = np.load("pictures.npy")
    results = {}
    for name, array in (
        ("one", pictures[:1]),  # the model's own shape
        ("batch", pictures),  # N in place of its leading 1
        ("many", pictures[:, np.newaxis]),  # N in front of its shape
    ):
        np.save("x.npy", array)
        assert run("every.ink", "--input", "x.npy", "--output", "y.npy") == 0
        results[name] = np.load("y.npy")
    assert results["one"].shape == (1, 5)
    assert results["batch"].shape == (4, 5)
    assert results["many"].shape == (4, 1, 5)
    np.testing.assert_array_equal(results["many"][:, 0], results["batch"])
    np.testing.assert_array_equal(results["one"], results["batch"][:1])


def test_real_values_are_rounded_half_away_from_zero_and_saturated(folder: Path) -> None:
    # scale 0.05 and zero point 3; 0.1 and -5
    stored = np.load("first.npy")
    real = ((stored.astype(np.float64) - 3) * 0.05).astype(np.float32)
    np.save("real.npy", real)
    for given in ("first.npy", "real.npy"):
        words = ("--input", given, "--input", "second.npy")
        assert run("two.ink", *words, "--output", "a.npy", "--output", f"{given}.out") == 0
    assert Path("first.npy.out").read_bytes() == Path("real.npy.out").read_bytes()
    edges = np.zeros((2, 3, 4), np.float32)
    edges.ravel()[:6] = [1e9, -1e9, np.nan, 0.05 * 1.5, -0.05 * 1.5, np.inf]
    zeros = np.full((2, 3, 4), -5, np.int8)
    wanted = np.full((2, 3, 4), 3, np.int8)
    wanted.ravel()[:6] = [127, -128, 3, 5, 1, 127]
    np.save("edges.npy", edges)
    np.save("stored.npy", wanted)
    np.save("zeros.npy", zeros)
    for given in ("edges", "stored"):
        words = ("--input", f"{given}.npy", "--input", "zeros.npy")
        assert run("two.ink", *words, "--output", "a.npy", "--output", f"{given}.out") == 0
    assert Path("edges.out").read_bytes() == Path("stored.out").read_bytes()


def test_float_gives_real_values(folder: Path) -> None:
    assert run(*TWO, "--output", "a.npy", "--output", "stored.npy") == 0
    assert run(*TWO, "--float", "--output", "a.npy", "--output", "real.npy") == 0
    stored, real = np.load("stored.npy"), np.load("real.npy")
    assert real.dtype == np.float32
    np.testing.assert_array_equal(real, np.float32(0.05) * (stored.astype(np.float32) - 131))


def test_without_output_the_greatest_are_printed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("every.ink", "--input", "pictures.npy") == 0
    lines = capsys.readouterr().out.splitlines()
    [shares] = HostModel(Path("every.ink").read_bytes()).run_many(
        [np.load("pictures.npy")[:, np.newaxis]]
    )
    assert len(lines) == 4
    labels = ["ant", "bee", "cow", "dög", "eel"]
    for number, (line, row) in enumerate(zip(lines, shares[:, 0], strict=True)):
        order = sorted(range(5), key=lambda i: (-row[i], i))[:3]
        assert line == f"{number}: " + "  ".join(f"{labels[i]} {row[i]:.6g}" for i in order)
    assert run(*TWO) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert lines[1].startswith("0 unsigned: [")


def test_json_has_values_or_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("every.ink", "--input", "pictures.npy", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["labels"] == ["ant", "bee", "cow", "dög", "eel"]
    [output] = report["outputs"]
    assert (output["dtype"], output["shape"]) == ("float32", [4, 5])
    assert len(output["values"]) == 4
    assert run("every.ink", "--input", "pictures.npy", "--json", "--output", "y.npy") == 0
    [output] = json.loads(capsys.readouterr().out)["outputs"]
    assert output["file"] == "y.npy"
    np.testing.assert_array_equal(np.load("y.npy").shape, output["shape"])


def test_inputs_that_do_not_fit_are_named_with_what_is_allowed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for array, message in (
        (np.zeros((4, 6, 6, 3), np.int64), "its type is int64; input 'picture' takes float32"),
        (np.zeros((6, 6, 3), np.float32), "its shape is [6, 6, 3]; input 'picture' takes [1, 6,"),
        (np.zeros((0, 6, 6, 3), np.float32), "it is empty; its shape is [0, 6, 6, 3]"),
        (np.zeros((), np.float32), "its shape is []; input 'picture' takes [1, 6, 6, 3]"),
    ):
        np.save("bad.npy", array)
        error = error_of(capsys, "every.ink", "--input", "bad.npy", "--output", "y.npy")
        assert error.startswith(f"bad.npy: {message}")
    np.save("bad.npy", np.zeros((3, 2, 3, 4), np.uint8))
    error = error_of(capsys, "two.ink", "--input", "bad.npy", "--input", "second.npy")
    assert error == (
        "bad.npy: its type is uint8; input 'first' takes int8 or float32 (real values)"
    )
    assert not Path("y.npy").exists()


def test_a_wrong_number_of_files_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert error_of(capsys, "two.ink", "--input", "first.npy") == (
        "two.ink has 2 inputs, but --input is given 1 times"
    )
    assert error_of(capsys, *TWO, "--output", "y.npy") == (
        "two.ink has 2 outputs, but --output is given 1 times"
    )
    np.save("fewer.npy", np.load("second.npy")[:2])
    error = error_of(capsys, "two.ink", "--input", "first.npy", "--input", "fewer.npy")
    assert error == "fewer.npy: it holds 2 inputs, but first.npy holds 3"


def test_files_that_cannot_be_read_or_written_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("text.npy").write_text("hello")
    np.savez("several.npz", a=np.zeros(3), b=np.zeros(4))
    np.save("objects.npy", np.array([{}]), allow_pickle=True)
    Path("cut.npy").write_bytes(Path("pictures.npy").read_bytes()[:-5])
    with Path("huge.npy").open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (1 << 60,)}
        np.lib.format.write_array_header_1_0(file, header)
    Path("bracket.npy").write_bytes(Path("huge.npy").read_bytes().replace(b"}", b" "))
    for name in ("text.npy", "several.npz", "objects.npy", "cut.npy", "huge.npy", "bracket.npy"):
        assert error_of(capsys, "every.ink", "--input", name).startswith(f"{name}: not a .npy")
    error = error_of(capsys, "every.ink", "--input", "missing.npy")
    assert error == "missing.npy: cannot be read: No such file or directory"
    error = error_of(capsys, "missing.ink", "--input", "pictures.npy")
    assert error == "missing.ink: cannot be read: No such file or directory"
    words = ("every.ink", "--input", "pictures.npy", "--output", "no/y.npy")
    assert error_of(capsys, *words).startswith("no/y.npy: cannot be written")


def test_a_damaged_blob_is_named_with_what_c_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = bytearray(Path("every.ink").read_bytes())
    Path("cut.ink").write_bytes(blob[:1000])
    assert error_of(capsys, "cut.ink", "--input", "pictures.npy") == (
        f"cut.ink: cut off, or with bytes too many: its size is 1000, allowed {len(blob)}"
    )
    error = error_of(capsys, "cut.ink", "--input", "pictures.npy", "--on", "sim")
    assert error.startswith("cut.ink: ")


def whole_numbers() -> bytes:
    """int32 [2, 2] to itself turned, int8 [2, 6] to where its rows are greatest: int32."""
    builder = ModelBuilder("whole numbers")
    given = builder.tensor([2, 2], "int32", name="given")
    scores = builder.tensor([2, 6], scale=0.1, name="scores")
    turned = builder.tensor([2, 2], "int32", name="turned")
    greatest = builder.tensor([2], "int32", name="greatest")
    builder.operator("TRANSPOSE", [given, builder.constant([1, 0])], [turned])
    builder.operator("ARG_MAX", [scores, builder.constant([1])], [greatest])
    return builder.build([given, scores], [turned, greatest])


def test_whole_numbers_keep_every_bit_and_their_order(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("whole.tflite").write_bytes(whole_numbers())
    values = np.array([[16777217, -2147483648], [5, 2147483647]], np.int32)
    np.save("given.npy", values)
    np.save("real.npy", np.array([[2.5, -2.5], [3e9, np.nan]], np.float32))
    np.save("scores.npy", np.array([[1, 2, 3, 3, 0, 1], [-5, -9, -1, -2, -2, -1]], np.int8))
    words = ("whole.tflite", "--input", "given.npy", "--input", "scores.npy")
    assert run(*words, "--float", "--output", "turned.npy", "--output", "greatest.npy") == 0
    np.testing.assert_array_equal(np.load("turned.npy"), values.T)
    np.testing.assert_array_equal(np.load("greatest.npy"), [2, 2])
    assert np.load("turned.npy").dtype == np.load("greatest.npy").dtype == np.int32
    capsys.readouterr()
    assert run(*words) == 0
    assert capsys.readouterr().out == (
        "0 turned: [0] 16777217  [1] 5  [2] -2147483648\n0 greatest: [0] 2  [1] 2\n"
    )
    assert run("whole.tflite", "--input", "real.npy", "--input", "scores.npy") == 0
    assert capsys.readouterr().out.startswith("0 turned: [0] 3  [1] 2147483647  [2] -3\n")


def test_int32_is_shown_without_a_scale(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("whole.tflite").write_bytes(whole_numbers())
    assert main(["pack-model", "whole.tflite"]) == 0
    packed = capsys.readouterr().out
    assert main(["inspect", "whole.ink"]) == 0
    inspected = capsys.readouterr().out
    for printed in (packed, inspected):
        [line] = [line for line in printed.splitlines() if "2x2 int32" in line and "input" in line]
        assert "scale" not in line
        assert "takes images" not in line
