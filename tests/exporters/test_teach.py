"""`host_tools teach` on small folders of pictures, in the environment of PyTorch.

`make test-exporters` makes it; where it is missing, these tests are skipped.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from oracle import ROOT, TfliteMicro
from small_trunk import COLOURS, SIDE, picture, put, small_trunk

from host_tools.blob.reader import read_blob
from host_tools.host_runtime import HostModel
from host_tools.images import scale
from host_tools.pictures import cifar10_pictures, read_picture

PYTHON = ROOT / "build" / "exporters" / "litert-torch" / "bin" / "python"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
pytestmark = pytest.mark.skipif(
    not PYTHON.exists(), reason="needs the environment of litert-torch: make test-exporters"
)


@pytest.fixture
def trunk(tmp_path: Path) -> Path:
    path = tmp_path / "small.tflite"
    path.write_bytes(small_trunk())
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return put(tmp_path / "pictures", dict.fromkeys(COLOURS, 20))


def teach(*arguments: object, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(PYTHON), "-m", "host_tools", "teach", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        **options,
    )


def test_a_folder_becomes_a_blob_that_gives_the_oracles_bytes_and_a_page(
    tmp_path: Path, trunk: Path, pictures: Path
) -> None:
    whole = (pictures / "red" / "red_000.png").read_bytes()
    (pictures / "red" / "damaged.png").write_bytes(whole[:200])
    output, model = tmp_path / "mine.ink", tmp_path / "mine.tflite"
    options = ["--trunk", trunk, "--rounds", 12, "--background", "--tflite", model, "--json"]
    ran = teach(pictures, "-o", output, *options)
    out, err = ran.communicate(timeout=600)
    assert ran.returncode == 0, err
    assert err.splitlines()[0].startswith(f"skipped: {pictures}/red/damaged.png is no picture")
    report = json.loads(out)
    assert [one["name"] for one in report["classes"]] == ["blue", "green", "red", "background"]
    assert [one["learned_from"] for one in report["classes"]] == [16, 16, 16, None]
    assert [one["held_out"] for one in report["classes"]] == [4, 4, 4, 4]
    assert report["int8_right"] >= 11 and abs(report["int8_right"] - report["float32_right"]) <= 2
    assert {path.name for path in tmp_path.iterdir()} == {
        "pictures", "small.tflite", "mine.ink", "mine.html", "mine.tflite"
    }  # fmt: skip
    assert (tmp_path / "mine.html").read_text().startswith("<!DOCTYPE html>")

    blob = output.read_bytes()
    assert report["blob_bytes"] == len(blob)
    board, oracle = HostModel(blob), TfliteMicro(model.read_bytes())
    assert read_blob(blob).name == "mine"
    rng = np.random.default_rng(9)
    right = 0
    for number, colour in enumerate(["blue", "green", "red"] * 10):
        pixels = scale(picture(colour, rng), SIDE, SIDE, 3)[None]
        stored = (pixels.astype(int) - 128).astype(np.int8)
        (scores,) = board.run([stored])
        np.testing.assert_array_equal(scores, oracle.run([stored])[0])
        right += int(scores.argmax() == number % 3)
    assert right >= 25


def test_after_ctrl_c_the_same_command_goes_on_and_gives_the_same_blob(
    tmp_path: Path, trunk: Path, pictures: Path
) -> None:
    words = [pictures, "--trunk", trunk, "--rounds", 25, "--seed", 3]
    first = teach(*words, "-o", tmp_path / "a.ink")
    _, err = first.communicate(timeout=600)
    assert first.returncode == 0, err

    output, kept = tmp_path / "b.ink", tmp_path / "b.ink.checkpoint"
    default = lambda: signal.signal(signal.SIGINT, signal.default_int_handler)  # noqa: E731
    stopped = teach(*words, "-o", output, preexec_fn=default)
    while not kept.exists():
        assert stopped.poll() is None
        time.sleep(0.02)
    stopped.send_signal(signal.SIGINT)
    out, err = stopped.communicate(timeout=600)
    assert (stopped.returncode, out) == (130, "")
    assert err.splitlines() == [
        f"stopped; {kept} keeps what is done: the same command goes on from there"
    ]
    assert not output.exists() and not output.with_suffix(".html").exists()

    again = teach(*words, "-o", output)
    _, err = again.communicate(timeout=600)
    assert again.returncode == 0, err
    assert err.startswith("going on after round ")
    assert not kept.exists()
    # its name is in it
    assert len(output.read_bytes()) == len((tmp_path / "a.ink").read_bytes())
    boards = [HostModel((tmp_path / name).read_bytes()) for name in ("a.ink", "b.ink")]
    rng = np.random.default_rng(2)
    for _ in range(20):
        stored = rng.integers(-128, 128, (1, SIDE, SIDE, 3)).astype(np.int8)
        a, b = (board.run([stored])[0] for board in boards)
        np.testing.assert_array_equal(a, b)


def test_a_checkpoint_of_something_else_is_told_and_a_full_disk_leaves_nothing(
    tmp_path: Path, trunk: Path, pictures: Path
) -> None:
    output = tmp_path / "mine.ink"
    (tmp_path / "mine.ink.checkpoint").write_bytes(b"damaged")

    def full_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))

    ran = teach(pictures, "-o", output, "--trunk", trunk, "--rounds", 2, preexec_fn=full_disk)
    out, err = ran.communicate(timeout=600)
    assert (ran.returncode, out) == (1, "")
    lines = err.splitlines()
    assert lines[0].startswith(f"{output}.checkpoint cannot be used (")
    assert lines[1] == f"host_tools: {output}.checkpoint: cannot be written: File too large"
    assert {path.name for path in tmp_path.iterdir()} == {
        "pictures", "small.tflite", "mine.ink.checkpoint"
    }  # fmt: skip
    assert (tmp_path / "mine.ink.checkpoint").read_bytes() == b"damaged"


# the trunk's float network with the file's own classes, beside the file's blob
COMPARE = """
import sys
from pathlib import Path
import numpy as np
import torch
from host_tools import tflite
from host_tools.pack import pack
from host_tools.teach.make import int8_scores
from host_tools.teach.network import Network
from host_tools.teach.train import probabilities
from host_tools.teach.trunk import _values, read_trunk

