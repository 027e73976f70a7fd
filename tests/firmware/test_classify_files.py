"""host_tools classify: picture files are seen as a board's own predict() sees the same pixels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from host_tools.cli import main
from host_tools.virtual_board import VirtualBoard

BLOB = Path(__file__).parents[2] / "models/cifar10/tiny/tiny.ink"

SCRIPT = """
import inkling
class Picture:
    def __init__(self, pixels):
        self.pixels = pixels
    def width(self):
        return {width}
    def height(self):
        return {height}
    def bytearray(self):
        return self.pixels
model = inkling.Model("/rom/net.ink")
for number in range({count}):
    pixels = memoryview(open("/rom/%d.rgb" % number, "rb"))
    [scores] = model.predict([Picture(pixels)])
    print(",".join("%.8f" % score for score in scores))
"""


def test_the_scores_of_a_file_are_those_that_the_board_predicts(
    tmp_path: Path,
    virtual_board_firmware: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    width, height, count = 75, 50, 3
    rng = np.random.default_rng(5)
    files: dict[str, bytes] = {"net.ink": BLOB.read_bytes()}
    for number in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (5, 7, 3), np.uint8))
        picture = coarse.resize((width, height), Image.Resampling.BICUBIC)
        picture.save(tmp_path / f"{number}.png")
        files[f"{number}.rgb"] = picture.tobytes()
    script = SCRIPT.format(width=width, height=height, count=count)
    said = VirtualBoard(virtual_board_firmware, romfs=files).run_script(script)
    assert said.status == 0, said.stdout
    predicted = [[float(score) for score in line.split(",")] for line in said.stdout.splitlines()]
    for on in ("host", "sim"):
        assert (
            main(["classify", str(BLOB), str(tmp_path), "--json", "--top", "10", "--on", on]) == 0
        )
        entries = json.loads(capsys.readouterr().out)["pictures"]
        scores = [
            [one["score"] for one in sorted(entry["top"], key=lambda one: one["class"])]
            for entry in entries
        ]
        assert scores == predicted


def test_a_board_at_a_port_sees_the_same(
    tmp_path: Path, virtual_board_firmware: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = np.random.default_rng(6).integers(0, 256, (40, 32, 3), np.uint8)
    Image.fromarray(picture).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"damaged")
    words = ["classify", str(BLOB), str(tmp_path), "--top", "3"]
    assert main(words) == 1
    here = capsys.readouterr().out
    with VirtualBoard(virtual_board_firmware) as board:
        assert main([*words, "--on", board.port]) == 1
    assert capsys.readouterr().out == here != ""
