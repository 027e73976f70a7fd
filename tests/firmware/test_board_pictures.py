"""Pictures given to predict(): scaled on the board to the same bits as host_tools.images does."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from board_models import TELL, Files, Runner
from tflite_builder import ModelBuilder

from host_tools import images
from host_tools.pack import pack
from host_tools.plan.image_tables import Pictures

PICTURE = """
import inkling
class Picture:
    def __init__(self, width, height, pixels):
        self._size, self._pixels = (width, height), pixels
    def width(self):
        return self._size[0]
    def height(self):
        return self._size[1]
    def bytearray(self):
        return self._pixels
"""


def passing_through(
    height: int,
    width: int,
    channels: int,
    dtype: str = "int8",
    pictures: Pictures = Pictures((0, 255)),  # noqa: B008
) -> bytes:
    """A blob whose output is its input: scale 1, so that outputs are stored values."""
    builder = ModelBuilder("through")
    scale = None if dtype == "float32" else 1.0
    given = builder.tensor((1, height, width, channels), dtype, scale, 0)
    flat = builder.tensor((1, height * width * channels), dtype, scale, 0)
    shape = builder.constant([1, height * width * channels])
    builder.operator("RESHAPE", [given, shape], [flat])
    return pack(builder.build([given], [flat]), name="through", pictures=pictures)


def random_picture(kind: str, width: int, height: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if kind == "rgb565":
        return rng.integers(0, 1 << 16, (height, width), np.uint16)
    shape = (height, width) if kind == "grayscale" else (height, width, 3)
    return rng.integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "float32"])
def test_the_board_scales_pictures_as_the_host_does(
    on_board: Runner, channels: int, dtype: str
) -> None:
    sizes = [(320, 240), (7, 5), (8, 6), (1, 1), (3, 90), (640, 4)]
    kinds = ("grayscale", "rgb565", "rgb888")
    pictures = [
        random_picture(kind, *size, seed)
        for seed, (kind, size) in enumerate(itertools.product(kinds, sizes))
    ]
    files: dict[str, bytes | Path] = {"through.ink": passing_through(6, 8, channels, dtype)}
    script = PICTURE + 'm = inkling.Model("/rom/through.ink")\n'
    for index, picture in enumerate(pictures):
        height, width = picture.shape[:2]
        files[f"p{index}"] = picture.tobytes()
        pixels = f'memoryview(open("/rom/p{index}", "rb"))'
        script += f"[out] = m.predict([Picture({width}, {height}, {pixels})])\n"
        script += 'print(*["%d" % x for x in out])\n'
    table = np.clip(np.arange(256), None, 127 if dtype == "int8" else 255).astype(dtype)
    for picture, line in zip(pictures, on_board(script, files).splitlines(), strict=True):
        expected = images.image_to_tensor(picture, 6, 8, channels, table)
        assert [int(x) for x in line.split()] == expected.ravel().tolist(), picture.shape


@pytest.mark.parametrize("dtype", ["int8", "float32"])
@pytest.mark.parametrize("bgr", [False, True])
def test_the_board_normalizes_each_channel_as_the_host_does(
    on_board: Runner, dtype: str, bgr: bool
) -> None:
    pictures = Pictures((0, 255), mean=(100, 120, 90), std=(2, 1, 0.5), bgr=bgr)
    files: dict[str, bytes | Path] = {"through.ink": passing_through(6, 8, 3, dtype, pictures)}
    script = PICTURE + 'm = inkling.Model("/rom/through.ink")\n'
    expected = []
    pixel = np.arange(256.0)
    # tables by hand: halves away from zero
    real = np.stack([(pixel - 100) / 2, pixel - 120, (pixel - 90) * 2])
    table = real.astype(np.float32)
    if dtype == "int8":
        table = np.clip(np.trunc(real + np.copysign(0.5, real)), -128, 127).astype(np.int8)
    for seed, kind in enumerate(("grayscale", "rgb565", "rgb888")):
        picture = random_picture(kind, 40, 30, seed)
        files[f"p{seed}"] = picture.tobytes()
        script += f'p = Picture(40, 30, memoryview(open("/rom/p{seed}", "rb")))\n'
        script += "print(list(m.predict([p])[0]))\n"
        expected.append(images.image_to_tensor(picture, 6, 8, 3, table, bgr=bgr).ravel().tolist())
    lines = on_board(script, files).splitlines()
    assert [[float(x) for x in line[1:-1].split(",")] for line in lines] == expected


def test_the_board_scales_a_region_of_a_picture_as_the_host_scales_that_part(
    on_board: Runner,
) -> None:
    regions = [(0, 0, 40, 30), (3, 5, 20, 10), (39, 29, 1, 1), (0, 29, 40, 1), (17, 2, 9, 28)]
    files: dict[str, bytes | Path] = {"through.ink": passing_through(6, 8, 3)}
    script = PICTURE + 'm = inkling.Model("/rom/through.ink")\n'
    expected = []
    table = np.clip(np.arange(256), None, 127).astype("int8")
    for seed, kind in enumerate(("grayscale", "rgb565", "rgb888")):
        picture = random_picture(kind, 40, 30, seed)
        files[f"p{seed}"] = picture.tobytes()
        script += f'p = Picture(40, 30, memoryview(open("/rom/p{seed}", "rb")))\n'
        for x, y, width, height in regions:
            script += f"[out] = m.predict([(p, ({x}, {y}, {width}, {height}))])\n"
            script += 'print(*["%d" % x for x in out])\n'
            part = picture[y : y + height, x : x + width]
            expected.append(images.image_to_tensor(part, 6, 8, 3, table).ravel().tolist())
    lines = on_board(script, files).splitlines()
    assert [[int(x) for x in line.split()] for line in lines] == expected


@pytest.mark.parametrize(("channels", "dtype"), [(3, "int8"), (1, "float32")])
def test_fit_and_scaling_are_the_blobs_or_the_calls(
    on_board: Runner, channels: int, dtype: str
) -> None:
    region = (5, 3, 31, 12)
    x, y, width, height = region
    ways = list(itertools.product(images.FITS, images.SCALINGS))
    files: dict[str, bytes | Path] = {}
    script = PICTURE
    for seed, kind in enumerate(("grayscale", "rgb565", "rgb888")):
        picture = random_picture(kind, 40, 30, seed)
        files[f"p{seed}"] = picture.tobytes()
        script += f'p{seed} = Picture(40, 30, memoryview(open("/rom/p{seed}", "rb")))\n'
    for number, (fit, scaling) in enumerate(ways):
        pictures = Pictures((0, 255), fit=fit, scaling=scaling)
        files[f"{number}.ink"] = passing_through(6, 9, channels, dtype, pictures)
        other_fit, other_scaling = ways[(number + 3) % len(ways)]
        script += f'm = inkling.Model("/rom/{number}.ink")\n'
        for given in ("p0", "p1", f"(p2, {region})"):
            script += f"print(list(m.predict([{given}])[0]))\n"
            options = f"fit={other_fit!r}, scaling={other_scaling!r}"
            script += f"print(list(m.predict([{given}], {options})[0]))\n"
            script += f"print(list(m.predict([{given}], fit={other_fit!r})[0]))\n"
    expected = []
    table = np.clip(np.arange(256), None, 127 if dtype == "int8" else 255).astype(dtype)
    for number, (fit, scaling) in enumerate(ways):
        other_fit, other_scaling = ways[(number + 3) % len(ways)]
        for seed, kind in enumerate(("grayscale", "rgb565", "rgb888")):
            picture = random_picture(kind, 40, 30, seed)
            place = (0, 0)
            if seed == 2:
                picture, place = picture[y : y + height, x : x + width], (x, y)
            for way in ((fit, scaling), (other_fit, other_scaling), (other_fit, scaling)):
                out = images.image_to_tensor(
                    *(picture, 6, 9, channels, table),
                    fit=way[0],
                    scaling=way[1],
                    place=place,
                )
                expected.append([float(value) for value in out.ravel()])
    lines = on_board(script, files).splitlines()
    assert [[float(word) for word in line[1:-1].split(",")] for line in lines] == expected


def test_another_fit_or_scaling_is_refused(on_board: Runner) -> None:
    script = """
