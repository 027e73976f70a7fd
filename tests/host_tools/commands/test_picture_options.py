"""pack-model's options for pictures: what they give, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import ROOT
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.cli import main

CIFAR10 = ROOT / "models" / "cifar10" / "cifar10.tflite"


def tables(tmp_path: Path, *options: str) -> tuple[int, Any]:
    """image_flags and stored values of the CIFAR-10 network's input: scale 1, zero point -128."""
    output = tmp_path / "net.ink"
    assert main(["pack-model", str(CIFAR10), "-o", str(output), *options]) == 0
    data = output.read_bytes()
    blob = read_blob(data)
    [flags], [start] = blob.image_flags, blob.image_tables
    shape = (3, 256) if flags & 1 else (256,)
    return flags, np.frombuffer(data, np.int8, int(np.prod(shape)), start).reshape(shape)


def test_three_numbers_are_a_table_a_channel(tmp_path: Path) -> None:
    options = "--image-range 0 255 --image-mean 100 120 90 --image-std 2 1 0.5"
    flags, found = tables(tmp_path, *options.split())
    assert flags == 1
    assert found[:, 130].tolist() == [15 - 128, 10 - 128, 80 - 128]


def test_numbers_of_one_channel_are_for_all(tmp_path: Path) -> None:
    flags, found = tables(tmp_path, "--image-std", "0.01")
    assert flags == 0 and found[[0, 51, 255]].tolist() == [-128, -108, -28]


@pytest.mark.parametrize("name", ["imagenet", "torchvision"])
def test_imagenets_numbers_have_a_name_and_follow_the_order(tmp_path: Path, name: str) -> None:
    flags, found = tables(tmp_path, "--image-mean", name, "--image-range", "0", "1")
    numbers = "--image-mean 0.485 0.456 0.406 --image-std 0.229 0.224 0.225"
    assert flags == 1 and (found == tables(tmp_path, *numbers.split())[1]).all()
    flags, turned = tables(tmp_path, "--image-mean", name, "--image-order", "bgr")
    assert flags == 3 and (turned == found[::-1]).all()
    mean = tables(tmp_path, *f"--image-mean {name} --image-std 0.1 0.2 0.3".split())[1]
    assert mean[:, 255].tolist() == [5 - 128, 3 - 128, 2 - 128]


def test_an_order_alone_leaves_one_table(tmp_path: Path) -> None:
    for order, flags in (("rgb", 0), ("bgr", 2)):
        found = tables(tmp_path, "--image-order", order)
        assert found[0] == flags and found[1].tolist() == list(range(-128, 128))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--image-mean nan", "--image-mean and --image-std must be finite numbers, and no dev"),
        ("--image-std 1 0 1", "--image-mean and --image-std must be finite numbers, and no dev"),
        (
            "--image-mean 123.675 116.28 103.53",
            "--image-mean 123.675 116.28 103.53 lies outside the pixels' values of 0 to 1: give "
            "those that it counts in, such as --image-range 0 255",
        ),
        (
            "--image-range 1 -1 --image-mean -1.5",
            "--image-mean -1.5 lies outside the pixels' values of -1 to 1",
        ),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    options: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pack-model", str(CIFAR10), *options.split()]) == 1
    assert capsys.readouterr().err.startswith(f"host_tools: {message}")


@pytest.mark.parametrize(
    "words",
    [
        ["--image-mean", "imagenet", str(CIFAR10)],
        [str(CIFAR10), "--image-mean", "0.5", "0.5"],
        [str(CIFAR10), "--image-std", "much"],
        [str(CIFAR10), "--image-std", "imagenet", "0.5", "0.5"],
    ],
)
def test_words_that_are_no_numbers_end_as_a_wrong_command_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["pack-model", *words])
    assert caught.value.code == 2
    assert "give one number, three, or imagenet, and MODEL before the options" in (
        capsys.readouterr().err
    )


def test_fit_and_scaling_are_written_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = "--image-fit border --image-scaling bilinear --image-order bgr"
    assert tables(tmp_path, *options.split())[0] == 16 | 32 | 2
    told = " ".join(capsys.readouterr().out.split())  # a sentence may be broken
    assert "takes images (as BGR, with a border, bilinear)" in told
    assert main(["inspect", str(tmp_path / "net.ink")]) == 0
    told = " ".join(capsys.readouterr().out.split())  # a sentence may be broken
    assert "takes images (as BGR, with a border, bilinear)" in told
    assert tables(tmp_path, "--image-fit", "squeeze")[0] == 8
    capsys.readouterr()
    assert main(["inspect", str(tmp_path / "net.ink"), "--json"]) == 0
    [given] = json.loads(capsys.readouterr().out)["inputs"]
    assert (given["image_fit"], given["image_scaling"]) == ("squeeze", "average")


def test_options_for_images_are_refused_where_no_input_takes_any(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 4], scale=0.5), builder.tensor([1, 4], scale=0.5)
    builder.operator("ABS", [x], [y])
    path = tmp_path / "net.tflite"
    path.write_bytes(builder.build([x], [y]))
    for options in (
        ["--image-mean", "imagenet"],
        ["--image-order", "bgr"],
        ["--image-fit", "border"],
    ):
        assert main(["pack-model", str(path), *options]) == 1
        assert "no input takes images, for which the image options are" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [path]