pictures = np.load(sys.argv[1])
for path in map(Path, sys.argv[2:]):
    graph, trunk = tflite.read_model(path), read_trunk(path)
    (last,) = (one for one in graph.operators if one.kind == "FULLY_CONNECTED")
    weights, bias = (torch.from_numpy(_values(graph.tensors[i])) for i in last.inputs[1:])
    network = Network(trunk, len(bias))
    with torch.no_grad():
        network.classify.weight.copy_(weights)
        network.classify.bias.copy_(bias)
    deployed = network.as_deployed()
    with torch.no_grad():
        pixels = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
        scores = deployed(pixels).double().numpy()
    float_scores = probabilities(network, pictures)
    assert np.abs(scores - float_scores).max() < 1e-5
    difference = np.abs(int8_scores(pack(path), pictures) - float_scores)
    print(path.stem, difference.max(), difference.mean())
"""


def test_a_trunk_computes_what_its_file_does(tmp_path: Path) -> None:
    files = cifar10_pictures(ROOT / "build/pictures")
    shown = [scale(np.asarray(read_picture(path)), 32, 32, 3) for path in files]
    np.save(tmp_path / "x.npy", np.array(shown))
    paths = sorted((ROOT / "models/cifar10").rglob("*.tflite"))
    paths = [path for path in paths if "mono" not in path.stem]
    command = [PYTHON, "-c", COMPARE, tmp_path / "x.npy", *paths]
    ran = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
    assert ran.returncode == 0, ran.stderr
    lines = [line.split() for line in ran.stdout.splitlines()]
    assert [name for name, *_ in lines] == [path.stem for path in paths]
    for name, most, mean in lines:
        # what int8 adds
        assert float(most) < 0.2 and float(mean) < 0.02, name
