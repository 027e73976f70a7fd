"""host_tools.images against the board's C, on the computer, and against values by hand."""

from __future__ import annotations

import ctypes
import itertools
import mmap
import os
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools import images
from host_tools.host_build import build_library


def test_a_frame_keeps_its_middle_square() -> None:
    assert images.crop(320, 240, 32, 32) == (40, 0, 240, 240)
    assert images.crop(240, 320, 32, 32) == (0, 40, 240, 240)
    assert images.crop(320, 240, 96, 96) == (40, 0, 240, 240)
    assert images.crop(5, 5, 3, 2) == (0, 1, 5, 3)
    assert images.crop(1000, 1, 1, 16384) == (499, 0, 1, 1)


def test_boxes_are_averaged_with_halves_up() -> None:
    picture = np.array([[0, 1, 10, 20], [0, 0, 30, 41]], np.uint8)
    assert images.scale(picture, 1, 2, 1).ravel().tolist() == [0, 25]
    assert images.scale(picture[:, :2], 1, 1, 3).ravel().tolist() == [0, 0, 0]
    assert images.scale(np.array([[1, 2]], np.uint8), 1, 2, 1).ravel().tolist() == [1, 2]
    assert images.scale(np.array([[1, 2]], np.uint8), 2, 4, 1)[0].ravel().tolist() == [1, 1, 2, 2]


def test_a_border_leaves_a_picture_its_proportions() -> None:
    assert images.border(320, 240, 32, 32) == (0, 4, 32, 24)
    assert images.border(240, 320, 96, 96) == (12, 0, 72, 96)
    assert images.border(5, 5, 7, 7) == (0, 0, 7, 7)
    assert images.border(16384, 1, 3, 5) == (0, 2, 3, 1)
    picture = np.full((1, 2), 200, np.uint8)
    assert images.scale(picture, 2, 2, 1, fit="border")[..., 0].tolist() == [[200, 200], [0, 0]]


def test_squeezing_takes_the_whole_picture() -> None:
    picture = np.array([[10, 20, 30, 40]], np.uint8)
    assert images.scale(picture, 1, 2, 1, fit="squeeze").ravel().tolist() == [15, 35]
    assert images.scale(picture, 1, 1, 1).ravel().tolist() == [20]


def test_bilinear_takes_the_pixels_beside_an_output_pixels_middle() -> None:
    picture = np.array([[0, 16, 32, 48], [160, 176, 192, 208]], np.uint8)

    def scaled(height: int, width: int) -> list[list[int]]:
        ways = {"fit": "squeeze", "scaling": "bilinear"}
        return images.scale(picture, height, width, 1, **ways)[..., 0].tolist()

    assert scaled(2, 4) == picture.tolist()
    # middles at 1/2 and 5/2 along the row, 1/2 down
    assert scaled(1, 2) == [[88, 120]]
    # at -1/4, 1/4, ... 13/4: held at the edges
    assert scaled(2, 8)[0] == [0, 4, 12, 20, 28, 36, 44, 48]
    # 16ths of a pixel, rounded down: -8/16, then 32 x 3 / 10 - 8, ...
    assert scaled(2, 5)[1] == [160, 171, 184, 196, 208]
    # one pixel high: averaged instead
    assert images.scale(
        picture[:1], 1, 2, 1, fit="squeeze", scaling="bilinear"
    ).ravel().tolist() == [
        8,
        40,
    ]


# of pictures of these sides, the region, the input's shape: CRC-32 of the bytes that OpenMV's own
# ml.preprocessing.Normalization made in its firmware for QEMU (commit cbbb877eda5c)
BY_OPENMV = [
    ("rgb565", (320, 240), (37, 21, 200, 150), (96, 96, 1), 0xED4D4220),
    ("rgb565", (20, 16), (0, 0, 20, 16), (24, 40, 1), 0x2B9C5FB6),
    ("rgb565", (320, 240), (0, 0, 320, 240), (96, 96, 3), 0xD5E7F046),
    ("rgb565", (64, 48), (5, 7, 41, 33), (24, 20, 3), 0x1C7FDC4E),
    ("rgb565", (24, 20), (0, 0, 24, 20), (20, 24, 3), 0x97718A5F),
    ("rgb565", (24, 20), (0, 0, 24, 20), (20, 12, 3), 0x710004AA),
    ("grayscale", (33, 25), (0, 0, 33, 25), (12, 13, 1), 0xF4498C4E),
    ("grayscale", (64, 48), (5, 7, 41, 33), (24, 20, 1), 0xDC4016F6),
    ("grayscale", (240, 240), (3, 1, 96, 96), (96, 96, 3), 0x6FE6D8D1),
    ("grayscale", (370, 370), (0, 0, 370, 370), (192, 192, 3), 0x43FE7621),
]


