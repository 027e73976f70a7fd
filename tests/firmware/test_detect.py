"""detect.py with a network made here: what it finds in a scene, what it prints and marks."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from board_models import Files
from camera_frames import CIFAR10_INK, LAST, LIBRARY, MODEL_LINES, RELEASES
from oracle import TfliteMicro
from test_board_detect import peaks
from tflite_builder import ModelBuilder

from host_tools import images
from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.camera import Camera

GREY, RED, GREEN = 0x8410, 0xF800, 0x07E0
GRID, SIDE = 12, 96


def build_finder() -> bytes:
    """int8 [1, 96, 96, 3] to a map int8 [1, 12, 12, 3]: no colour, red, green."""
    builder = ModelBuilder("finder")
    image = builder.tensor((1, SIDE, SIDE, 3), scale=1 / 255, zero_point=-128)
    cells = builder.tensor((1, GRID, GRID, 3), scale=1 / 255, zero_point=-128)
    # none: 2; red: 8 x (red - green - blue); green alike
    weights = np.array([[0, 0, 0], [80, -80, -80], [-80, 80, -80]]).reshape(3, 1, 1, 3)
    filters = builder.tensor((3, 1, 1, 3), scale=0.1, data=weights)
    bias = builder.tensor((3,), "int32", scale=0.1 / 255, data=[5100, 0, 0])
    logits = builder.tensor((1, GRID, GRID, 3), scale=0.1)
    scores = builder.tensor((1, GRID, GRID, 3), scale=1 / 256, zero_point=-128)
    window = {"stride_h": 8, "stride_w": 8, "filter_height": 8, "filter_width": 8}
    builder.operator("AVERAGE_POOL_2D", [image], [cells], padding="VALID", **window)
    builder.operator(
        "CONV_2D", [cells, filters, bias], [logits], padding="VALID", stride_h=1, stride_w=1
    )
    builder.operator("SOFTMAX", [logits], [scores], beta=1.0)
    return builder.build([image], [scores])


def scene() -> np.ndarray:
    """A red thing of a cell and a part of the next one, and a green one in the corner."""
    frame = np.full((240, 320), GREY, np.uint16)
    frame[40:60, 80:125] = RED
    frame[220:, 294:] = GREEN
    return frame


@pytest.mark.parametrize("release", [None, "4.5", "5.0"])
def test_things_are_framed_and_printed_once_each(
    virtual_board_firmware: Path, release: str | None
) -> None:
    model, frame = build_finder(), scene()
    files: Files = {"finder.ink": pack(model, name="finder"), "finder.txt": b"red\ngreen\n"}
    drawn: list[np.ndarray] = []
    files |= Camera(lambda: iter([frame]), drawn.append).romfs() | RELEASES.get(release, {})
    board = VirtualBoard(virtual_board_firmware, romfs=files)
    lines = board.run_script(LIBRARY / "detect.py").stdout.splitlines()[MODEL_LINES:]

    table = np.arange(-128, 128).astype(np.int8)
    given = images.image_to_tensor(frame, SIDE, SIDE, 3, table, fit="squeeze", scaling="bilinear")
    [stored] = TfliteMicro(model).run([given])
    found = peaks(stored, 0.5, first=1, near=1)
    assert [(cell, label) for cell, _, label in found] == [(2 * GRID + 3, 1), (143, 2)]
    boxes = [(80, 40, 26, 20), (293, 220, 27, 20)]
    texts = [f"{('', 'red', 'green')[label]} {score:.2f}" for _, score, label in found]
    for line, text, (x, y, width, height) in zip(lines, texts, boxes, strict=False):
        assert line == f"{text:<16} at ({x}, {y}), {width}x{height}"
    assert re.fullmatch(r"2 found, \d+\.\d frames/s", lines[2])
    assert lines[3:] == [LAST]

    [marked] = drawn
    expected = frame.copy()
    for text, (x, y, width, height) in zip(texts, boxes, strict=True):
        edges = np.zeros_like(frame, bool)
        edges[y : y + height, x : x + width] = True
        edges[y + 2 : y + height - 2, x + 2 : x + width - 2] = False
        expected[edges] = GREEN
        label = np.s_[y : y + 10, x : x + 8 * len(text)]
        assert set(np.unique(marked[label])) == {0, GREEN}
        expected[label] = marked[label]
    assert np.array_equal(marked, expected)


def test_a_network_that_gives_no_map_is_refused(virtual_board_firmware: Path) -> None:
    files = Camera(lambda: iter([scene()]), lambda drawn: None).romfs() | CIFAR10_INK
    result = VirtualBoard(virtual_board_firmware, romfs=files).run_script(LIBRARY / "detect.py")
    said = "ValueError: the output is no map [1, height, width, classes], but (1, 10)"
    assert (result.stdout.splitlines()[-1], result.status) == (said, 1)
