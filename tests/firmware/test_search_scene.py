"""search_scene.py on a scene of real pictures: where it looks, what it prints and marks."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from board_models import LIKE_OPENMV, Runner
from camera_frames import (
    CIFAR10_INK,
    LABELS,
    LAST,
    LIBRARY,
    MODEL_LINES,
    RELEASES,
    real_frame,
    scores_of,
    script,
    showing,
)

from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.camera import Camera

GREEN = 0x07E0
# in the scene: x, y, width, height
SHIP = (0, 41, 158, 158)
TRUCK = (162, 82, 158, 158)


def ship_and_truck() -> np.ndarray:
    """A scene: the pictures of a ship and a truck on grey."""
    scene = np.full((240, 320), 0x8410, np.uint16)
    for number, (x, y, width, height) in ((1, SHIP), (11, TRUCK)):
        middle = real_frame(number)[:, 40:280]
        rows, columns = np.arange(height) * 240 // height, np.arange(width) * 240 // width
        scene[y : y + height, x : x + width] = middle[np.ix_(rows, columns)]
    return scene


def scene_windows() -> list[tuple[int, int, int, int]]:
    """Where search_scene.py looks in 320x240 pixels, written out."""
    columns = {240: [0, 80], 158: [0, 54, 108, 162], 105: [0, 43, 86, 129, 172, 215]}
    rows = {240: [0], 158: [0, 41, 82], 105: [0, 45, 90, 135]}
    return [(x, y, size, size) for size in columns for y in rows[size] for x in columns[size]]


@pytest.mark.parametrize("release", [None, "4.8", "5.0"])
def test_a_search_finds_what_is_in_the_scene_and_marks_it(
    virtual_board_firmware: Path, release: str | None
) -> None:
    scene = ship_and_truck()
    drawn: list[np.ndarray] = []
    files = Camera(lambda: iter([scene]), drawn.append).romfs()
    board = VirtualBoard(
        virtual_board_firmware, romfs=files | CIFAR10_INK | RELEASES.get(release, {})
    )
    lines = board.run_script(LIBRARY / "search_scene.py").stdout.splitlines()[MODEL_LINES:]

    found = []
    for line in lines[:-2]:
        label, score, *numbers = re.fullmatch(
            r"(\w+) (\d\.\d\d) +at \((\d+), (\d+)\), (\d+)x(\d+)", line
        ).groups()
        found.append((label, score, tuple(int(number) for number in numbers)))
    assert [label for label, *_ in found] == ["truck", "ship"]
    assert overlap(found[0][2], TRUCK) > 0.6
    assert overlap(found[1][2], SHIP) > 0.6
    assert re.fullmatch(r"2 found in 38 windows, \d+\.\d\d s", lines[-2])
    assert lines[-1] == LAST

    # every window that the network is sure of is a find, or overlaps one that is as good
    sure = {}
    for x, y, width, height in scene_windows():
        scores = scores_of(scene[y : y + height, x : x + width])
        if scores.max() >= 0.9:
            sure[x, y, width, height] = scores
    assert len(sure) > len(found)
    for label, score, window in found:
        best = int(sure[window].argmax())
        assert (LABELS[best], f"{sure[window][best]:.2f}") == (label, score)
    for window, scores in sure.items():
        assert any(
            overlap(window, other) > 0.3 and scores.max() <= sure[other].max()
            for *_, other in found
        )

    # the marks: a frame of two pixels and a label, and nothing else
    [marked] = drawn
    expected = scene.copy()
    for label, score, (x, y, width, height) in reversed(found):
        edges = np.zeros_like(scene, bool)
        edges[y : y + height, x : x + width] = True
        edges[y + 2 : y + height - 2, x + 2 : x + width - 2] = False
        expected[edges] = GREEN
        text = np.s_[y : y + 10, x : x + 8 * len(f"{label} {score}")]
        assert set(np.unique(marked[text])) == {0, GREEN}
        expected[text] = marked[text]
    assert np.array_equal(marked, expected)


@LIKE_OPENMV
def test_windows_have_the_networks_proportions_and_reach_every_edge(on_board: Runner) -> None:
    functions = script("search_scene.py").removesuffix("\nrun()\n")
    pictures = [(320, 240), (160, 120), (240, 320), (64, 9)]
    networks = [(1, 32, 32, 3), (1, 49, 10, 1), (1, 10, 49, 1)]
    cases = [(*picture, network) for picture in pictures for network in networks]
    text = on_board(
        f"{functions}\nfor case in {cases}:\n    print(list(windows(*case)))\n",
        {"classify.py": LIBRARY / "classify.py"},
    )
    for (width, height, network), line in zip(cases, text.splitlines(), strict=True):
        found = ast.literal_eval(line)
        assert len(set(found)) == len(found)
        for x, y, w, h in found:
            assert 0 <= x <= x + w <= width
            assert 0 <= y <= y + h <= height
            assert w == max(1, h * network[2] // network[1])
        for size in {window[2:] for window in found}:
            places = [window[:2] for window in found if window[2:] == size]
            assert {0, width - size[0]} == {min(x for x, _ in places), max(x for x, _ in places)}
            assert {0, height - size[1]} == {min(y for _, y in places), max(y for _, y in places)}


def overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> float:
    """The part of the smaller window that lies in the other, by counting pixels."""
    cover = np.zeros((2, 240, 320), bool)
    for layer, (x, y, width, height) in zip(cover, (a, b), strict=True):
        layer[y : y + height, x : x + width] = True
    return cover.all(0).sum() / min(layer.sum() for layer in cover)


def test_a_search_for_other_labels_finds_nothing(
    virtual_board_firmware: Path, tmp_path: Path
) -> None:
    text = script("search_scene.py").replace("LABELS = ()", 'LABELS = ("frog", "deer")')
    (tmp_path / "search.py").write_text(text)
    # classify.py is not on the board, but in the folder that mpremote mounts
    with showing(ship_and_truck()) as files:
        del files["classify.py"]
        with VirtualBoard(virtual_board_firmware, romfs=files | CIFAR10_INK) as board:
            command = [sys.executable, "-m", "mpremote", "connect", board.port]
            command += ["mount", str(LIBRARY), "run", str(tmp_path / "search.py")]
            # its status is not 0: when the film ends, mpremote finds its mount gone
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    # mpremote's own line comes first or last, as its output is buffered or not
    lines = [line for line in done.stdout.splitlines() if not line.startswith("Local directory")]
    assert re.fullmatch(r"0 found in 38 windows, \d+\.\d\d s", lines[MODEL_LINES])
    assert lines[1 + MODEL_LINES :] == [LAST]
