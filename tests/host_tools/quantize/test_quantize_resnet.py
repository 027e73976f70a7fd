"""MLPerf Tiny's float ResNet-8, quantized by us, is as right as in float32."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from oracle import ROOT, TfliteMicro, real_model

from host_tools.cli import main
from host_tools.host_runtime import HostModel
from host_tools.pack import pack

CIFAR10 = ROOT / "build" / "cifar10" / "cifar10.npz"
# of the 10,000 test pictures, in LiteRT
FLOAT_RIGHT = 8719


def test_resnet_8_loses_less_than_0_3_points_of_10000_cifar10_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Calibrated with training pictures: half a minute, and only where CIFAR-10 is."""
    network = real_model("pretrainedResnet_float")
    if not CIFAR10.is_file():
        pytest.skip(f"needs CIFAR-10 in {CIFAR10}: run python -m models.cifar10.data")
    with np.load(CIFAR10) as arrays:
        np.save(tmp_path / "x.npy", arrays["train_pictures"][:2000])
        pictures, labels = arrays["test_pictures"], arrays["test_labels"]
    output = tmp_path / "net.tflite"
    options = ["--calibrate", str(tmp_path / "x.npy"), "--image-range", "0", "255"]
    assert main(["quantize", str(network), *options, "-o", str(output), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["warnings"] == report["advice"] == []
    assert min(layer["snr_db"] or 99 for layer in report["layers"]) > 20

    inputs = (pictures.astype(np.int16) - 128).astype(np.int8)[:, np.newaxis]
    model, oracle = HostModel(pack(output)), TfliteMicro(output.read_bytes())
    [scores] = model.run_many([inputs], threads=2)
    right = int((scores.reshape(len(labels), -1).argmax(axis=1) == labels).sum())
    assert right >= FLOAT_RIGHT - 30
    for number in range(50):
        np.testing.assert_array_equal(scores[number], oracle.run([inputs[number]])[0])
