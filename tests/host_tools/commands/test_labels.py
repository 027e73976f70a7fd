"""Label files in any language."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.errors import CommandError
from host_tools.graph import Tensor
from host_tools.host_runtime import HostModel
from host_tools.labels import read_labels, read_output_labels
from host_tools.pack import pack
from host_tools.text import json_text, plain


def build_two() -> bytes:
    """A sum and a difference, int8 [4] each."""
    builder = ModelBuilder()
    x, y, total, difference = (builder.tensor([4], scale=0.5) for _ in range(4))
    builder.operator("ADD", [x, y], [total])
    builder.operator("SUB", [x, y], [difference])
    return builder.build([x, y], [total, difference])


def test_labels_of_any_language_are_read(tmp_path: Path) -> None:
    labels = ["größe", "日本\u3000語", "a b", "🦜", "क्‍ष"]
    path = tmp_path / "labels.txt"
    path.write_text("\n".join(labels), encoding="utf-8")
    assert read_labels(path) == labels


def test_what_a_terminal_would_obey_is_replaced() -> None:
    assert plain("a\x1b[2Jb\x00\udc80\uffff\u202e\u200b é") == (
        r"a\x1b[2Jb\x00\udc80\uffff\u202e\u200b é"
    )


def test_json_is_printable_ascii_and_has_no_number_that_is_none() -> None:
    value = {"a": (1.5, math.inf, [math.nan]), "é\x7f\u202e\udc80": None}
    text = json_text(value)
    assert text.isascii() and text.replace("\n", "").isprintable()
    assert json.loads(text) == {"a": [1.5, None, [None]], "é\x7f\u202e\udc80": None}


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r\n\r\n", "\n  \n\t\n"])
def test_blank_lines_at_the_end_are_no_labels(tmp_path: Path, end: str) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes(f"one\ntwo{end}".encode())
    assert read_labels(path) == ["one", "two"]


OUTPUTS = [Tensor(0, "boxes", (1, 2), "int8"), Tensor(3, "a=b", (3,), "int8")]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("two.txt").write_text("x\ny")
    Path("three.txt").write_text("p\nq\nr\n")
    Path("0=three.txt").write_text("m\nn")


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ([], {}),
        (["two.txt"], {0: ["x", "y"]}),
        (["boxes=two.txt"], {0: ["x", "y"]}),
        (["a=b=three.txt"], {1: ["p", "q", "r"]}),
        (["1=three.txt", "0=two.txt"], {1: ["p", "q", "r"], 0: ["x", "y"]}),
        (["0=three.txt"], {0: ["m", "n"]}),
    ],
)
@pytest.mark.usefixtures("files")
def test_labels_go_to_the_output_that_is_named(
    given: list[str], labels: dict[int, list[str]]
) -> None:
    assert read_output_labels(given, OUTPUTS) == labels


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            ["2=two.txt"],
            "--labels 2=two.txt: there is no such output; the model has 0 (boxes), 1 (a=b): "
            "give --labels OUTPUT=FILE with one of these",
        ),
        (["two.txt", "0=two.txt"], "--labels 0=two.txt: output 0 has labels already"),
        (
            ["1=two.txt"],
            "two.txt: 2 labels do not fit: output 1 (a=b) of the model has 3 elements",
        ),
    ],
)
@pytest.mark.usefixtures("files")
def test_labels_of_no_output_or_of_another_are_refused(given: list[str], message: str) -> None:
    with pytest.raises(CommandError) as caught:
        read_output_labels(given, OUTPUTS)
    assert str(caught.value) == message


def test_every_reader_of_a_blob_sees_the_labels_of_each_output() -> None:
    labels = {0: ["up", "down", "left", "right"], 1: ["a", "b", "up", ""]}
    blob = pack(build_two(), labels=labels)
    expected = [labels[0], labels[1]]
    assert read_blob(blob).output_labels == HostModel(blob).output_labels == expected
    alone = pack(build_two(), labels={1: labels[1]})
    assert read_blob(alone).output_labels == HostModel(alone).output_labels == [[], labels[1]]
    assert pack(build_two(), labels={0: labels[0]}) == pack(build_two(), labels=labels[0])
