"""What a board prints is taken apart: frames, text, damage and the end, however it is cut up."""

from __future__ import annotations

import json
import random
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from host_tools.images import rgb565_to_rgb888
from host_tools.view.frame import MOST_SIDE, FrameError, read_frame
from host_tools.view.protocol import (
    MAGIC,
    MOST_BYTES,
    STALL_SECONDS,
    Damaged,
    Ended,
    Event,
    Message,
    Printed,
    Splitter,
)


def packed(description: bytes, pixels: bytes) -> bytes:
    """As host_tools/device/on_board/view.py sends it."""
    body = struct.pack("<I", len(description)) + description + pixels
    return MAGIC + struct.pack("<II", len(body), zlib.crc32(body)) + body


def events(*pieces: bytes, wait: float = 0.0) -> list[Event]:
    """Those of the pieces and of a silence after them, texts that follow each other as one."""
    splitter, found = Splitter(), list[Event]()
    for piece in [*pieces, b""] if wait else pieces:
        now = 100.0 + (0.0 if piece else wait)
        for event in splitter.take(piece, now):
            if isinstance(event, Printed) and found and isinstance(found[-1], Printed):
                found[-1] = Printed(found[-1].data + event.data)
            else:
                found.append(event)
    return found


PIXELS = bytes(range(256)) * 3  # with every mark of the raw REPL in it
STREAM = (
    b"begins\r\n" + packed(b"{}", PIXELS) + packed(b"", b"") + b"\x1ebetween\x1e\x00"
    + packed(b"{1}", MAGIC + b"\x04") + b"ends\x04Traceback\r\nOSError: 5\r\n\x04>"
)  # fmt: skip
EVENTS = [
    Printed(b"begins\r\n"),
    Message(b"{}", PIXELS),
    Message(b"", b""),
    Printed(b"\x1ebetween\x1e\x00"),
    Message(b"{1}", MAGIC + b"\x04"),
    Printed(b"ends"),
    Ended(b"Traceback\r\nOSError: 5\r\n"),
]


def test_frames_are_told_from_text_wherever_the_line_is_cut() -> None:
    assert events(STREAM) == EVENTS
    assert events(*(STREAM[i : i + 1] for i in range(len(STREAM)))) == EVENTS
    rng = random.Random(1)
    for _ in range(200):
        cuts = sorted(rng.sample(range(len(STREAM)), 5))
        pieces = [STREAM[a:b] for a, b in zip([0, *cuts], [*cuts, len(STREAM)], strict=True)]
        assert events(*pieces) == EVENTS


def test_a_damaged_frame_is_dropped_and_the_next_one_taken() -> None:
    good = packed(b"{}", PIXELS)
    for place in range(len(MAGIC), len(good)):
        changed = bytearray(good)
        changed[place] ^= 1
        found = events(bytes(changed) + good + b"\x04\x04>", wait=STALL_SECONDS + 1)
        assert found[-2:] == [Message(b"{}", PIXELS), Ended(b"")] or found[-1] == Ended(b"")
        assert any(isinstance(event, Damaged) for event in found)


@pytest.mark.parametrize("size", [0, 3, MOST_BYTES + 1, 0xFFFFFFFF])
def test_a_size_that_cannot_be_is_not_waited_for(size: int) -> None:
    begun = MAGIC + struct.pack("<II", size, 0)
    assert events(begun + b"12", packed(b"", b"")) == [
        Damaged(len(begun) + 2),
        Message(b"", b""),
    ]


def test_a_frame_that_stops_half_way_is_given_up_and_the_scripts_end_is_found() -> None:
    half = packed(b"{}", PIXELS)[:300]
    assert events(half, wait=STALL_SECONDS / 2) == []
    assert events(half, wait=STALL_SECONDS + 1) == [Damaged(300)]
    end = b"\x04Traceback\r\nKeyboardInterrupt: \r\n\x04>"
    assert events(half, end, wait=STALL_SECONDS + 1) == [
        Damaged(300),
        Ended(b"Traceback\r\nKeyboardInterrupt: \r\n"),
    ]


def test_an_endless_traceback_ends() -> None:
    [ended] = events(b"\x04" + b"spam" * 20000)
    assert isinstance(ended, Ended) and len(ended.traceback) == 1 << 16


# --- what a description may say ------------------------------------------------------------------