m = inkling.Model("/rom/through.ink")
p = Picture(4, 2, bytes(8))
for options in ({"fit": "stretch"}, {"fit": 1}, {"fit": "average"}, {"scaling": "crop"},
    {"scaling": ("average",)}):
    tell(m.predict, [p], **options)
tell(m.predict, [p], "crop")
tell(m.predict, [p], mean=1)
print(list(m.predict([p], fit="bor" + "der", scaling=None)[0]))
"""
    lines = on_board(
        PICTURE + TELL + script, {"through.ink": passing_through(1, 2, 1)}
    ).splitlines()
    assert lines[:3] == ["ValueError: through: fit must be 'crop', 'squeeze' or 'border'"] * 3
    words = "'average', 'bilinear' or 'openmv'"
    assert lines[3:5] == [f"ValueError: through: scaling must be {words}"] * 2
    assert [line.split(":")[0] for line in lines[5:7]] == ["TypeError"] * 2
    assert lines[7] == "[0.0, 0.0]"


def test_a_region_that_is_not_inside_its_picture_is_refused(on_board: Runner) -> None:
    script = """
m = inkling.Model("/rom/through.ink")
p = Picture(4, 2, bytes(8))
big = 1 << 29
for region in ((-1, 0, 2, 2), (0, -1, 2, 2), (3, 0, 2, 2), (0, 1, 2, 2), (0, 0, 0, 1),
    (0, 0, 1, 0), (0, 0, 5, 2), (0, 0, 4, 3), (big, big, big, big), (1, 1, -big, -big)):
    tell(m.predict, [(p, region)])
