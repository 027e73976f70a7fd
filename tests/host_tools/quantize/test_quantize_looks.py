"""Calibration data that look wrong are warned of; data that are right are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from corner_networks import bright, corners

from host_tools.plan.image_tables import Pictures
from host_tools.quantize.looks import first_factor, warnings
from host_tools.quantize.samples import array_samples
from host_tools.tflite import read_model


def looked_at(
    tmp_path: Path, model: bytes, arrays: np.ndarray, *, labels: bool = False
) -> list[str]:
    graph = read_model(model)
    path = tmp_path / "x.npz"
    classes = {"labels": np.arange(len(arrays)) % 4} if labels else {}
    np.savez(path, x=arrays, **classes)
    inputs = [graph.tensors[index] for index in graph.inputs]
    return warnings(model, graph, array_samples(path, inputs, Pictures((0, 1))))


@pytest.fixture
def pixels() -> np.ndarray:
    """Pictures of 0 to 255 in float32, whose classes are 0, 1, 2, 3 in turn."""
    rng = np.random.default_rng(6)
    return np.stack([bright(number % 4, rng, 8) for number in range(64)]).astype(np.float32)


def test_data_as_in_training_are_not_warned_of(tmp_path: Path, pixels: np.ndarray) -> None:
    assert looked_at(tmp_path, corners(), pixels / 255) == []
    assert looked_at(tmp_path, corners(), pixels / 255, labels=True) == []
    assert looked_at(tmp_path, corners(), pixels.astype(np.uint8)) == []
    assert looked_at(tmp_path, corners(factor=1 / 255), pixels) == []


def test_pixels_of_0_to_1_for_a_network_that_scales_itself(
    tmp_path: Path, pixels: np.ndarray
) -> None:
    [said] = looked_at(tmp_path, corners(factor=1 / 255), pixels / 255)
    assert said.startswith("the network itself multiplies its input by 0.003922, but the samples")
    assert said.endswith("give pixels of 0 to 255 (--image-range 0 255)")
    assert first_factor(read_model(corners(factor=1 / 255))) == pytest.approx(1 / 255)
    assert first_factor(read_model(corners())) == 1


def test_answers_that_hardly_differ_tell_of_pixels_too_small(
    tmp_path: Path, pixels: np.ndarray
) -> None:
    # 250 times less sensitive: trained with pixels of 0 to 255
    model = corners(sensitivity=1 / 250)
    assert looked_at(tmp_path, model, pixels) == []
    [said] = looked_at(tmp_path, model, pixels / 255)
    assert "the network's answers differ much more from sample to sample" in said
    assert said.endswith("was the network trained with --image-range 0 255?")


def test_scores_that_are_no_probabilities_may_grow_with_the_pixels(
    tmp_path: Path, pixels: np.ndarray
) -> None:
    """Without a SOFTMAX they grow as these do, which says nothing."""
    assert looked_at(tmp_path, corners(last="RELU"), pixels / 255) == []
    [said] = looked_at(tmp_path, corners(last="RELU", sensitivity=1 / 250), pixels / 255)
    assert said.endswith("was the network trained with --image-range 0 255?")


def test_answers_that_are_all_sure_tell_of_pixels_too_large(
    tmp_path: Path, pixels: np.ndarray
) -> None:
    [said] = looked_at(tmp_path, corners(), pixels)
    assert "the network is not wholly sure of every answer" in said
    assert said.endswith("was the network trained with --image-range 0 1?")


def test_with_classes_the_other_range_must_be_more_right(
    tmp_path: Path, pixels: np.ndarray
) -> None:
    # only what is brighter than a half is seen
    model = corners(threshold=0.5)
    [said] = looked_at(tmp_path, model, pixels / 255 * 0.4 - 0.4, labels=True)
    assert "of them are classified right in place of" in said


def test_few_and_constant_samples(tmp_path: Path, pixels: np.ndarray) -> None:
    few = looked_at(tmp_path, corners(), pixels[:5] / 255)
    assert few == [
        "5 samples are few: a layer's range is seen from some hundred that are like those at work"
    ]
    same = np.repeat(pixels[:1] / 255, 64, axis=0)
    [said] = looked_at(tmp_path, corners(), same)
    assert said.startswith("all samples of serving_default_picture:0 looked at are the same")
    flat = pixels / 255
    flat[:8] = flat[:8, :1, :1, :1]
    [said] = looked_at(tmp_path, corners(), flat)
    assert said == "4 of the 32 samples of serving_default_picture:0 looked at hold one value only"
