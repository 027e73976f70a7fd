"""host_tools view on the virtual board, in a real browser: what the page shows and does."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from board_models import Runner
from browser import Browser
from camera_frames import RELEASES
from firmware_builder import build_firmware
from PIL import Image
from view_picture import Viewing, make_files, show_all, smaller

from host_tools.images import rgb565_to_rgb888
from host_tools.view.frame import Frame
from host_tools.view.live import Live
from host_tools.view.session import Session
from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.camera import Camera

# The first pixel counts the frames; each other one has a value of its own.
SCRIPT = """
import inkling, time
from array import array

pixels = array("H", [(i * 40503 + 77) & 0xFFFF for i in range(64 * 48)])

class Picture:
    def width(self):
        return 64
    def height(self):
        return 48
    def format(self):
        return 2
    def bytearray(self):
        return memoryview(bytearray(pixels))

settings = {"threshold": 0.5, "count": 3, "mirror": False}
boxes = [(8, 6, 20, 12, 0.75, 1), (40, 30, 8, 8, float("nan"), 7)]
while True:
    pixels[0] += 1
    settings = inkling.show(Picture(), boxes, labels=("none", "<b>red</b>\\x1b"), **settings)
    print("has", settings["threshold"], settings["count"], settings["mirror"])
    time.sleep_ms(20)