def described(**changes: Any) -> dict[str, Any]:
    told = {"labels": [], "boxes": [], "settings": {}, "size": [2, 3], "format": "rgb565"}
    return {name: value for name, value in {**told, **changes}.items() if value is not ...}


def message(pixels: bytes = bytes(12), **changes: Any) -> Message:
    return Message(json.dumps(described(**changes)).encode(), pixels)


def test_pixels_become_a_picture_of_the_same_ones(tmp_path: Any) -> None:
    pixels = np.arange(6, dtype="<u2").reshape(3, 2) * 9999
    frame = read_frame(message(pixels.tobytes()))
    (tmp_path / "frame.png").write_bytes(frame.picture)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "frame.png")), rgb565_to_rgb888(pixels))
    greys = np.arange(6, dtype=np.uint8).reshape(3, 2) * 40
    frame = read_frame(message(greys.tobytes(), format="grey"))
    (tmp_path / "frame.png").write_bytes(frame.picture)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "frame.png")), greys)


def test_a_jpeg_stays_as_it_is(tmp_path: Any) -> None:
    Image.new("RGB", (2, 3), (9, 90, 200)).save(tmp_path / "x.jpg")
    data = (tmp_path / "x.jpg").read_bytes()
    frame = read_frame(message(data, format="jpeg"))
    assert (frame.kind, frame.picture) == ("jpeg", data)


def test_a_description_is_read() -> None:
    frame = read_frame(
        message(
            labels=[["cat", 0.5], ["\x1b[31m\u202e", None]],
            boxes=[[1, 2, 3.5, 4, 0.25, "dog"]] * 200,
            settings={"threshold": 0.5, "count": 3, "mirror": True, "name": "x", "none": None},
            operators=[["CONV_2D", "conv_s8", 120, 5000]],
            model="net",
            ms=30,
        )
    )
    assert frame.labels == (("cat", 0.5), ("\\x1b[31m\\u202e", 0.0))
    assert frame.boxes == ((1.0, 2.0, 3.5, 4.0, 0.25, "dog"),) * 100
    assert frame.settings == {"threshold": 0.5, "count": 3, "mirror": True}
    assert frame.operators == (("CONV_2D", "conv_s8", 120, 5000),)
    assert (frame.model, frame.ms) == ("net", 30)
    assert read_frame(message(operators="no profile")).operators == "no profile"
    assert read_frame(message()).operators is None


HOSTILE: list[dict[str, Any]] = [
    {"size": ...}, {"size": [2]}, {"size": [0, 3]}, {"size": [-2, -3]}, {"size": "23"},
    {"size": [MOST_SIDE + 1, 1]}, {"size": [2.0, 3]}, {"size": [3, 3]}, {"size": [True, 12]},
    {"format": "bmp"}, {"format": 7}, {"format": ["grey"]}, {"format": "grey"}, {"format": "jpeg"},
    {"labels": ...}, {"labels": 3}, {"labels": {}}, {"labels": [1]}, {"labels": [["a"]]},
    {"labels": [[1, 0.5]]}, {"labels": [["a", "b"]]}, {"labels": [["a", 1e400]]},
    {"labels": [["a", True]]}, {"labels": [["a", 10**400]]}, {"boxes": [[1, 2, 3, 4, 5]]},
    {"boxes": [[1, 2, 3, 4, "x", "a"]]}, {"boxes": [[1, 2, 3, [], 0.5, "a"]]},
    {"settings": []}, {"settings": {"<b>": 1}}, {"settings": {"": 1}}, {"settings": {"a" * 41: 1}},
    {"settings": {"x": 1e400}}, {"settings": {"x": 10**400}}, {"settings": {"é": 1}},
    {"operators": 3}, {"operators": [["a", "b", 1]]}, {"operators": [["a", "b", 1, 1.5]]},
    {"model": 3}, {"ms": "x"}, {"ms": 10**30},
]  # fmt: skip


@pytest.mark.parametrize("changes", HOSTILE, ids=lambda changes: json.dumps(str(changes))[:40])
def test_a_hostile_description_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FrameError):
        read_frame(message(**changes))


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b"9" * 5000, b" " * (1 << 19), b"null"]
)
def test_what_is_no_description_is_refused(text: bytes) -> None:
    with pytest.raises(FrameError):
        read_frame(Message(text, bytes(12)))
