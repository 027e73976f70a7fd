"""host_tools view outlives boards that lie, flood or fall silent, and its page whoever asks it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import struct
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_board import FakeBoard, honest
from oracle import ROOT
from test_view_protocol import described, message, packed

from host_tools import cli
from host_tools.view.frame import read_frame
from host_tools.view.live import Live
from host_tools.view.page import Page
from host_tools.view.protocol import MAGIC
from host_tools.view.recorder import Recorder
from host_tools.view.session import Session

SCRIPT = "pass  # the script\n"
GOOD = packed(json.dumps(described()).encode(), bytes(12))
ENDS = b"\x04\x04>"


def ran(output: bytes) -> tuple[bool, Live]:
    """What comes of a board that answers the script with this."""
    live = Live(None)
    with FakeBoard(lambda code, before: output if code == SCRIPT else honest(code)) as board:
        return Session(lambda: board.port, SCRIPT, "script.py", live).run(), live


@pytest.mark.parametrize(
    "garbage",
    [
        bytes(range(5, 256)) * 50,
        MAGIC * 100,
        MAGIC + struct.pack("<II", 1 << 31, 0),
        MAGIC + struct.pack("<II", 20000, 0),
        GOOD[:-1] + b"?",
        GOOD[:30],
        packed(b"{}", b""),
        packed(b"[" * 50000, b""),
        packed(json.dumps(described(size=[4096, 4096])).encode(), bytes(12)),
        packed(json.dumps(described(format="jpeg")).encode(), b"\xff\xd8\xff" + bytes(9)),
    ],
)
def test_a_good_frame_is_shown_before_and_behind_garbage(
    garbage: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    well, live = ran(GOOD + garbage + GOOD + ENDS)
    assert well
    assert json.loads(live.news(-1, 0))["frameNumber"] == 2
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err


def test_what_a_script_prints_is_shown_escaped_and_its_exception_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = "\x1b[31m\u202e<b>".encode() + b"\x04Traceback\r\nOSError: \x1b[2J7\r\n\x04>"
    well, live = ran(text)
    assert not well
    news = json.loads(live.news(-1, 0))
    assert news["text"].startswith("\\x1b[31m\\u202e<b>\nTraceback\nOSError: \\x1b[2J7")
    assert (news["status"], news["running"]) == ("script.py failed on the board: \\x1b[2J7", False)


@pytest.mark.parametrize("output", [b"spam...", b""])
def test_ctrl_c_ends_it_whatever_the_board_does(output: bytes, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    with FakeBoard(lambda code, before: output if code == SCRIPT else honest(code)) as board:
        command = [sys.executable, "-m", "host_tools", "view", script, "--port", board.port]
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
        try:
            while b"runs on" not in (tmp_path / "log").read_bytes():
                assert process.poll() is None, (tmp_path / "log").read_text()
                time.sleep(0.05)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=15) == 0
        finally:
            process.kill()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_what_cannot_be_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "script.py"
    for words, said in (
        (["--port", str(tmp_path / "none")], "cannot be read"),
        ([str(script), "--port", str(tmp_path / "none")], "there is no such port"),
        ([str(script), "--romfs", str(script)], "are the virtual board's: add --on sim"),
        ([str(script), "--record", str(script)], "frames cannot be kept there"),
    ):
        if words[0] == "--port":
            words = [str(script), *words]
        assert cli.main(["view", *words]) == 1
        assert said in capsys.readouterr().err
        script.write_text(SCRIPT)


# --- the page ------------------------------------------------------------------------------------


@pytest.fixture
def page() -> Iterator[Page]:
    live = Live(None)
    live.frame(read_frame(message(settings={"threshold": 0.5, "mirror": False})))
    with Page(live) as page:
        page.live = live  # type: ignore[attr-defined]
        yield page


def ask(page: Page, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
    """The status of what is asked for, by a path behind the page's or from the root on."""
    if not path.startswith("/"):
        path = urllib.parse.urlsplit(page.url).path + path
    connection = http.client.HTTPConnection(page.host, timeout=10)
    connection.request(method, path, body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_page_is_this_users_alone(page: Page) -> None:
    assert ask(page, "GET", "") == ask(page, "GET", "page.js") == 200
    assert ask(page, "GET", "news?known=0&frame=0") == 200
    set_it = json.dumps({"settings": {"threshold": 0.1}, "measure": False}).encode()
    for path in ("/", "/news?known=0&frame=0", "/page.js", "/x/news?known=0&frame=0"):
        assert ask(page, "GET", path) == 404
        assert ask(page, "POST", path, set_it) == 404
    assert ask(page, "GET", "", Host="example.org") == 403
    assert ask(page, "POST", "ask", set_it, Host="example.org") == 403
    assert page.live.asked()[1] == {}  # type: ignore[attr-defined]
    assert ask(page, "POST", "ask", set_it) == 200
    assert page.live.asked()[1] == {"threshold": 0.1}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"{}", b"7", b"[" * 9000, b"\xff",
        b'{"settings": {}, "measure": 1}', b'{"settings": {"other": 1}, "measure": true}',
        b'{"settings": {"threshold": "x"}, "measure": true}', b'{"settings": 3, "measure": true}',
        b'{"settings": {"threshold": NaN}, "measure": true}',
        b'{"settings": {"threshold": 1e999}, "measure": true}',
        b'{"settings": {"threshold": 1' + b"0" * 400 + b'}, "measure": true}',
        b'{"settings": {"threshold": [1]}, "measure": true}',
    ],
)  # fmt: skip
def test_settings_that_are_none_are_refused(page: Page, body: bytes) -> None:
    assert ask(page, "POST", "ask", body) == 404
    assert page.live.asked() == (0, {}, False)  # type: ignore[attr-defined]


def test_what_the_page_does_not_have_is_not_found(page: Page) -> None:
    for path in ("news", "news?known=x&frame=0", "news?known=-1&frame=0", "../view.py", "view.py"):
        assert ask(page, "GET", path) == 404
    assert ask(page, "POST", "ask", b" " * 20000) == 413
    assert ask(page, "POST", "record", b"true") == 404  # there is no folder
    assert ask(page, "POST", "other", b"") == 404


# --- recordings ----------------------------------------------------------------------------------


def test_a_recording_goes_on_behind_the_last_one_and_writes_over_nothing(tmp_path: Path) -> None:
    frame = read_frame(message(boxes=[[0, 0, 1, 2, 0.5, "cup"]]))
    for start in (1, 3):
        recorder = Recorder(tmp_path / "kept")
        for number in (start, start + 1):
            recorder.keep(frame)
            assert (tmp_path / f"kept/frame_{number:06}.png").read_bytes() == frame.picture
    lines = (tmp_path / "kept/frames.jsonl").read_text().splitlines()
    assert [json.loads(line)["file"] for line in lines] == [
        f"frame_{number:06}.png" for number in range(1, 5)
    ]
    assert json.loads(lines[0])["boxes"] == [[0, 0, 1, 2, 0.5, "cup"]]


def test_a_recording_that_fails_stops_and_says_why(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    (tmp_path / "frame_000001.png").mkdir()
    recorder.keep(read_frame(message()))
    told = recorder.told()
    assert (told["on"], told["kept"]) == (False, 0)
    assert told["trouble"] == f"recording stopped: {os.strerror(17)}"
