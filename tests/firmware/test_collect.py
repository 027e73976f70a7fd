"""collect.py on frames of real pictures: what lies in which folder, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from board_models import LIKE_OPENMV, Runner, mpremote
from camera_frames import LAST, LIBRARY, RELEASES, real_frame, script, showing

from host_tools.images import rgb888_to_rgb565
from host_tools.pictures import read_picture
from host_tools.virtual_board import VirtualBoard

CLASSIFY = {"classify.py": LIBRARY / "classify.py"}


def at_once(label: str = "cup", count: int = 20) -> str:
    """The script without its waits."""
    text = script("collect.py").replace("COUNT = 20", f"COUNT = {count}")
    text = text.replace("WAIT = 3", "WAIT = 0").replace("EVERY = 1 ", "EVERY = 0 ")
    return f"LABEL = {label!r}\n{text}"


def frame_in(path: Path) -> np.ndarray:
    return rgb888_to_rgb565(np.asarray(read_picture(path)))


def test_pictures_come_into_the_computers_folder_through_a_mount(
    virtual_board_firmware: Path, tmp_path: Path
) -> None:
    frames = [real_frame(number) for number in range(3)]
    (tmp_path / "pictures" / "cup").mkdir(parents=True)
    (tmp_path / "pictures" / "cup" / "cup_0007.jpg").write_bytes(b"of before")
    words = ["mount", str(tmp_path / "pictures"), "exec", "LABEL = 'cup'"]
    with (
        showing(*frames) as files,
        VirtualBoard(virtual_board_firmware, romfs=files | CLASSIFY) as board,
    ):
        text = mpremote(board, *words, "run", str(LIBRARY / "collect.py"))
    lines = text.splitlines()
    assert "cup: 20 pictures into /remote/cup, from all sides" in lines
    names = [f"cup_{number:04}.bmp" for number in (8, 9, 10)]
    assert lines[-4:] == [
        *(f"{n} of 20: /remote/cup/{name}" for n, name in enumerate(names, 1)), LAST
    ]  # fmt: skip
    folder = tmp_path / "pictures" / "cup"
    assert sorted(path.name for path in folder.iterdir()) == ["cup_0007.jpg", *names]
    for name, frame in zip(names, frames, strict=True):
        np.testing.assert_array_equal(frame_in(folder / name), frame)


def test_without_a_mount_they_stay_on_the_disk_until_it_is_full_and_can_be_copied_off(
    virtual_board_firmware: Path, tmp_path: Path
) -> None:
    frames = [real_frame(number) for number in range(4)]
    path = tmp_path / "at_once.py"
    at_end = "\ntry:\n    run()\nexcept OSError as error:\n    print(error)\n"
    with (
        showing(*frames) as files,
        VirtualBoard(virtual_board_firmware, romfs=files | CLASSIFY) as board,
    ):
        free = int(board.exec("import os; s = os.statvfs('/flash'); print(s[0] * s[3])"))
        # a frame takes 153,600 bytes
        text = at_once().replace("KEEP_FREE = 64 * 1024", f"KEEP_FREE = {free - 400_000}")
        path.write_text(text.removesuffix("\nrun()\n") + at_end)
        lines = mpremote(board, "run", str(path)).splitlines()
        mpremote(board, "cp", "-r", ":/flash/pictures", str(tmp_path))
    names = ["cup_0001.bmp", "cup_0002.bmp"]
    assert lines == [
        "cup: 20 pictures into /flash/pictures/cup, from all sides",
        *(f"{n} of 20: /flash/pictures/cup/{name}" for n, name in enumerate(names, 1)),
        "the disk of /flash/pictures/cup is full: copy the pictures off and remove them",
    ]
    saved = sorted((tmp_path / "pictures" / "cup").iterdir())
    assert [path.name for path in saved] == names
    for path, frame in zip(saved, frames, strict=False):
        np.testing.assert_array_equal(frame_in(path), frame)


# what an OpenMV camera has, as far as collect.py uses it: a picture that becomes a JPEG; the
# second one cannot be made
JPEG = b"""
from openmv_stand_in import *
import openmv_stand_in
class Jpeg:
    def __init__(self, data):
        self._data = data
    def bytearray(self):
        return self._data
class Picture(openmv_stand_in.Picture5):
    count = 0
    def to_jpeg(self, *, quality=90, copy=False):
        assert copy
        Picture.count += 1
        if Picture.count == 2:
            raise MemoryError("no room")
        return Jpeg(bytearray(b"jpeg %d of quality %d" % (Picture.count, quality)))
    def save(self, *args):
        assert False
CSI = camera_class(Picture)
"""


@LIKE_OPENMV
def test_a_camera_gives_jpegs_and_a_failure_leaves_no_half_file(on_board: Runner) -> None:
    at_end = """
try:
    run()
except MemoryError as error:
    print(error)
for name in os.listdir("/flash/pictures/mug"):
    print(name, open("/flash/pictures/mug/" + name).read())
"""
    with showing(*(real_frame(number) for number in range(3))) as files:
        files |= CLASSIFY | RELEASES["5.0"] | {"csi.py": JPEG}
        text = at_once("mug", 3).removesuffix("\nrun()\n") + at_end
        lines = on_board(text, files).splitlines()
    assert lines == [
        "mug: 3 pictures into /flash/pictures/mug, from all sides",
        "1 of 3: /flash/pictures/mug/mug_0001.jpg",
        "no room",
        "mug_0001.jpg jpeg 1 of quality 90",
    ]


@LIKE_OPENMV
def test_a_label_is_needed_that_can_be_a_folder(on_board: Runner) -> None:
    for label in ("", "a/b", "..", ".hidden"):
        text = at_once(label).removesuffix("\nrun()\n")
        text += "\ntry:\n    run()\nexcept ValueError as error:\n    print(error)\n"
        with showing(real_frame(0)) as files:
            line = on_board(text, files | CLASSIFY).strip()
        assert line == (
            f"LABEL is {label!r}: give what the pictures show, as in mpremote mount pictures "
            "exec \"LABEL = 'cup'\" run collect.py"
        )
