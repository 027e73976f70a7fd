"""The camera scripts on frames of real pictures: what they print, mark and save."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from board_models import LIKE_OPENMV, Files, Runner, mpremote
from camera_frames import (
    CIFAR10,
    LABELS,
    LIBRARY,
    MODEL_LINES,
    grey,
    real_frame,
    scores_of,
    showing,
)
from PIL import Image
from tflite_builder import ModelBuilder

from host_tools.images import rgb888_to_rgb565
from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.camera import Camera

CIFAR10_INK: Files = {"cifar10.ink": CIFAR10 / "cifar10.ink"}
LAST = "virtual camera: that was the last picture"
GREEN = 0x07E0
# in the scene: x, y, width, height
SHIP = (0, 41, 158, 158)
TRUCK = (162, 82, 158, 158)

# sensor's interface over the virtual camera; it notes what is asked of it
SENSOR = b"""
import virtual_camera
RGB565, GRAYSCALE, QVGA = virtual_camera.RGB565, virtual_camera.GRAYSCALE, virtual_camera.QVGA
camera = virtual_camera.CSI()
def reset():
    print("reset")
def set_pixformat(pixformat):
    print("pixformat", pixformat)
    camera.pixformat(pixformat)
def set_framesize(framesize):
    camera.framesize(framesize)
def skip_frames(n=0, time=300):
    print("skip", time)
def snapshot():
    return camera.snapshot()