@pytest.mark.parametrize(("kind", "sides", "region", "shape", "crc"), BY_OPENMV)
def test_openmvs_scaling_gives_the_bytes_that_openmv_gives(
    kind: str,
    sides: tuple[int, int],
    region: tuple[int, int, int, int],
    shape: tuple[int, int, int],
    crc: int,
) -> None:
    wide = kind == "rgb565"
    values = [12345]
    while len(values) <= sides[0] * sides[1] * (1 + wide):
        values.append((values[-1] * 75 + 74) % 65537)
    pixels = np.array(values[1:]).astype(np.uint8).view(np.uint16 if wide else np.uint8)
    x, y, width, height = region
    part = pixels.reshape(sides[::-1])[y : y + height, x : x + width]
    ways = {"fit": "squeeze", "scaling": "openmv", "place": (x, y)}
    assert zlib.crc32(images.scale(part, *shape, **ways).tobytes()) == crc


def test_rgb565_is_widened_by_its_upper_bits() -> None:
    colours = np.array([[0xFFFF, 0xF800, 0x07E0, 0x001F, 0x8410, 0x0841]], np.uint16)
    assert images.rgb565_to_rgb888(colours)[0].tolist() == [
        [255, 255, 255],
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
        [132, 130, 132],
        [8, 8, 8],
    ]


def test_rgb565_gives_itself_back() -> None:
    every = np.arange(1 << 16, dtype=np.uint16).reshape(256, 256)
    assert np.array_equal(images.rgb888_to_rgb565(images.rgb565_to_rgb888(every)), every)


def test_grey_of_a_colour_is_taken_after_the_average() -> None:
    picture = np.array([[[10, 20, 30], [11, 21, 31]]] * 2, np.uint8)
    # the average rounds up to 11, 21, 31; (77 * 11 + 150 * 21 + 29 * 31 + 128) >> 8
    assert images.scale(picture, 1, 1, 1).item() == 19


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((2, 2), np.int8),
        np.zeros((2, 2, 4), np.uint8),
        np.zeros((2, 2, 3), np.uint16),
        np.zeros((0, 2), np.uint8),
        np.zeros((1, 16385), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(picture: np.ndarray) -> None:
    with pytest.raises(ValueError, match="picture"):
        images.scale(picture, 2, 2, 3)


@pytest.fixture(scope="module")
def host_library() -> ctypes.CDLL:
    return ctypes.CDLL(str(build_library()))


class CImage(ctypes.Structure):
    _fields_ = [
        ("pixels", ctypes.c_void_p),
        ("width", ctypes.c_uint32),
        ("height", ctypes.c_uint32),
        ("pitch", ctypes.c_uint32),
        ("format", ctypes.c_int),
        ("left", ctypes.c_uint32),
        ("top", ctypes.c_uint32),
    ]


class CInput(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("height", "width", "channels", "element_size")),
        ("table", ctypes.c_void_p),
        ("table_step", ctypes.c_uint32),
        ("bgr", ctypes.c_bool),
        ("ways", ctypes.c_uint32),
    ]


SIDES = st.one_of(st.integers(1, 9), st.integers(1, 400))
MARGINS = st.tuples(*[st.integers(0, 5)] * 4)