"""
PIXELS = rgb565_to_rgb888(
    (np.arange(64 * 48, dtype=np.uint32) * 40503 + 77 & 0xFFFF).astype(np.uint16).reshape(48, 64)
)
FRAME = "document.getElementById('frame')"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with Browser(tmp_path / "browser") as browser:
        yield browser
        assert browser.errors == []


def pixels(browser: Browser, canvas: str) -> np.ndarray:
    width, height, values = browser.evaluate(
        f"(() => {{ const c = document.getElementById('{canvas}'); return [c.width, c.height, "
        "[...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]] })()"
    )
    return np.array(values, np.uint8).reshape(height, width, 4)


def text(browser: Browser, name: str) -> str:
    value: str = browser.evaluate(f"document.getElementById('{name}').textContent")
    return value


def put(browser: Browser, name: str, value: str) -> None:
    """As a hand does it."""
    browser.evaluate(
        f"(() => {{ const i = document.querySelector('[name={name}]'); {value}; "
        "i.dispatchEvent(new Event('input')) })()"
    )


def test_the_page_shows_the_frames_and_outlives_the_board(
    virtual_board_firmware: Path, tmp_path: Path, browser: Browser
) -> None:
    script, port, kept = tmp_path / "script.py", tmp_path / "port", tmp_path / "kept"
    script.write_text(SCRIPT)
    board = VirtualBoard(virtual_board_firmware)
    with board:
        port.symlink_to(board.port)
        with Viewing(tmp_path, [script, "--port", port, "--record", kept]) as view:
            browser.open(view.url)
            browser.until("document.querySelectorAll('.setting').length === 3")
            check_frame(browser)
            check_settings(browser)
            check_pause(browser)
            check_files(browser, kept)
            assert board._process
            board._process.kill()
            browser.until("document.getElementById('status').textContent.includes('waiting')")
            before = count_of(browser)
            with VirtualBoard(virtual_board_firmware) as other:
                port.unlink()
                port.symlink_to(other.port)
                running = "document.getElementById('status').textContent === 'script.py runs on "
                browser.until(f"{running}{port}'")
                browser.until(f"{count_js()} < {before}")
                # what was set on the page holds for the new board too
                browser.until(
                    "document.getElementById('text').textContent.endsWith('has 0.8 5 True\\n')"
                )
            assert "the board went away" in view.said
        browser.until("document.getElementById('status').textContent.includes('has ended')")
    browser.errors.clear()  # the last requests failed


def count_js() -> str:
    data = f"{FRAME}.getContext('2d').getImageData(0, 0, 1, 1).data"
    return f"((d) => (d[0] >> 3 << 11) + (d[1] >> 2 << 5) + (d[2] >> 3))({data})"


def count_of(browser: Browser) -> int:
    count: int = browser.evaluate(count_js())
    return count


def check_frame(browser: Browser) -> None:
    assert browser.evaluate("shown.kind") == "png"
    frame = pixels(browser, "frame")
    assert np.array_equal(frame.reshape(-1, 4)[1:, :3], PIXELS.reshape(-1, 3)[1:])
    marks = pixels(browser, "marks")
    scale = marks.shape[1] / 64
    for x, y, width, height in ((8, 6, 20, 12), (40, 30, 8, 8)):
        left, top, right, bottom = (round(side * scale) for side in (x, y, x + width, y + height))
        middle = (top + bottom) // 2
        assert marks[middle, left, 3] == marks[middle, right, 3] == 255
        assert marks[bottom, (left + right) // 2, 3] == 255
        assert marks[middle, left + 5 : right - 4, 3].max() == 0
    # names are text, whatever is in them
    assert text(browser, "labels") == "<b>red</b>\\x1b0.7570.00"
    assert browser.evaluate("document.querySelector('#labels b')") is None


def check_settings(browser: Browser) -> None:
    browser.until("document.getElementById('text').textContent.endsWith('has 0.5 3 False\\n')")
    put(browser, "threshold", "i.value = 0.8")
    put(browser, "count", "i.value = 5")
    put(browser, "mirror", "i.checked = true")
    browser.until("document.getElementById('text').textContent.endsWith('has 0.8 5 True\\n')")
    told = "[...document.querySelectorAll('.setting output')].map((o) => o.textContent).join()"
    browser.until(f"{told} === '5,on,0.8'")


def check_pause(browser: Browser) -> None:
    press = "document.getElementById('pause').click()"
    browser.evaluate(press)
    shown, printed = count_of(browser), text(browser, "recorded")
    browser.until(f"document.getElementById('recorded').textContent !== {json.dumps(printed)}")
    assert count_of(browser) == shown
    browser.evaluate(press)
    browser.until(f"{count_js()} > {shown}")


def check_files(browser: Browser, kept: Path) -> None:
    browser.evaluate("document.getElementById('pause').click()")
    browser.evaluate("document.getElementById('save').click()")
    end = time.monotonic() + 20
    while not (saved := list(browser.folder.glob("frame_*.png"))):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert np.array_equal(read(saved[0]).reshape(-1, 3)[1:], PIXELS.reshape(-1, 3)[1:])
    browser.evaluate("document.getElementById('pause').click()")
    browser.evaluate("document.getElementById('record').click()")
    browser.until("!document.getElementById('record').classList.contains('on')")
    # one may be being written
    end = time.monotonic() + 20
    while len(files := sorted(path.name for path in kept.glob("*.png"))) != len(
        (kept / "frames.jsonl").read_text().splitlines()
    ):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert files == [f"frame_{number + 1:06}.png" for number in range(len(files))]
    lines = [json.loads(line) for line in (kept / "frames.jsonl").read_text().splitlines()]
    assert [line["file"] for line in lines] == files
    assert lines[0]["boxes"][0] == [8, 6, 20, 12, 0.75, "<b>red</b>\\x1b"]
    counts = [read(kept / name)[0, 0].astype(int) for name in files]
    numbers = [(r >> 3 << 11) + (g >> 2 << 5) + (b >> 3) for r, g, b in counts]
    assert numbers == list(range(78, 78 + len(files)))
    time.sleep(0.3)
    assert len(list(kept.glob("*.png"))) == len(files)


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(path.read_bytes())))


def test_detect_on_a_virtual_board_of_its_own_is_shown_with_its_operators(
    tmp_path: Path, browser: Browser, virtual_board_firmware: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    with Viewing(tmp_path, make_files(tmp_path, 100)) as view:
        picture = smaller(show_all(browser, view.url))
        assert browser.evaluate("shown.kind") == "jpeg"
        assert len(picture) < 100_000
        names = (
            "[...document.querySelectorAll('#operators td:first-child')].map((c) => c.textContent)"
        )
        assert browser.evaluate(names) == [
            "INPUT", "AVERAGE_POOL_2D", "CONV_2D", "SOFTMAX", "OUTPUT",
        ]  # fmt: skip
        found = (
            "[...document.querySelectorAll('#labels td:first-child')].map((c) => c.textContent)"
        )
        assert set(browser.evaluate(found)) == {"cherry", "lime"}
        # no score is above 1
        put(browser, "threshold", "i.value = 1")
        browser.until("document.querySelectorAll('#labels tr').length === 0")


# --- what runs on the board ----------------------------------------------------------------------


def test_without_a_viewer_the_settings_come_back_as_they_are(on_board: Runner) -> None:
    script = """
import inkling
for settings in (inkling.show(None), inkling.show(None, [], labels=(), model=None, a=1, b=0.5)):
    print(sorted(settings.items()))
try:
    inkling.show()
except TypeError:
    print("no picture")
"""
    assert on_board(script).splitlines() == ["[]", "[('a', 1), ('b', 0.5)]", "no picture"]


DRAWS = """
from classify import open_camera, write
snapshot = open_camera()
while True:
    write(snapshot(), 100, 50, "drawn")
"""
DRAWS_BY_SENSOR = """
import sensor
sensor.reset()
sensor.set_pixformat(sensor.RGB565)
while True:
    sensor.snapshot().draw_rectangle((20, 30, 40, 50), color=(255, 0, 0), fill=True)
