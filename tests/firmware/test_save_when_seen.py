"""save_when_seen.py on frames of real pictures: what it saves, and what it lives through."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
from board_models import LIKE_OPENMV, Runner, mpremote
from camera_frames import (
    CIFAR10_INK,
    LAST,
    LIBRARY,
    MODEL_LINES,
    real_frame,
    scores_of,
    script,
    showing,
)
from PIL import Image

from host_tools.images import rgb888_to_rgb565
from host_tools.virtual_board import VirtualBoard


def test_a_picture_is_saved_when_something_comes_into_view_until_the_disk_is_nearly_full(
    virtual_board_firmware: Path,
) -> None:
    ship, cat, unsure = real_frame(1), real_frame(8), real_frame(3)
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
        board.exec(
            "import computer; computer.write('ship', open('/flash/ship_0008.bmp', 'rb').read())"
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
    with Image.open(io.BytesIO(board.written["ship"])) as picture:
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
    frames = [real_frame(1), real_frame(1), real_frame(8)]
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
