"""`host_tools classify`: picture files in; labels, accuracy and a page out.

The network gives back what it sees: a picture of three gray pixels is three scores.
"""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import networks
import numpy as np
import pytest
from PIL import Image
from tflite_builder import ModelBuilder

from host_tools.cli import main
from host_tools.host_runtime import HostModel
from host_tools.images import image_to_tensor
from host_tools.pack import pack
from host_tools.plan.image_tables import Pictures

ROOT = Path(__file__).parents[3]
LABELS = ["ant", "bee", "cow"]


def through(*shape: int, output: str = "int8", labels: list[str] | None = None) -> bytes:
    """A blob whose output is its input, as real values of 0 to 1."""
    builder = ModelBuilder("through")
    scale, zero = 1 / 255, -128
    given = builder.tensor((1, *shape), "int8", scale, zero, name="given")
    flat = builder.tensor((1, int(np.prod(shape))), "int8", scale, zero, name="flat")
    size = builder.constant([1, int(np.prod(shape))])
    builder.operator("RESHAPE", [given, size], [flat])
    return pack(builder.build([given], [flat]), name="through", labels=labels)


def put(path: Path, *pixels: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array([pixels], np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: networks with and without labels, pictures in folders of classes."""
    monkeypatch.chdir(tmp_path)
    Path("net.ink").write_bytes(through(1, 3, 1, labels=LABELS))
    Path("bare.ink").write_bytes(through(1, 3, 1))
    put(Path("all/ant/1.png"), 255, 0, 0)
    put(Path("all/ant/2.png"), 0, 102, 51)
    put(Path("all/bee/deeper/3.png"), 0, 255, 0)
    put(Path("all/cow/4.png"), 204, 0, 51)
    put(Path("all/cow/.hidden.png"), 0, 0, 255)
    Path("all/cow/notes.txt").write_text("no picture")
    return tmp_path


def classify(*words: str) -> int:
    return main(["classify", *words])


def error_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert classify(*words) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err.removeprefix("host_tools: ").strip()


def test_label_score_and_file_of_each_picture(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert classify("net.ink", "all/cow/4.png", "all/ant") == 0
    assert capsys.readouterr().out.splitlines() == [
        "ant 0.80  all/cow/4.png", "ant 1.00  all/ant/1.png", "bee 0.40  all/ant/2.png"
    ]  # fmt: skip
    assert classify("net.ink", "all/ant/2.png", "--top", "2") == 0
    assert capsys.readouterr().out == "bee 0.40  cow 0.20  all/ant/2.png\n"
    assert classify("bare.ink", "all/ant/2.png") == 0
    assert capsys.readouterr().out == "[1] 0.40  all/ant/2.png\n"


def test_a_folder_of_classes_gives_accuracy_confusion_and_mistakes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert classify("net.ink", "all", "--top", "2") == 0
    assert (
        capsys.readouterr().out
        == """\
accuracy: 50.0 % of 4 pictures (2 right)
on new pictures of this kind expect 15.0 to 85.0 %
among the best 2: 75.0 %

taken for  0  1  2    right
0 ant      1  1  .   50.0 %
1 bee      .  1  .  100.0 %
2 cow      1  .  .    0.0 %

the worst mistakes, with what the right class scored:
  0.80 against 0.20: cow, taken for ant
    all/cow/4.png
  0.40 against 0.00: ant, taken for bee
    all/ant/2.png
"""
    )


def test_json_has_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert classify("net.ink", "all", "--json", "--top", "2") == 0
    document = json.loads(capsys.readouterr().out)
    assert [(entry["truth"], entry["right"]) for entry in document["pictures"]] == [
        ("ant", True), ("ant", False), ("bee", True), ("cow", False)
    ]  # fmt: skip
    assert (document["count"], document["right"], document["accuracy"]) == (4, 2, 0.5)
    assert document["confusion"] == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert document["classes"] == LABELS
    assert document["worst"][0] == {
        "file": "all/cow/4.png", "truth": "cow", "answer": "ant",
        "score": pytest.approx(0.8), "right_score": pytest.approx(0.2),
    }  # fmt: skip
    assert classify("net.ink", "all/cow/4.png", "--json", "--top", "2") == 0
    document = json.loads(capsys.readouterr().out)
    (entry,) = document["pictures"]
    assert [(one["class"], one["label"]) for one in entry["top"]] == [(0, "ant"), (2, "cow")]
    assert "confusion" not in document and document["on"] == "host"


def test_subfolders_are_numbers_where_there_are_no_labels(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(Path("numbered/2/a.png"), 0, 0, 255)
    put(Path("numbered/0/b.png"), 0, 255, 0)
    assert classify("bare.ink", "numbered") == 0
    assert capsys.readouterr().out.startswith("accuracy: 50.0 % of 2 pictures (1 right)\n")
    assert classify("bare.ink", "all") == 0
    printed = capsys.readouterr()
    assert printed.err == (
        "all: no subfolder is named as the number of a class, so nothing is counted\n"
    )
    assert printed.out.startswith("[0] 1.00  all/ant/1.png\n")


def test_subfolders_of_which_some_are_classes_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(Path("all/zebra/a.png"), 1, 2, 3)
    assert error_of(capsys, "net.ink", "all") == (
        "all: of its subfolders, zebra are no classes of the network, whose are ant, bee, cow: "
        "name each as a class, or give them one by one"
    )
    put(Path("all/top.png"), 1, 2, 3)  # now it is no folder of classes
    assert classify("net.ink", "all") == 0


def test_what_cannot_be_read_is_named_and_skipped_and_the_status_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("all/ant/a\x1b[31m.jpg").write_bytes(b"\xff\xd8\xff\xe0 damaged")
    assert classify("net.ink", "all/ant", "missing.png") == 1
    printed = capsys.readouterr()
    assert [line[-11:] for line in printed.out.splitlines()] == ["all/ant/1.png"[-11:]] + [
        "all/ant/2.png"[-11:]
    ]
    first, second = printed.err.splitlines()
    assert first.startswith(r"skipped: all/ant/a\x1b[31m.jpg is no picture that can be read: ")
    assert second == (
        "skipped: missing.png is no picture that can be read: No such file or directory"
    )
    error = error_of(capsys, "net.ink", "missing.png")
    assert error.endswith("host_tools: none of the pictures can be read: the reasons are above")
    assert classify("net.ink", "all", "--json") == 1
    assert len(json.loads(capsys.readouterr().out)["skipped"]) == 1


@pytest.mark.parametrize("count", [63, 64, 65])
def test_many_pictures_keep_their_order(
    folder: Path, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    for number in range(count):
        put(Path(f"many/{number:03}.png"), number, 0, 1)
    Path("many/010.png").write_bytes(b"")
    assert classify("bare.ink", "many", "--json") == 1
    entries = json.loads(capsys.readouterr().out)["pictures"]
    wanted = [number for number in range(count) if number != 10]
    assert [entry["file"] for entry in entries] == [f"many/{n:03}.png" for n in wanted]
    assert [round(entry["top"][0]["score"] * 255) for entry in entries] == [
        max(1, number) for number in wanted
    ]


def test_a_picture_becomes_an_input_by_the_boards_rule(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    builder = ModelBuilder("colours")
    given = builder.tensor((1, 2, 3, 3), "int8", 0.02, -7)
    flat = builder.tensor((1, 18), "int8", 0.02, -7)
    builder.operator("RESHAPE", [given, builder.constant([1, 18])], [flat])
    pictures = Pictures(
        mean=(0.1, 0.5, 0.3), std=(0.9, 0.8, 0.7), bgr=True, fit="border", scaling="bilinear"
    )
    blob = pack(builder.build([given], [flat]), pictures=pictures)
    Path("colours.ink").write_bytes(blob)
    pixels = np.random.default_rng(4).integers(0, 256, (31, 17, 3), np.uint8)
    Image.fromarray(pixels).save("picture.png")
    assert classify("colours.ink", "picture.png", "--json", "--top", "18") == 0
    (entry,) = json.loads(capsys.readouterr().out)["pictures"]
    scores = {one["class"]: one["score"] for one in entry["top"]}
    real = np.arange(256) / 255
    table = np.array(
        [(real - m) / s / 0.02 - 7 for m, s in zip((0.1, 0.5, 0.3), (0.9, 0.8, 0.7), strict=True)]
    )
    table = np.clip(
        np.where(table + 7 < 0, np.ceil(table - 0.5), np.floor(table + 0.5)), -128, 127
    )
    wanted = image_to_tensor(
        pixels, 2, 3, 3, table.astype(np.int8), bgr=True, fit="border", scaling="bilinear"
    )
    got = [round(scores[number] / 0.02) - 7 for number in range(18)]
    assert got == wanted.ravel().tolist()
    assert HostModel(blob).run([wanted])[0].ravel().tolist() == got


def test_a_page_shows_confusion_and_mistakes_and_loads_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("all/cow/4.png").rename("all/cow/<b>&.png")
    assert classify("net.ink", "all", "--html", "page.html") == 0
    text = Path("page.html").read_text()
    assert "<title>What through sees</title>" in text
    assert "prefers-color-scheme: dark" in text
    assert "all/cow/&lt;b&gt;&amp;.png" in text and "<b>&" not in text
    assert "http" not in text and "<script" not in text
    pictures = re.findall(r"src='data:image/png;base64,([^']*)'", text)
    assert len(pictures) == len(re.findall("src=|href=", text)) == 4
    shown = [np.asarray(Image.open(io.BytesIO(base64.b64decode(one)))) for one in pictures]
    assert shown[0][0, :, 0].tolist() == shown[1][0].tolist() == [204, 0, 51]
    table = text.partition("<table>")[2].partition("</table>")[0]
    assert re.findall(r">(\d+)</td>", table) == [*"110", *"010", *"100"]
    capsys.readouterr()
    assert error_of(capsys, "net.ink", "all/ant", "--html", "page.html") == (
        "--html is for pictures of known classes: give one folder, with a subfolder for each "
        "class, named as its label"
    )


def test_a_matrix_that_is_too_wide_is_told_in_pairs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"a class with a long name {number}" for number in range(30)]
    Path("wide.ink").write_bytes(through(1, 30, 1, labels=names))
    for number, name in enumerate(names):
        pixels = [0] * 30
        pixels[max(number, 2)] = 255
        put(Path(f"wide/{name}/a.png"), *pixels)
    assert classify("wide.ink", "wide") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "accuracy: 93.3 % of 30 pictures (28 right)"
    assert "30 classes; most often taken for another:" in lines
    assert "  1 times a class with a lo..., taken for a class with a lo..." in lines
    assert max(len(line) for line in lines) <= 80


def test_networks_that_classify_no_pictures_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("two.ink").write_bytes(pack(networks.two_inputs()))
    assert error_of(capsys, "two.ink", "all") == (
        "two.ink: it does not take pictures alone: its inputs are int8 [2, 3, 4], int8 [2, 3, 4]; "
        "one of [1, height, width, 1 or 3] is needed. `host_tools run` takes arrays"
    )
    builder = ModelBuilder("boxes")
    given = builder.tensor((1, 4, 4, 3), "int8", 1.0, 0)
    cells = builder.tensor((1, 4, 4, 3), "int8", 1.0, 0)
    builder.operator("RELU", [given], [cells])
    Path("boxes.ink").write_bytes(pack(builder.build([given], [cells])))
    assert error_of(capsys, "boxes.ink", "all") == (
        "boxes.ink: its first output is int8 [1, 4, 4, 3], not a score a class: what finds things "
        "in pictures is run by micropython_lib/detect.py"
    )
    assert error_of(capsys, "net.ink", "all", "--top", "0") == "--top is 0; give 1 or more"
    (folder / "empty").mkdir()
    assert error_of(capsys, "net.ink", "empty").startswith("the folder empty has no pictures: put")


def test_run_names_the_command_for_pictures(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "net.ink", "--input", "a b.JPG"]) == 1
    assert capsys.readouterr().err == (
        "host_tools: a b.JPG: a picture, but an array is needed (.npy): `host_tools classify "
        "net.ink 'a b.JPG'` says what the network sees in it\n"
    )
