"""Calibration data: pictures as the board has them, arrays, sounds; what does not fit is named."""

from __future__ import annotations

import re
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from host_tools.errors import CommandError
from host_tools.graph import Tensor
from host_tools.images import image_to_tensor
from host_tools.plan.image_tables import Pictures
from host_tools.quantize.folders import folder_samples
from host_tools.quantize.samples import array_samples

INPUT = Tensor(0, "x", (1, 6, 8, 3), "float32")
FIRST = Tensor(0, "x", (1, 3, 6, 8), "float32")
SOUND = Tensor(0, "x", (1, 4000, 1), "float32")
ONE = Pictures((0, 1))


def sound(path: Path, values: list[int], rate: int = 16000, width: int = 2) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(b"".join(v.to_bytes(width, "little", signed=width > 1) for v in values))


def test_a_picture_becomes_what_the_board_makes_of_it(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (37, 61, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    how = Pictures(None, (0.1, 0.2, 0.3), (0.5, 0.6, 0.7), bgr=True)
    [array] = folder_samples(tmp_path, INPUT, how, None).read(0)
    whole = image_to_tensor(pixels, 6, 8, 3, np.arange(256, dtype=np.uint8), bgr=True)
    expected = (whole / 255 - [0.1, 0.2, 0.3]) / [0.5, 0.6, 0.7]
    assert array.dtype == np.float32
    np.testing.assert_allclose(array, expected, atol=1e-6)
    [turned] = folder_samples(tmp_path, FIRST, how, None).read(0)
    np.testing.assert_array_equal(turned, array.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("fit", ["crop", "squeeze", "border"])
@pytest.mark.parametrize("scaling", ["average", "bilinear"])
def test_a_network_of_one_channel_gets_the_brightness(
    fit: str, scaling: str, tmp_path: Path
) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (37, 61, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    how = Pictures((0, 1), fit=fit, scaling=scaling)
    whole = image_to_tensor(pixels, 6, 8, 1, np.arange(256.0), fit=fit, scaling=scaling)
    for shape in ((1, 6, 8, 1), (1, 1, 6, 8)):
        [array] = folder_samples(tmp_path, Tensor(0, "x", shape, "float32"), how, None).read(0)
        np.testing.assert_allclose(array, (whole / 255).reshape(shape), atol=1e-6)


def test_pictures_that_cannot_be_read_are_skipped_by_name(tmp_path: Path) -> None:
    Image.new("L", (9, 9), 51).save(tmp_path / "good.png")
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8 cut short")
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no picture")
    samples = folder_samples(tmp_path, INPUT, ONE, None)
    assert samples.count == 1
    assert samples.name(0) == str(tmp_path / "good.png")
    [skipped] = samples.skipped
    assert skipped.startswith(f"{tmp_path / 'bad.jpg'} is no picture that can be read: ")
    np.testing.assert_allclose(samples.read(0)[0], 0.2, atol=1e-6)
    assert samples.ranges == [(0, 1)]


def test_classes_are_the_places_of_the_subfolders_names(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (8, 6)).save(tmp_path / name / "a.png")
    assert folder_samples(tmp_path, INPUT, ONE, ["dog", "cat"]).labels.tolist() == [1, 0]
    without = folder_samples(tmp_path, INPUT, ONE, None)
    assert without.labels is None
    assert without.notes == [
        f"{tmp_path} has subfolders: --labels FILE, with their names, would count accuracy"
    ]


def test_arrays_of_bytes_are_pictures_and_floats_are_values(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.full((2, 12, 16, 3), 255, np.uint8))
    samples = array_samples(path, [INPUT], Pictures((-1, 1)))
    assert samples.ranges == [(-1, 1)]
    np.testing.assert_array_equal(samples.read(1)[0], np.ones((1, 6, 8, 3), np.float32))
    values = np.random.default_rng(2).normal(0, 1, (4, 6, 8, 3))
    np.save(path, values)
    samples = array_samples(path, [INPUT], ONE)
    assert samples.ranges == [None]
    np.testing.assert_array_equal(samples.read(3)[0], values[3:].astype(np.float32))
    np.save(path, values.transpose(0, 3, 1, 2))
    samples = array_samples(path, [INPUT], ONE)
    np.testing.assert_array_equal(samples.read(3)[0], values[3:].astype(np.float32))
    assert "turned from channels first" in samples.notes[0]


def test_an_npz_has_the_classes_under_labels(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, pictures=np.zeros((3, 6, 8, 3), np.float32), labels=[2, 0, 1])
    assert array_samples(path, [INPUT], ONE).labels.tolist() == [2, 0, 1]


def test_the_middle_of_a_sound_is_taken_and_a_short_one_stands_amid_silence(
    tmp_path: Path,
) -> None:
    sound(tmp_path / "long.wav", list(range(5000)))
    sound(tmp_path / "short.wav", [16384] * 3000)
    samples = folder_samples(tmp_path, SOUND, Pictures(), None)
    long, short = (samples.read(number)[0] for number in (0, 1))
    assert long.shape == short.shape == (1, 4000, 1)
    np.testing.assert_array_equal(long.ravel() * 32768, np.arange(500, 4500))
    assert short.ravel()[499:501].tolist() == [0, 0.5]
    assert short.sum() == 1500


NO_FIT = [
    (np.zeros((0, 6, 8, 3), np.float32), "its arrays have 0 samples; each must have as many"),
    (np.zeros((2, 6, 9, 3), np.float32), "its shape is [2, 6, 9, 3]; the input x takes [N, 6, 8"),
    (np.zeros((2, 6, 8, 3), np.int32), "its type is int32; the input takes float32 (or pictures"),
    (np.zeros((2, 6, 8, 5), np.uint8), "[2, 6, 8, 5] of uint8 are no pictures"),
]


@pytest.mark.parametrize(("array", "message"), NO_FIT)
def test_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, array: np.ndarray, message: str
) -> None:
    path = tmp_path / "x.npy"
    np.save(path, array)
    with pytest.raises(CommandError, match=re.escape(message)):
        array_samples(path, [INPUT], ONE)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 2], "its arrays have 2, 3 samples"),
        ([0.5, 1, 2], "labels is float64 [3]; class numbers are needed, integers [N]"),
    ],
)
def test_classes_that_do_not_fit_are_refused(
    tmp_path: Path, labels: list[float], message: str
) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, x=np.zeros((3, 6, 8, 3), np.float32), labels=labels)
    with pytest.raises(CommandError, match=re.escape(message)):
        array_samples(path, [INPUT], ONE)
    path.write_bytes(b"no archive")
    with pytest.raises(CommandError, match="not a .npz file"):
        array_samples(path, [INPUT], ONE)