"""
# as OpenMV 5 has it: Python around csi, whose names it takes
SENSOR_OF_5 = b"""
import csi
from csi import *
camera = csi.CSI()
reset, set_pixformat, snapshot = camera.reset, camera.pixformat, camera.snapshot
"""


@pytest.mark.parametrize("release", ["virtual", "4.5", "sensor of 5.0"])
def test_a_script_that_draws_is_shown_without_a_word_of_its_own(
    virtual_board_firmware: Path, release: str
) -> None:
    rng = np.random.default_rng(5)
    given = [rng.integers(0, 1 << 16, (240, 320)).astype(np.uint16)]
    drawn: list[np.ndarray] = []
    files = Camera(lambda: iter(given), drawn.append).romfs()
    del files["jpeg"]  # pixel by pixel
    script = DRAWS
    if release == "sensor of 5.0":
        script = DRAWS_BY_SENSOR
        files |= {**RELEASES["5.0"], "sensor.py": SENSOR_OF_5}
    elif release != "virtual":
        files |= RELEASES[release]
    live = Live(None)
    with VirtualBoard(virtual_board_firmware, romfs=files) as board:
        assert Session(lambda: board.port, script, "script.py", live).run()
    news = json.loads(live.news(-1, 0))
    assert (news["frameNumber"], news["damaged"]) == (1, 0)
    assert news["text"] == "virtual camera: that was the last picture\n"
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(news["frame"]["picture"]))))
    assert not np.array_equal(drawn[0], given[0])
    assert np.array_equal(picture, rgb565_to_rgb888(drawn[0]))


def test_a_picture_that_is_shown_is_not_shown_again_when_it_is_drawn_on(
    virtual_board_firmware: Path,
) -> None:
    frame = np.random.default_rng(6).integers(0, 1 << 16, (240, 320)).astype(np.uint16)
    files = Camera(lambda: iter([frame]), lambda drawn: None).romfs()
    del files["jpeg"]
    shows = DRAWS.replace("    write(snapshot(),", "    image = snapshot()\n    write(image,")
    shows = shows.replace("    write", "    inkling.show(image)\n    write")
    live, frames = Live(None), list[Frame]()
    live.frame = frames.append  # type: ignore[method-assign]
    with VirtualBoard(virtual_board_firmware, romfs=files) as board:
        assert Session(lambda: board.port, f"import inkling\n{shows}", "script.py", live).run()
    [shown] = frames
    picture = np.asarray(Image.open(io.BytesIO(shown.picture)))
    assert np.array_equal(picture, rgb565_to_rgb888(frame))


RESULTS = """
import inkling
from array import array

class Grey:
    def width(self):
        return 3
    def height(self):
        return 1
    def format(self):
        return 1
    def bytearray(self):
        return bytearray((1, 2, 3))

class Model:
    name, labels = "net", ("a", "b", "c")
    def profile(self, inputs=None):
        if inputs:
            raise ValueError("two inputs")
        return [(0, "ADD", "add_s8", 7, 8, 9)]

inkling.show(Grey(), array("f", [0.25, 0.5, 0.125]), model=Model())
inkling.show(Grey(), [(2, 0.5)], labels=["x"])
inkling.show(Grey(), [[], [((1, 2, 3, 4), 0.5), ((5, 6, 7, 8), 0.25, "points")]], model=Model())
inkling.show(Grey())
"""


@pytest.mark.parametrize("core", ["firmware", "small native module"])
def test_results_of_every_kind_are_shown(virtual_board_firmware: Path, core: str) -> None:
    live, frames = Live(None), list[Frame]()
    live.frame = frames.append  # type: ignore[method-assign]
    live._measure = True
    firmware, files = virtual_board_firmware, {}
    if core != "firmware":
        firmware = build_firmware(STOCK="1")
        # as a module that lacks show()
        files = {"inkling.py": b"def top(scores): return [(1, 0.5), (0, 0.25), (2, 0.125)]\n"}
    with VirtualBoard(firmware, romfs=files or None) as board:
        assert Session(lambda: board.port, RESULTS, "script.py", live).run()
    assert [frame.labels for frame in frames] == [
        (("b", 0.5), ("a", 0.25), ("c", 0.125)), (("2", 0.5),), (), (),
    ]  # fmt: skip
    boxes = ((1, 2, 3, 4, 0.5, "b"), (5, 6, 7, 8, 0.25, "b"))
    assert [frame.boxes for frame in frames] == [(), (), boxes, ()]
    assert [frame.model for frame in frames] == ["net", "", "net", ""]
    # once a second
    assert [frame.operators for frame in frames] == [(("ADD", "add_s8", 7, 9),), None, None, None]
    for frame in frames:
        assert np.asarray(Image.open(io.BytesIO(frame.picture))).tolist() == [[1, 2, 3]]