for region in ((0, 0, 2), [0, 0, 2, 2, 2], 7, None, p, (0, 0, "2", 2)):
    tell(m.predict, [(p, region)])
class Shrinking:
    def __int__(self):
        region.clear()
        return 0
region = [Shrinking(), 0, 1, 1]
tell(m.predict, [(p, region)])
print(list(m.predict([[p, [0, 0, 2, 1]]])[0]))
"""
    text = on_board(PICTURE + TELL + script, {"through.ink": passing_through(1, 2, 1)})
    lines = text.splitlines()
    outside = [
        re.fullmatch(
            r"ValueError: through: input 0: the region (\(.*\)) is not inside the picture of "
            r"4x2 pixels",
            line,
        )[1]
        for line in lines[:10]
    ]
    assert outside[0] == "(-1, 0, 2, 2)"
    assert outside[8] == "(536870912, 536870912, 536870912, 536870912)"
    shape = "TypeError: through: input 0: a region is a tuple (x, y, width, height)"
    assert lines[10:15] == [shape] * 5
    assert lines[15].startswith("TypeError: can't convert str to int")
    assert lines[16] == shape
    assert lines[17] == "[0.0, 0.0]"


def test_a_frame_buffer_is_a_picture_with_its_pitch_and_its_regions(on_board: Runner) -> None:
    files: dict[str, bytes | Path] = {"through.ink": passing_through(6, 8, 3)}
    script = 'import framebuf, inkling\nm = inkling.Model("/rom/through.ink")\n'
    expected = []
    table = np.clip(np.arange(256), None, 127).astype("int8")
    for seed, (kind, name) in enumerate({"grayscale": "GS8", "rgb565": "RGB565"}.items()):
        picture = random_picture(kind, 40, 30, seed)
        files[f"p{seed}"] = picture.tobytes()
        script += f'pixels = bytearray(open("/rom/p{seed}", "rb").read())\n'
        script += f"f = framebuf.FrameBuffer(pixels, 37, 30, framebuf.{name}, 40)\n"
        for entry, part in (
            ("f", picture[:, :37]),
            ("(f, (20, 2, 17, 28))", picture[2:30, 20:37]),
        ):
            script += f'print(*["%d" % x for x in m.predict([{entry}])[0]])\n'
            expected.append(images.image_to_tensor(part, 6, 8, 3, table).ravel().tolist())
    lines = on_board(script, files).splitlines()
    assert [[int(x) for x in line.split()] for line in lines] == expected


def test_a_frame_buffer_that_cannot_be_read_is_refused(on_board: Runner) -> None:
    script = """
import framebuf
m = inkling.Model("/rom/through.ink")
pixels = bytearray(8)
tell(m.predict, [framebuf.FrameBuffer(pixels, 4, 2, framebuf.GS4_HMSB)])
frame = framebuf.FrameBuffer(pixels, 4, 2, framebuf.GS8)
tell(m.predict, [(frame, (1, 0, 4, 2))])
print(len(m.predict([frame])))
class FrameBuffer:
    pass
tell(m.predict, [FrameBuffer()])
"""
    text = on_board(TELL + script, {"through.ink": passing_through(1, 2, 1)}).splitlines()
    assert text == [
        "ValueError: through: input 0: a FrameBuffer of format 2; RGB565 and GS8 are allowed",
        "ValueError: through: input 0: the region (1, 0, 4, 2) is not inside the picture of 4x2 "
        "pixels",
        "1",
        "TypeError: through: input 0 is a FrameBuffer; a buffer, nested lists or a picture with "
        "width() and height() are allowed",
    ]


def test_pictures_that_support_the_buffer_protocol_need_no_bytearray_method(
    on_board: Runner,
) -> None:
    script = """
import inkling
class Picture(bytearray):
    def width(self):
        return 2
    def height(self):
        return 1