def test_folders_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    def said(tensor: Tensor = INPUT, pictures: Pictures = ONE) -> str:
        with pytest.raises(CommandError) as caught:
            folder_samples(tmp_path, tensor, pictures, None)
        return str(caught.value)

    assert "has neither pictures nor wav files" in said()
    sound(tmp_path / "a.wav", [1, 2, 3])
    features = Tensor(0, "x", (1, 49, 10, 1), "float32")
    assert "wants features, not sound: its input x is [1, 49, 10, 1]" in said(features)
    assert "wants features" in said(Tensor(0, "x", (1, 640), "float32"))
    sound(tmp_path / "b.wav", [1, 2, 3], rate=8000)
    assert "have 8000, 16000 samples a second" in said(SOUND)
    sound(tmp_path / "b.wav", [1], width=1)
    assert folder_samples(tmp_path, SOUND, ONE, None).skipped == [
        f"{tmp_path / 'b.wav'} has samples of 8 bits; only 16 are read: convert it to 16-bit PCM"
    ]
    Image.new("RGB", (8, 6)).save(tmp_path / "a.png")
    assert "has both pictures and wav files" in said()
    for path in tmp_path.glob("*.wav"):
        path.unlink()
    assert "pictures have no range by themselves: say what the network saw" in said(
        pictures=Pictures()
    )
    assert "the network takes no pictures: its input x is [1, 49, 10, 1]" in said(
        Tensor(0, "x", (1, 49, 10), "float32")
    ).replace("10]", "10, 1]")
    (tmp_path / "a.png").write_bytes(b"")
    assert f"no file of {tmp_path} can be read: " in said()
