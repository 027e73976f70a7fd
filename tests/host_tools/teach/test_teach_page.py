"""The report: a page that stands alone, text and JSON."""

from __future__ import annotations

import base64
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from browser import Browser
from PIL import Image

from host_tools.classify.results import judge
from host_tools.teach.page import page
from host_tools.teach.report import Report, as_json, as_text


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Two classes and a made background; a red picture, and a made one, taken for others."""
    pixels = np.zeros((60, 90, 3), np.uint8)
    pixels[..., 0] = 200
    file = tmp_path / "a & b.png"
    Image.fromarray(pixels).save(file)
    scores = np.array([[0.1, 0.8, 0.1], [0.1, 0.9, 0.0], [0.3, 0.6, 0.1]])
    return Report(
        folder="pictures",
        output="mine.ink",
        page="mine.html",
        trunk="tiny.tflite",
        names=["<b>cup</b>", "mug", "background"],
        learned=[4, 1234, 0],
        results=judge(scores, np.array([0, 1, 2])),
        float_right=2,
        warnings=["few pictures: <b>cup</b> (5)"],
        skipped=[],
        blob_bytes=1234,
        arena_bytes=567,
        macs=89000,
        rounds=30,
        seed=1,
        seconds=77,
        next="host_tools deploy mine.ink",
        files=[str(file), str(file), ""],
        seen=np.full((3, 16, 16, 3), 7, np.uint8),
    )


class Reader(HTMLParser):
    """Checks that elements close in order; keeps addresses and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_narrow_window_holds_the_page_whatever_a_class_is_called(
    report: Report, tmp_path: Path
) -> None:
    report.names[0] = "cup" * 60
    report.warnings.append("w" * 200)
    (tmp_path / "mine.html").write_bytes(page(report))
    with Browser(tmp_path / "browser", 420, 900) as browser:
        browser.open((tmp_path / "mine.html").as_uri())
        assert browser.evaluate("document.documentElement.scrollWidth") == 420
        assert browser.evaluate(
            "[...document.querySelectorAll('td.name')].every(e => e.offsetWidth >= 90)"
        )


def test_the_page_stands_alone_and_shows_the_pictures(report: Report) -> None:
    text = page(report).decode()
    read = Reader(text)
    assert "<b>cup</b>, taken for mug (0.80 against 0.10)" in read.text
    assert "a & b.png" in read.text and "<script" not in text and "http" not in text
    # two mistakes: the picture of a file twice, the made one as the network sees it, twice
    assert len(read.addresses) == 4
    sizes = []
    for address in read.addresses:
        kind, _, data = address.partition(",")
        assert kind == "data:image/png;base64"
        with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
            sizes.append((picture.size, np.asarray(picture)[0, 0].tolist()))
    assert sizes == [((128, 128), [200, 0, 0]), *[((16, 16), [7, 7, 7])] * 3]
    assert "33.3 % of 3 pictures held out are right (1)" in read.text
    assert "Warning: few pictures: <b>cup</b> (5)." in read.text


def test_text_and_json_say_the_same(report: Report) -> None:
    lines = as_text(report).splitlines()
    assert lines[0] == "pictures -> mine.ink, 3 classes"
    rows = [re.split(r" {2,}", line.strip()) for line in lines[1:5]]
    assert rows == [
        ["class", "learned from", "held out", "right", "at work", "taken for"],
        ["<b>cup</b>", "4", "1", "0", "0 to 79 %", "mug 1"],
        ["mug", "1,234", "1", "1", "21 to 100 %"],
        ["background", "made", "1", "0", "0 to 79 %", "mug 1"],
    ]
    assert lines[-1] == "next: host_tools deploy mine.ink"
    document = json.loads(json.dumps(as_json(report)))
    assert document["confusion"] == [[0, 1, 0], [0, 1, 0], [0, 1, 0]]
    assert [one["learned_from"] for one in document["classes"]] == [4, 1234, None]
    assert document["worst"][1] == {
        "file": None, "class": "background", "answer": "mug", "score": 0.6, "right_score": 0.1
    }  # fmt: skip
    assert document["needs_more"] == ["<b>cup</b>", "background"]
