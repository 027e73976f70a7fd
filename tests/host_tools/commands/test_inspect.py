"""host_tools inspect: the plan as a table, the arena as a picture, a drawing and JSON."""

from __future__ import annotations

import itertools
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from chains import Chain
from oracle import ROOT
from tflite_builder import ModelBuilder

from host_tools.arena.occupancy import occupants
from host_tools.arena.svg import svg_drawing
from host_tools.blob.reader import read_blob
from host_tools.cli import main
from host_tools.pack import pack
from host_tools.plan.explain import choices
from host_tools.virtual_board.profiling import profile_on_virtual_board, random_inputs

CIFAR10 = ROOT / "models" / "cifar10" / "cifar10.tflite"
PLAN = """\
#  operator   kernel  input        output  MACs  weights   in at  out at  scratch at  live
0  RELU       lut_s8  1x8x4        1x8x4      0      256       0       0           -    64
1  ADD        add_s8  1x32 + 1x32  1x32       0        0  0 + 32       0           -    64
2  TRANSPOSE  copy    1x8x4        1x4x8      0        0       0      32           -    64
   total                                      0      256"""
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that tables are in one part; tests/host_tools/test_tables.py has narrow ones."""
    monkeypatch.setenv("COLUMNS", "400")


@pytest.fixture
def blob(tmp_path: Path) -> Path:
    """x -> RELU -> a (in place), reshaped; a + x2 in place; a transpose that is not."""
    builder = ModelBuilder("net")
    x = builder.tensor([1, 8, 4], scale=0.1, name="x")
    x2 = builder.tensor([1, 32], scale=0.1, name="b")
    a, flat = builder.tensor([1, 8, 4], scale=0.2), builder.tensor([1, 32], scale=0.2)
    total = builder.tensor([1, 32], scale=0.3)
    square = builder.tensor([1, 8, 4], scale=0.3)
    turned = builder.tensor([1, 4, 8], scale=0.3, name="y")
    builder.operator("RELU", [x], [a])
    builder.operator("RESHAPE", [a, builder.constant([1, 32])], [flat])
    builder.operator("ADD", [flat, x2], [total], fused_activation_function="NONE")
    builder.operator("RESHAPE", [total, builder.constant([1, 8, 4])], [square])
    builder.operator("TRANSPOSE", [square, builder.constant([0, 2, 1])], [turned])
    builder.build([x, x2], [turned])
    path = tmp_path / "net.ink"
    path.write_bytes(pack(builder.graph, name="net"))
    return path


def test_the_text_has_the_plan_and_a_picture_of_the_arena(
    blob: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(blob)]) == 0
    size = blob.stat().st_size
    lines = capsys.readouterr().out.splitlines()
    start = lines.index(
        "What each operator costs on a Cortex-M7 as the packer predicts it, why its"
    )
    end = lines.index("", start)
    del lines[start : end + 1]
    assert lines == [
        f"net: blob of {size:,} bytes for portable, arena of 64 bytes",
        "  input 0: 1x8x4 int8, scale 0.1, zero point 0, name 'x'",
        "  input 1: 1x32 int8, scale 0.1, zero point 0, name 'b'",
        "  output 0: 1x4x8 int8, scale 0.3, zero point 0, name 'y'",
        "",
        *PLAN.splitlines(),
        "",
        "The arena while each operator runs: which operator wrote what lies there,",
        "`in` for a network's input, `::` for scratch, `.` for free.",
        "      0  1  2",
        "  0   0  1  1",
        " 16   0  1  1",
        " 32  in in  2",
        " 48  in in  2",
    ]


def test_the_text_has_what_each_operator_costs_and_would(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = tmp_path / "net.ink"
    blob.write_bytes(pack(CIFAR10, target="cortex-m7"))
    operators = read_blob(blob.read_bytes()).operators
    costs = [choices(read_blob(blob.read_bytes()), operator) for operator in operators]
    assert main(["inspect", str(blob)]) == 0
    table = capsys.readouterr().out.split("more or less.\n")[1].split("\n\n")[0].splitlines()
    own, *others = costs[2]
    assert table[0].split() == ["#", "kernel", "instructions", "cycles", "why", "others"]
    words = ["2", "winograd_f45_s8", f"{own.cost.instructions:,}", f"{own.cost.cycles:,}"]
    words.append("fastest")
    for other, end in zip(others, (";", ";", ""), strict=True):
        more = other.weight_bytes - own.weight_bytes
        words += [other.kernel, f"{other.cost.cycles / 1e6:.2f}", "M,", f"{more:+,}{end}"]
    assert table[3].split() == words
    assert [other.kernel for other in others] == ["conv_s8", "conv_packed_s8", "conv_general_s8"]
    assert others[0].weight_bytes == 25_600 + 3 * 128
    assert table[-1].split()[1:] == [
        f"{sum(found[0].cost.instructions for found in costs):,}",
        f"{sum(found[0].cost.cycles for found in costs):,}",
    ]


@pytest.fixture
def portable(tmp_path: Path) -> Path:
    path = tmp_path / "cifar10.ink"
    path.write_bytes(pack(CIFAR10))
    return path


def test_a_wide_plan_is_drawn_in_panels(
    portable: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "26")
    assert main(["inspect", str(portable)]) == 0
    picture = capsys.readouterr().out.split("`.` for free.\n")[1]
    first, second = picture.split("\n\n")
    assert first.splitlines()[0] == "          0  1  2  3  4  5"
    assert second.splitlines()[0] == "          6  7"
    assert first.splitlines()[1] == "      0   0  0  2  2  4  4"
    assert [line[:7] for line in first.splitlines()[1:]] == [
        line[:7] for line in second.splitlines()[1:]
    ]
    assert max(len(line) for line in picture.splitlines()) <= 26


def test_json_has_everything(blob: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(blob), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["arena_bytes"] == 64
    assert report["weight_bytes"] == 256
    assert [operator["kernel"] for operator in report["operators"]] == ["lut_s8", "add_s8", "copy"]
    assert [operator["source_index"] for operator in report["operators"]] == [0, 2, 4]
    assert report["operators"][1]["inputs"][0]["shape"] == [1, 32]
    assert report["operators"][1]["params"]["left_shift"] == 20
    costs = report["operators"][1]
    assert costs["why"] == "no other"
    assert costs["alternatives"] == []
    assert 0 < costs["cycles_predicted"] <= costs["instructions_predicted"] < 10_000
    places = [(o["kind"], o["offset"], o["first"], o["last"]) for o in report["arena"]]
    assert places == [
        ("input", 0, 0, 0),
        ("input", 32, 0, 1),
        ("tensor", 0, 0, 1),
        ("tensor", 0, 1, 2),
        ("output", 32, 2, 2),
    ]


def test_a_model_is_packed_for_the_occasion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(CIFAR10), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["target"], report["macs"]) == ("cortex-m7", 12_298_240)
    # 16 pairs of channels: at 8 positions two words and 2 x 160 halfwords; two requantizations
    assert report["operators"][2]["weight_bytes"] == 16 * (8 * (8 + 4 * 160) + 16)
    assert report["arena_bytes"] == 33_840
    assert report["inputs"][0]["takes_images"] is True


def test_a_model_is_inspected_within_limits_and_the_reasons_are_the_packers(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model = tmp_path / "net.tflite"
    model.write_bytes(Chain(12, 16).conv(16, 3).conv(16, 3).build()[0])
    assert main(["inspect", str(model), "--flash", "8K", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["blob_bytes"] <= 8 * 1024
    assert [one["why"] for one in report["operators"]] == ["less flash than winograd_f4_s8"] * 2
    assert main(["inspect", str(model), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [one["why"] for one in report["operators"]] == ["fastest"] * 2
    # the blob alone does not tell so much
    blob = tmp_path / "net.ink"
    blob.write_bytes(pack(model, target="cortex-m7", flash=8 * 1024))
    assert main(["inspect", str(blob)]) == 0
    text = capsys.readouterr().out
    assert text.count("winograd_f4_s8 is not exact, or needs more flash or RAM") == 2
    assert "A blob does not say what a faster kernel was given up for" in text


def test_limits_on_a_blob_are_refused(blob: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(blob), "--ram", "10K"]) == 1
    assert capsys.readouterr().err == (
        f"host_tools: {blob}: --flash and --ram are for a .tflite file; "
        "a blob has its kernels already\n"
    )


def test_the_drawing_has_a_rectangle_a_tensor_and_titled_axes(
    portable: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.svg"
    assert main(["inspect", str(portable), "--svg", str(path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    drawing = ElementTree.fromstring(path.read_text())
    groups = drawing.findall(f"{SVG}g")
    assert len(groups) == len(report["arena"])
    texts = [text.text for text in drawing.iter(f"{SVG}text")]
    assert "cifar10: arena of 40,960 bytes" in texts
    assert "address in the arena (bytes)" in texts
    assert "operators of the plan, in running order" in texts
    assert {"network input", "tensor", "network output", "scratch"} <= set(texts)
    assert "2 CONV_2D" in texts
    assert "1: 16×16×32" in texts
    # areas are sizes times operators lived through, on one scale
    first = {group.find(f"{SVG}title").text: group.find(f"{SVG}rect") for group in groups}
    heights = [float(rectangle.get("height")) for rectangle in first.values()]
    assert max(heights) == pytest.approx(420 * 32_768 / 40_960, abs=0.1)


def boxes(drawing: ElementTree.Element) -> list[tuple[float, float, float, float]]:
    """Left, top, right, bottom of each bar."""
    found = []
    for bar in drawing.findall(f"{SVG}g/{SVG}rect"):
        x, y, width, height = (float(bar.get(name)) for name in ("x", "y", "width", "height"))
        found.append((x, y, x + width, y + height))
    return found


def assert_apart(bars: list[tuple[float, float, float, float]]) -> None:
    for number, (left, top, right, bottom) in enumerate(bars):
        assert right - left >= 5 and bottom - top >= 2
        for other in bars[:number]:
            apart = right <= other[0] or other[2] <= left
            # bars of next to nothing are drawn a little higher than they are
            assert apart or bottom <= other[1] + 2.6 or other[3] <= top + 2.6


def test_where_an_operator_writes_over_its_input_both_bars_show(blob: Path) -> None:
    read = read_blob(blob.read_bytes())
    found = occupants(read)
    # of the first operator, which does, input and output
    assert [(o.kind, o.offset, o.first, o.last) for o in found if o.offset == 0][:2] == [
        ("input", 0, 0, 0), ("tensor", 0, 0, 1)
    ]  # fmt: skip
    bars = boxes(ElementTree.fromstring(svg_drawing(read, found)))
    assert len(bars) == len(found) == 5
    assert_apart(bars)


def test_a_bar_ends_within_a_column_only_where_it_is_written_over(
    blob: Path, portable: Path
) -> None:
    read = read_blob(blob.read_bytes())
    bars = boxes(ElementTree.fromstring(svg_drawing(read, occupants(read))))
    edge, column, begin = 76, 88, 88  # of the drawing; two columns of edges, three of operators
    columns = [
        [(place + gap - begin - edge) / column for place, gap in ((bar[0], -1.5), (bar[2], 1.5))]
        for bar in bars
    ]
    # the inputs and the output reach into the edges; the first ADD's input b stays as it is
    out = edge / column
    assert columns == [
        pytest.approx(ends)
        for ends in ([-out, 0.5], [-out, 2], [0.5, 1.5], [1.5, 3], [2, 3 + out])
    ]
    read = read_blob(portable.read_bytes())
    found = occupants(read)
    bars = boxes(ElementTree.fromstring(svg_drawing(read, found)))
    scratch = [
        right - left
        for (left, _, right, _), occupant in zip(bars, found, strict=True)
        if occupant.kind == "scratch"
    ]
    assert scratch and scratch == pytest.approx([scratch[0]] * len(scratch))
    assert scratch[0] + 3 == pytest.approx(624 / len(read.operators), abs=0.2)


# 30 in one row; two rows
@pytest.mark.parametrize(("operators", "rows"), [(1, 1), (3, 1), (30, 1), (45, 2)])
def test_a_drawing_of_many_operators_fits_a_page_and_hides_no_bar(
    tmp_path: Path, operators: int, rows: int
) -> None:
    chain = Chain(8, 4)
    for number in range(operators):
        chain = chain.conv(4) if number % 3 else chain.conv(4, 3)
    blob = read_blob(pack(chain.build()[0], name="n" * 200))
    found = occupants(blob)
    drawing = ElementTree.fromstring(svg_drawing(blob, found))
    assert len(blob.operators) == operators
    assert float(drawing.get("width")) <= 880
    sizes = [int(size) for size in re.findall(r"(\d+)px", drawing.find(f"{SVG}style").text)]
    assert min(sizes) >= 12
    assert "prefers-color-scheme: dark" in drawing.find(f"{SVG}style").text
    bars = boxes(drawing)
    titles = [group.find(f"{SVG}title").text for group in drawing.findall(f"{SVG}g")]
    assert len(set(titles)) == len({(o.tensor, o.offset, o.first) for o in found})
    assert len(bars) >= len(found) if rows > 1 else len(bars) == len(found)
    assert_apart(bars)
    texts = [text.text for text in drawing.iter(f"{SVG}text")]
    assert texts.count("input") == texts.count("output") == 2  # at the axis, and at the bar
    names = [f"{time} {operator.name}" for time, operator in enumerate(blob.operators)]
    assert [text for text in texts if text in names] == names
    assert texts.count("operators of the plan, in running order") == rows
    places = [
        float(re.search(r"translate\(([\d.]+)", text.get("transform"))[1])
        for text in drawing.iter(f"{SVG}text")
        if text.text in names
    ]
    steps = [b - a for a, b in itertools.pairwise(places) if b > a]
    assert min(steps, default=99) >= 12  # or names would run into each other


def test_a_file_that_is_neither_blob_nor_model_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.ink"
    path.write_bytes(b"something else")
    assert main(["inspect", str(path)]) == 1
    assert capsys.readouterr().err.startswith(f"host_tools: {path}: ")


def test_a_damaged_blob_is_refused_and_nothing_is_drawn(
    blob: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob.write_bytes(blob.read_bytes()[:-1] + b"\x55")
    assert main(["inspect", str(blob), "--svg", str(blob.with_suffix(".svg"))]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"host_tools: {blob}: damaged: the check sum does not fit: crc32 is ")
    assert not blob.with_suffix(".svg").exists()


def test_measured_costs_stand_beside_the_predicted_ones(
    blob: Path,
    capsys: pytest.CaptureFixture[str],
    virtual_board_firmware: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    assert main(["inspect", str(blob), "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)["operators"]
    assert main(["inspect", str(blob), "--measure", "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)["operators"]
    taken = [
        (operator.pop("instructions"), operator.pop("cycles_estimate")) for operator in measured
    ]
    assert measured == plain
    data = blob.read_bytes()
    costs = profile_on_virtual_board(
        data, random_inputs(data), firmware=virtual_board_firmware, cycles=True
    )
    assert taken == [(cost.instructions, cost.cycles) for cost in costs if cost.index is not None]
    assert main(["inspect", str(blob), "--measure"]) == 0
    text = capsys.readouterr().out
    rows = [line.split() for line in text.splitlines() if line.startswith("0  lut_s8")]
    predicted = plain[0]
    assert rows[0][2:6] == [
        f"{predicted['instructions_predicted']:,}",
        f"{taken[0][0]:,}",
        f"{predicted['cycles_predicted']:,}",
        f"{taken[0][1]:,}",
    ]
