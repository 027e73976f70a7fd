"""host_tools pack-model: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from oracle import ROOT
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.byte_count import byte_count
from host_tools.cli import main
from host_tools.pack import pack

CIFAR10 = ROOT / "models" / "cifar10" / "cifar10.tflite"
LABELS = ROOT / "models" / "cifar10" / "labels.txt"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A file of one fully connected layer with three outputs."""
    builder = ModelBuilder()
    x = builder.tensor([1, 4], scale=0.5, zero_point=3, name="in")
    weights = builder.tensor([3, 4], scale=0.25, data=np.arange(12))
    y = builder.tensor([1, 3], scale=1.5, zero_point=-7, name="out")
    builder.operator(
        "FULLY_CONNECTED", [x, weights], [y], fused_activation_function="NONE", keep_num_dims=False
    )
    path = tmp_path / "net.tflite"
    path.write_bytes(builder.build([x], [y]))
    return path


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What pack-model says on stderr when it ends with exit code 1."""
    assert main(["pack-model", *map(str, arguments)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_the_summary_says_what_the_network_needs(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pack-model", str(model), "--target", "portable"]) == 0
    output = model.with_suffix(".ink")
    size = output.stat().st_size
    assert capsys.readouterr().out.splitlines() == [
        f"{model} -> {output}, for portable",
        "  input 0               1x4 int8, scale 0.5, zero point 3, name 'in'",
        "  output 0              1x3 int8, scale 1.5, zero point -7, name 'out'",
        "  operators             1",
        "  multiply-accumulates  12",
        "  weights               32 bytes",
        "  arena                 32 bytes (tensors 32, scratch 0)",
        f"  blob                  {size} bytes",
    ]
    assert output.read_bytes() == pack(model)


def test_the_summary_as_json_has_the_same_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "cifar10.ink"
    arguments = [str(CIFAR10), "-o", str(output), "--labels", str(LABELS), "--json"]
    assert main(["pack-model", *arguments, "--target", "portable"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["blob"] == str(output)
    assert summary["macs"] == 12_298_240
    assert summary["arena_bytes"] == 40_960
    assert summary["operators"] == 8
    assert summary["labels"] == 10
    assert summary["blob_bytes"] == output.stat().st_size
    assert summary["inputs"] == [
        {
            "name": summary["inputs"][0]["name"],
            "shape": [1, 32, 32, 3],
            "dtype": "int8",
            "scale": 1.0,
            "zero_point": -128,
            "real_in_the_model": False,
            "takes_images": True,
            "channels_first": False,
        }
    ]


def test_name_target_labels_and_output_are_the_users(tmp_path: Path, model: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_bytes("\ufeffoné \r\ntwo\r\nthree".encode())
    output = tmp_path / "other.ink"
    arguments = ["-o", str(output), "--labels", str(labels), "--name", "mine"]
    assert main(["pack-model", str(model), *arguments, "--target", "cortex-m7"]) == 0
    blob = read_blob(output.read_bytes())
    assert (blob.name, blob.target) == ("mine", "cortex-m7")
    assert blob.labels == ["oné", "two", "three"]


def test_the_image_range_reaches_the_blob(tmp_path: Path) -> None:
    output = tmp_path / "cifar10.ink"
    arguments = ["-o", str(output), "--image-range", "0", "51"]
    assert main(["pack-model", str(CIFAR10), *arguments]) == 0
    data = output.read_bytes()
    [table] = read_blob(data).image_tables
    # the input's scale is 1 and its zero point -128: five pixels a step
    stored = np.frombuffer(data, np.int8, 256, table)
    assert stored[[0, 2, 3, 255]].tolist() == [-128, -128, -127, -77]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"one\ntwo\n", "2 labels do not fit: output 0 (out) of the model has 3 elements"),
        (b"one\n\nthree\n", "line 2 is empty: each line must be a label"),
        (b"\n\n", "line 1 is empty: each line must be a label"),
        (b"", "line 1 is empty: each line must be a label"),
        (b"one\ntw\xff\nthree\n", "line 2 is not UTF-8: save the labels as UTF-8 text"),
        (b"one\nt\0wo\nthree\n", "line 2 has control characters"),
    ],
)
def test_labels_that_do_not_fit_are_refused_and_nothing_is_written(
    tmp_path: Path,
    model: Path,
    content: bytes,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_bytes(content)
    said = refused(capsys, model, "--labels", labels)
    assert said.startswith(f"host_tools: {labels}: {message}")
    assert not model.with_suffix(".ink").exists()


def test_missing_files_and_folders_are_named(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing"
    assert refused(capsys, missing) == f"host_tools: {missing}: cannot be read: {os.strerror(2)}\n"
    said = refused(capsys, model, "--labels", missing)
    assert said == f"host_tools: {missing}: cannot be read: {os.strerror(2)}\n"
    said = refused(capsys, model, "-o", missing / "net.ink")
    assert said == f"host_tools: {missing}/net.ink: cannot be written: {os.strerror(2)}\n"
    said = refused(capsys, model, "-o", tmp_path)
    assert said == f"host_tools: {tmp_path}: cannot be written: it is a directory\n"


def test_a_failed_write_leaves_the_old_blob_and_nothing_beside_it(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = model.with_suffix(".ink")
    output.write_bytes(b"old")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", full)
    said = refused(capsys, model)
    assert said == f"host_tools: {output}: cannot be written: {os.strerror(28)}\n"
    assert output.read_bytes() == b"old"
    assert sorted(model.parent.iterdir()) == [output, model]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_is_written_to_and_stays_a_device(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(capsys, model, "-o", "/dev/full").startswith(
        "host_tools: /dev/full: cannot be written: "
    )
    assert Path("/dev/full").is_char_device()


def test_a_link_keeps_pointing_to_what_is_written(tmp_path: Path, model: Path) -> None:
    target, link = tmp_path / "target.ink", tmp_path / "link.ink"
    link.symlink_to(target)
    assert main(["pack-model", str(model), "-o", str(link)]) == 0
    assert link.is_symlink()
    assert target.read_bytes() == pack(model, target="cortex-m7")


def test_the_model_itself_is_never_overwritten(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = model.read_bytes()
    assert "would overwrite the model" in refused(capsys, model, "-o", model)
    assert model.read_bytes() == before


def test_a_model_that_cannot_be_packed_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 4], scale=0.1), builder.tensor([1, 4], scale=0.1, name="y")
    builder.operator("FLOOR", [x], [y])
    path = tmp_path / "net.tflite"
    path.write_bytes(builder.build([x], [y]))
    assert refused(capsys, path) == (
        f"host_tools: {path}: 1 operator cannot be packed:\n"
        "  1 x FLOOR: this operator is not supported (operator 0, output 'y')\n"
    )
    assert not path.with_suffix(".ink").exists()


@pytest.mark.parametrize("content", [b"", b"not a model", bytes(4096)])
def test_files_that_are_no_models_are_refused(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(content)
    assert refused(capsys, path).startswith(f"host_tools: {path}: not a TensorFlow Lite model")


def test_a_range_that_is_empty_or_not_finite_is_refused(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for low, high in (("0.0", "inf"), ("nan", "1.0"), ("0.5", "0.5")):
        assert refused(capsys, model, "--image-range", low, high) == (
            f"host_tools: --image-range {low} {high} must be two different finite numbers\n"
        )


def test_limits_of_flash_and_ram_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = tmp_path / "net.ink"
    words = [str(CIFAR10), "-o", str(blob), "--target", "cortex-m7", "--json"]
    assert main(["pack-model", *words, "--flash", "96k", "--ram", "34000"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["blob_bytes"] == blob.stat().st_size <= 96 * 1024
    assert summary["arena_bytes"] <= 34_000
    assert refused(capsys, CIFAR10, "-o", blob, "--flash", "50K").startswith(
        f"host_tools: {CIFAR10}: --flash 51200 is too small: the smallest possible is 9"
    )


@pytest.mark.parametrize("size", ["", "300KB", "0x10", "-1", "1.5M", "many"])
def test_what_is_no_number_of_bytes_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], size: str
) -> None:
    assert refused(capsys, CIFAR10, "-o", tmp_path / "net.ink", f"--ram={size}") == (
        f"host_tools: --ram {size!r} is no number of bytes: write it like 300000, 300K or 1M\n"
    )


@pytest.mark.parametrize(
    ("text", "size"), [("300000", 300_000), ("300K", 307_200), ("1m", 1 << 20), ("0", 0)]
)
def test_bytes_are_written_plainly_or_with_a_unit(text: str, size: int) -> None:
    assert byte_count(text, "--ram") == size
