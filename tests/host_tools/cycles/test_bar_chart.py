"""The chart: a well-formed document that shows every operator and is to scale."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from host_tools.cycles.bar_chart import BARS, Bar, svg_chart, tick_step

SVG = "{http://www.w3.org/2000/svg}"
BARS_SHOWN = [
    Bar("0  CONV_2D", "conv_packed_s8", 1_500_000, "75.0 %"),
    Bar("1  DEPTHWISE_CONV_2D", "depthwise_3x3_s8", 500_000, "25.0 %"),
    Bar("OUTPUT", "", 0, "0.0 %"),
]


def test_every_operator_is_named_and_drawn_to_scale() -> None:
    root = ElementTree.fromstring(svg_chart("a <net> & more", "2 M cycles", "a note", BARS_SHOWN))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert texts[:2] == ["a <net> & more", "2 M cycles"]
    assert texts[-1] == "a note"
    for bar in BARS_SHOWN:
        assert bar.label in texts
        assert bar.figures in texts
    widths = [float(bar.find(f"{SVG}rect").get("width")) for bar in root.iter(f"{SVG}g")]
    assert widths == [BARS, pytest.approx(BARS / 3, abs=0.05), 1.0]
    colors = [bar.find(f"{SVG}rect").get("fill") for bar in root.iter(f"{SVG}g")]
    assert len(set(colors)) == 3


def test_a_chart_of_nothing_is_a_document_too() -> None:
    assert ElementTree.fromstring(svg_chart("nothing", "", "", [])).tag == f"{SVG}svg"


@pytest.mark.parametrize(
    ("longest", "step"),
    [(0, 1), (5, 1), (7, 2), (90, 20), (1_517_458, 500_000), (610_000, 200_000)],
)
def test_ticks_are_few_and_round(longest: int, step: int) -> None:
    assert tick_step(longest) == step
