"""The README's moving picture is what the demonstration prints."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from oracle import ROOT

from host_tools.demo_drawing import terminal

SVG = "{http://www.w3.org/2000/svg}"
LINES = ["2 pictures:", "a.png  cat <0.60>   right", "", "b.png  dog 0.50   wrong: cat"]


def test_lines_come_one_by_one_and_all_are_there_where_nothing_may_move() -> None:
    text = terminal(LINES)
    root = ElementTree.fromstring(text)
    shown = ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]
    assert shown == ["$ make demo", *filter(None, LINES)]
    verdicts = [(span.get("class"), span.text) for span in root.iter(f"{SVG}tspan")]
    assert verdicts == [("right", "right"), ("wrong", "wrong: cat")]
    style, animated = root.find(f"{SVG}style").text.split("prefers-reduced-motion: no-preference")
    assert "opacity" not in style and "animation" not in style
    starts = [float(start) for start in re.findall(r"([\d.]+)% \{ opacity: 1", animated)]
    assert len(starts) == 3 and starts == sorted(starts) and 0 < starts[0] < starts[-1] < 100


def test_the_picture_shows_the_lines_of_the_readme_and_loads_nothing() -> None:
    data = (ROOT / "docs/demo.svg").read_text()
    assert len(data) < 300_000 and data.count("http") == 1 and "href" not in data
    shown = ["".join(e.itertext()) for e in ElementTree.fromstring(data).iter(f"{SVG}text")]
    readme = (ROOT / "README.md").read_text()
    listed = readme.partition("This is what it prints:\n\n")[2].partition("\n\n")[0]
    lines = [line.removeprefix("    ") for line in listed.splitlines()]
    assert "..." in lines and len(lines) > 10
    assert [line for line in lines if line != "..." and line not in shown] == []