@settings(max_examples=300, deadline=None)
@given(
    width=SIDES,
    height=SIDES,
    out_width=st.integers(1, 70),
    out_height=st.integers(1, 70),
    channels=st.sampled_from([1, 3]),
    kind=st.sampled_from(["grayscale", "rgb565", "rgb888"]),
    dtype=st.sampled_from([np.int8, np.float32]),
    by_channel=st.booleans(),
    bgr=st.booleans(),
    seed=st.integers(0, 1 << 30),
    brightest=st.booleans(),
    margins=st.one_of(st.just((0, 0, 0, 0)), MARGINS),
    fit=st.sampled_from(images.FITS),
    scaling=st.sampled_from(images.SCALINGS),
)
def test_the_boards_c_gives_the_same_bits(
    host_library: ctypes.CDLL,
    width: int,
    height: int,
    out_width: int,
    out_height: int,
    channels: int,
    kind: str,
    dtype: type,
    by_channel: bool,
    bgr: bool,
    seed: int,
    brightest: bool,
    margins: tuple[int, int, int, int],
    fit: str,
    scaling: str,
) -> None:
    left, top, right, bottom = margins
    rng = np.random.default_rng(seed)
    wide = kind == "rgb565"
    most = (1 << 16 if wide else 256) - 1
    shape = (top + height + bottom, left + width + right)
    if kind == "rgb888":
        shape += (3,)
    picture = rng.integers(most if brightest else 0, most + 1, shape)
    picture = picture.astype(np.uint16 if wide else np.uint8)
    region = picture[top : top + height, left : left + width]
    bgr, tables = bgr and channels == 3, (channels, 256) if by_channel else (256,)
    table = rng.integers(-128, 128, tables).astype(dtype)

    out = np.zeros((1, out_height, out_width, channels), dtype)
    number = {"grayscale": 1, "rgb565": 2, "rgb888": 3}[kind]
    host_library.ink_image_to_tensor(
        ctypes.byref(
            CImage(region.ctypes.data, width, height, left + width + right, number, left, top)
        ),
        ctypes.byref(
            CInput(
                *(out_height, out_width, channels, table.itemsize, table.ctypes.data),
                *(256 * table.itemsize * by_channel, bgr),
                {"crop": 0, "squeeze": 8, "border": 16}[fit]
                | {"average": 0, "bilinear": 32, "openmv": 64}[scaling],
            )
        ),
        out.ctypes.data_as(ctypes.c_void_p),
    )
    expected = images.image_to_tensor(
        region,
        out_height,
        out_width,
        channels,
        table,
        bgr=bgr,
        fit=fit,
        scaling=scaling,
        place=(left, top),
    )
    assert np.array_equal(out, expected)


def test_the_largest_picture_does_not_overflow(host_library: ctypes.CDLL) -> None:
    picture = np.full((4096, 4096), 255, np.uint8)
    table, out = np.arange(256, dtype=np.uint8), np.zeros(1, np.uint8)
    host_library.ink_image_to_tensor(
        ctypes.byref(CImage(picture.ctypes.data, 4096, 4096, 4096, 1)),
        ctypes.byref(CInput(1, 1, 1, 1, table.ctypes.data, 0, False, 0)),
        out.ctypes.data_as(ctypes.c_void_p),
    )
    assert out[0] == 255


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_nothing_is_read_behind_a_picture(host_library: ctypes.CDLL, kind: int) -> None:
    """A picture at the end of a page, before one that cannot be read: the child would crash."""
    page = mmap.PAGESIZE
    room = mmap.mmap(-1, 2 * page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(room))
    libc = ctypes.CDLL(None)
    table, out = np.arange(256, dtype=np.uint8), np.zeros(64 * 64 * 3, np.uint8)
    child = os.fork()
    if child == 0:
        libc.mprotect(ctypes.c_void_p(start + page), page, 0)
        for width, height, side, ways in itertools.product(
            (2, 7, 16), (2, 5), (1, 5, 64), (8, 40, 72)
        ):
            picture = start + page - width * height * kind
            host_library.ink_image_to_tensor(
                ctypes.byref(CImage(picture, width, height, width, kind)),
                ctypes.byref(CInput(side, side, 3, 1, table.ctypes.data, 0, False, ways)),
                out.ctypes.data_as(ctypes.c_void_p),
            )
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
