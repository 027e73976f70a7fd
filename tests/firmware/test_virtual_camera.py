"""The virtual board's stand-in for a camera: grey frames, drawing, saving, what it refuses."""

from __future__ import annotations

import io

import numpy as np
from board_models import LIKE_OPENMV, TELL, Runner
from camera_frames import grey, real_frame, showing
from PIL import Image

from host_tools.images import rgb888_to_rgb565
from host_tools.virtual_board.mailbox import Written

OPEN = """
import computer, virtual_camera as csi
camera = csi.CSI()
camera.reset()
camera.framesize(csi.QVGA)

def give(name):
    with open("/flash/" + name, "rb") as file:
        while piece := file.read(8192):
            computer.write(name, piece)
"""


@LIKE_OPENMV
def test_a_grey_frame_has_one_byte_a_pixel_of_the_colours_luminance(
    on_board: Runner,
) -> None:
    script = """
camera.pixformat(csi.GRAYSCALE)
image = camera.snapshot()
computer.write("pixels", image.bytearray())
image.save("/flash/grey.bmp")
give("grey.bmp")
print(image.width(), image.height(), image.size(), image.format() == csi.GRAYSCALE)
"""
    every = np.arange(1 << 16, dtype=np.uint16)
    frame = np.concatenate([every, every[: 320 * 240 - len(every)]]).reshape(240, 320)
    with showing(frame) as files:
        kept = Written()
        assert on_board(OPEN + script, {**files, "write": kept}) == "320 240 76800 True\n"
    pixels = np.frombuffer(kept.files["pixels"], np.uint8).reshape(240, 320)
    assert np.array_equal(pixels, grey(frame))
    with Image.open(io.BytesIO(kept.files["grey.bmp"])) as picture:
        assert np.array_equal(np.asarray(picture.convert("L")), grey(frame))


@LIKE_OPENMV
def test_what_a_script_draws_is_in_the_frame_and_gone_from_the_next(
    on_board: Runner,
) -> None:
    script = """
image = camera.snapshot()
image.draw_rectangle((10, 20, 30, 40), color=(255, 0, 0), thickness=3)
image.draw_rectangle((100, 100, 5, 6), color=(0, 255, 0), fill=True).draw_string((0, 0), "I")
computer.write("drawn", image.bytearray())
image.save("/flash/drawn.bmp")
give("drawn.bmp")
computer.write("next", camera.snapshot().bytearray())
"""
    frames = [real_frame(0), real_frame(1)]
    with showing(*frames) as files:
        kept = Written()
        assert on_board(OPEN + script, {**files, "write": kept}) == ""
    drawn, following = (
        np.frombuffer(kept.files[name], "<u2").reshape(240, 320) for name in ("drawn", "next")
    )
    expected = frames[0].copy()
    expected[20:60, 10:40] = 0xF800
    expected[23:57, 13:37] = frames[0][23:57, 13:37]
    expected[100:106, 100:105] = 0x07E0
    letter = drawn[:10, :8] == 0xFFFF
    assert 8 <= letter.sum() <= 30
    expected[:10, :8][letter] = 0xFFFF
    assert np.array_equal(drawn, expected)
    assert np.array_equal(following, frames[1])
    with Image.open(io.BytesIO(kept.files["drawn.bmp"])) as picture:
        assert np.array_equal(rgb888_to_rgb565(np.asarray(picture.convert("RGB"))), drawn)


@LIKE_OPENMV
def test_what_the_virtual_camera_does_not_have_is_refused(on_board: Runner) -> None:
    script = """
tell(camera.pixformat, 7)
tell(camera.framesize, (800, 600))
tell(camera.window, (400, 100))
tell(camera.snapshot().save, "/flash/picture.jpg")
"""
    with showing(real_frame(0)) as files:
        assert on_board(TELL + OPEN + script, files).splitlines() == [
            "ValueError: virtual camera: it gives RGB565 and GRAYSCALE only",
            "ValueError: virtual camera: it gives QVGA and VGA only",
            "ValueError: virtual camera: the window (400, 100) is larger than its frames",
            "ValueError: virtual camera: it saves .bmp files only, not /flash/picture.jpg",
        ]
    for name in ("camera", "virtual_camera.py"):
        del files[name]
        told = on_board(TELL + "import classify\ntell(classify.open_camera)", files)
        assert told.startswith("OSError: no camera: neither csi nor sensor, and no pictures from")
