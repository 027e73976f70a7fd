"""Networks score through our C exactly what they are known to score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracle import ROOT, real_model

from host_tools.host_runtime import HostModel
from host_tools.pack import pack

CIFAR10 = ROOT / "build" / "cifar10" / "cifar10.npz"


def right_ones(blob: bytes, inputs: np.ndarray, labels: np.ndarray) -> int:
    """How many inputs get the highest score at their label."""
    [scores] = HostModel(blob).run_many([inputs], threads=2)
    return int((scores.reshape(len(labels), -1).argmax(axis=1) == labels).sum())


def test_resnet_8_is_right_on_8707_of_10000_cifar10_pictures() -> None:
    """87.07 %: a minute or two, and only where CIFAR-10 is."""
    if not CIFAR10.is_file():
        pytest.skip(f"needs CIFAR-10 in {CIFAR10}: run python -m models.cifar10.data")
    with np.load(CIFAR10) as arrays:
        pictures, labels = arrays["test_pictures"], arrays["test_labels"]
    inputs = (pictures.astype(np.int16) - 128).astype(np.int8)[:, np.newaxis]
    assert right_ones(pack(real_model("pretrainedResnet_quant")), inputs, labels) == 8707


def test_ds_cnn_is_right_on_901_of_mlperfs_1000_words(shared: Path) -> None:
    with np.load(shared / "data" / "kws" / "mlperf_tiny_kws01.npz") as arrays:
        features, labels = arrays["mfcc"], arrays["y"]
    inputs = features.reshape(len(features), 1, 49, 10, 1)
    assert right_ones(pack(real_model("kws_ref_model")), inputs, labels) == 901