m = inkling.Model("/rom/through.ink")
print(list(m.predict([Picture(b"\\x05\\x09")])[0]))
"""
    assert on_board(script, {"through.ink": passing_through(1, 2, 1)}) == "[5.0, 9.0]\n"


def test_pictures_that_do_not_fit_are_refused(on_board: Runner, two: Files) -> None:
    script = """
m = inkling.Model("/rom/through.ink")
for width, height, size in (
    (4, 2, 7), (4, 2, 9), (4, 2, 32), (4, 2, 0), (0, 2, 8), (4, -2, 8), (16385, 1, 16385),
    (16384, 16384, 8),
):
    tell(m.predict, [Picture(width, height, bytes(size))])
tell(m.predict, [Picture(4, 2, None)])
tell(m.predict, [Picture("4", 2, bytes(8))])
two = inkling.Model("/rom/two.ink")
tell(two.predict, [Picture(2, 2, bytes(4)), Picture(2, 2, bytes(4))])
print(len(m.predict([Picture(4, 2, bytes(8))])[0]))
"""
    files = {**two, "through.ink": passing_through(1, 2, 1)}
    text = on_board(PICTURE + TELL + script, files).splitlines()
    start = "ValueError: through: input 0: a picture of "
    for line, found in zip(text, ("4x2 pixels in 7 b", "4x2 pixels in 9 b"), strict=False):
        assert line.startswith(start + found)
        assert line.endswith("1 (grayscale), 2 (RGB565) or 3 (RGB888) bytes a pixel are allowed")
    assert [line.startswith(start + "4x2 pixels in ") for line in text[2:4]] == [True] * 2
    limits = " pixels; sides of 1 to 16384 and at most 16777216 pixels are allowed"
    sizes = ("0x2", "4x-2", "16385x1", "16384x16384")
    assert text[4:8] == [start + size + limits for size in sizes]
    assert [line.split(":")[0] for line in text[8:10]] == ["TypeError"] * 2
    assert text[10] == "TypeError: two: input 0 takes no pictures: give a buffer or nested lists"
    assert text[11] == "2"


# PIXFORMAT_* of OpenMV's imlib.h and py_image_format of py_image.c, the same at v4.5.9
# (f1aa0247d), v4.8.1 (2c24e0b78), v5.0.0 (7b7b4e73c) and cbbb877ed: format() gives one for all
# kinds of Bayer, one for YUV422 and YVU422
FORMATS = """
MUTABLE, COLOURED, COMPRESSED, BAYER, YUV = 1 << 27, 1 << 26, 1 << 25, 1 << 24, 1 << 28
FORMATS = {
    "GRAYSCALE": (MUTABLE | 2 << 16 | 1, 1),
    "RGB565": (MUTABLE | COLOURED | 3 << 16 | 2, 2),
    "BAYER": (COLOURED | BAYER | 4 << 16 | 1, 1),
    "YUV422": (COLOURED | YUV | 5 << 16 | 2, 2),
    "JPEG": (COLOURED | COMPRESSED | 6 << 16, 1),
    "PNG": (COLOURED | COMPRESSED | 7 << 16, 3),
}

class Image(Picture):
    def __init__(self, name, width=4, height=2):
        self.number, bpp = FORMATS[name]
        super().__init__(width, height, bytes(width * height * bpp))
    def format(self):
        return self.number
"""


def test_pictures_that_say_they_are_neither_rgb_nor_gray_are_refused(on_board: Runner) -> None:
    script = """
m = inkling.Model("/rom/through.ink")
for name in ("GRAYSCALE", "RGB565"):
    print(m.predict([Image(name)])[0], m.predict([(Image(name), (1, 0, 2, 1))])[0])
for name in ("BAYER", "YUV422", "JPEG", "PNG"):
    tell(m.predict, [Image(name)])
    tell(m.predict, [(Image(name), (1, 0, 2, 1))])
# what others call format
for answer in (2, "RGB", None, 1 << 40):
    gray = Image("GRAYSCALE")
    gray.number = answer
    print(len(m.predict([gray])[0]))
gray = Picture(4, 2, bytes(8))
gray.format = "L"
print(len(m.predict([gray])[0]))
"""
    files = {"through.ink": passing_through(1, 2, 1)}
    lines = on_board(PICTURE + TELL + FORMATS + script, files).splitlines()
    assert lines[:2] == ["array('f', [0.0, 0.0]) array('f', [0.0, 0.0])"] * 2
    told = "a YUV422, Bayer, JPEG or PNG picture: give its to_rgb565()"
    assert lines[2:10] == [f"ValueError: through: input 0: {told}"] * 8
    assert lines[10:] == ["2"] * 5