"""


def script(name: str) -> str:
    return (LIBRARY / name).read_text(encoding="utf8")


def ship_and_truck() -> np.ndarray:
    """A scene: the pictures of a ship and a truck on grey."""
    scene = np.full((240, 320), 0x8410, np.uint16)
    for number, (x, y, width, height) in ((1, SHIP), (11, TRUCK)):
        middle = real_frame(number)[:, 40:280]
        rows, columns = np.arange(height) * 240 // height, np.arange(width) * 240 // width
        scene[y : y + height, x : x + width] = middle[np.ix_(rows, columns)]
    return scene


# --- monochrome ----------------------------------------------------------------------------------


@LIKE_OPENMV
@pytest.mark.parametrize("camera", ["virtual_camera", "sensor"])
def test_a_monochrome_camera_gives_a_network_of_three_channels_its_grey_thrice(
    on_board: Runner, camera: str
) -> None:
    frames = [real_frame(8), real_frame(15)]
    others: Files = {"sensor.py": SENSOR} if camera == "sensor" else {}
    with showing(*frames) as files:
        text = on_board(script("classify_mono.py"), files | CIFAR10_INK | others)
    lines = text.splitlines()[MODEL_LINES:]
    if camera == "sensor":
        assert lines[:3] == ["reset", "pixformat 1", "skip 2000"]
        lines = lines[3:]
    for line, frame in zip(lines[:-1], frames, strict=True):
        scores = scores_of(grey(frame))
        best = int(scores.argmax())
        assert line.startswith(f"{LABELS[best]} {scores[best]:.2f} ")
    assert lines[-1] == LAST


def mean(pixels: np.ndarray) -> int:
    """The average, rounded half up."""
    return int((pixels.sum() + pixels.size // 2) // pixels.size)


@LIKE_OPENMV
def test_a_monochrome_camera_gives_a_network_of_one_channel_its_grey(on_board: Runner) -> None:
    builder = ModelBuilder("left_and_right")
    given = builder.tensor((1, 1, 2, 1), "uint8", 1.0, 0)
    flat = builder.tensor((1, 2), "uint8", 1.0, 0)
    builder.operator("RESHAPE", [given, builder.constant([1, 2])], [flat])
    blob = pack(builder.build([given], [flat]), labels=["left", "right"], name="halves")
    frame = real_frame(11)
    with showing(frame) as files:
        text = on_board(script("classify_mono.py"), files | {"halves.ink": blob})
    line = text.splitlines()[MODEL_LINES]
    # the middle half of the height has the input's proportions, 2 to 1
    left, right = (grey(frame)[40:200, half].astype(int) for half in (np.s_[:160], np.s_[160:]))
    told = {name: float(value) for name, value in re.findall(r"(left|right) (\d+\.\d\d)", line)}
    assert told == {"left": mean(left), "right": mean(right)}
    assert left.sum() != right.sum()


# --- search --------------------------------------------------------------------------------------


def scene_windows() -> list[tuple[int, int, int, int]]:
    """Where search_scene.py looks in 320x240 pixels, written out."""
    columns = {240: [0, 80], 158: [0, 54, 108, 162], 105: [0, 43, 86, 129, 172, 215]}
    rows = {240: [0], 158: [0, 41, 82], 105: [0, 45, 90, 135]}
    return [(x, y, size, size) for size in columns for y in rows[size] for x in columns[size]]


def test_a_search_finds_what_is_in_the_scene_and_marks_it(virtual_board_firmware: Path) -> None:
    scene = ship_and_truck()
    drawn: list[np.ndarray] = []
    with Camera(lambda: iter([scene]), drawn.append) as camera:
        board = VirtualBoard(virtual_board_firmware, romfs=camera.romfs() | CIFAR10_INK)
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
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"0 found in 38 windows, \d+\.\d\d s", lines[1 + MODEL_LINES])
    assert lines[2 + MODEL_LINES :] == [LAST]


# --- saving --------------------------------------------------------------------------------------


def test_a_picture_is_saved_when_something_comes_into_view_until_the_disk_is_nearly_full(
    virtual_board_firmware: Path, tmp_path: Path
) -> None:
    ship, cat, unsure = real_frame(1), real_frame(0), real_frame(3)
    assert scores_of(ship).max() > 0.9 > scores_of(unsure).max()
    frames = [ship, ship, cat, unsure, cat, ship, cat, ship, cat]
    with (
        showing(*frames) as files,
        VirtualBoard(virtual_board_firmware, romfs=files | CIFAR10_INK) as board,
    ):
        # a name with a number that a script of before may have left
        board.exec("for n in ('dog_0007.jpg', 'a_b.txt'): open('/flash/' + n, 'w').close()")
        text = mpremote(board, "run", str(LIBRARY / "save_when_seen.py")).splitlines()
        names = board.exec("import os; print(*sorted(os.listdir('/flash')))").split()
        free = int(board.exec("s = os.statvfs('/flash'); print(s[0] * s[3])"))
        first = tmp_path / "ship_0008.bmp"
        board.exec(
            "import semihost; d = open('/flash/ship_0008.bmp', 'rb').read(); "
            f"semihost.write({str(first)!r}, d)"
        )
    assert re.fullmatch(r"saves to /flash/, which has \d+ bytes free", text[MODEL_LINES])
    assert text[-1] == LAST
    said = [line.split(maxsplit=2) for line in text[MODEL_LINES + 1 : -1]]
    assert [words[:2] for words in said] == [
        [label, f"{scores_of(ship if label == 'ship' else cat).max():.2f}"]
        for label in ("ship", "cat", "cat", "ship", "cat", "ship", "cat")
    ]
    saved = [words[2].rpartition("/")[2] for words in said if words[2].startswith("saved /flash/")]
    assert saved[:3] == ["ship_0008.bmp", "cat_0009.bmp", "cat_0010.bmp"]
    assert sorted(saved) == [name for name in names if name.endswith(".bmp")]
    assert said[-1][2].startswith("not saved: /flash/ has ")
    assert said[-1][2].endswith(" bytes free, and 65536 stay free")
    assert free >= 65536
    with Image.open(first) as picture:
        assert np.array_equal(rgb888_to_rgb565(np.asarray(picture.convert("RGB"))), ship)


# csi over the virtual camera: the first picture fails to come, the second to be saved
FAILING = b"""
from virtual_camera import *
import virtual_camera
class Failing(Picture):
    def save(self, path):
        with open(path, "w") as file:
            file.write("half of it")
        raise OSError(28)
class CSI(virtual_camera.CSI):
    count = 0
    def snapshot(self, time=0):
        picture = super().snapshot(time)
        if time:
            return
        self.count += 1
        if self.count == 1:
            raise RuntimeError("Frame capture has timed out.")
        return Failing(picture.bytearray(), picture.format()) if self.count == 2 else picture
"""


@LIKE_OPENMV
def test_saving_goes_on_after_errors_and_leaves_no_half_file(on_board: Runner) -> None:
    frames = [real_frame(1), real_frame(1), real_frame(0)]
    at_end = '\ntry:\n    run()\nfinally:\n    print(os.listdir("/flash"))\n'
    text = script("save_when_seen.py")
    assert text.endswith("\nrun()\n")
    with showing(*frames) as files:
        files |= CIFAR10_INK | {"csi.py": FAILING}
        lines = on_board(text.removesuffix("\nrun()\n") + at_end, files).splitlines()
    assert lines[MODEL_LINES + 1 :] == [
        "goes on after RuntimeError('Frame capture has timed out.',)",
        "goes on after OSError(28,)",
        f"{f'cat {scores_of(frames[2]).max():.2f}':16} saved /flash/cat_0001.bmp",
        LAST,
        "['cat_0001.bmp']",
    ]
