"""The C verifier on names and labels: where they lie, that they are text, and text that shows.

The good blob is `networks.every_kernel`, as in test_verifier.py.
"""

from __future__ import annotations

import networks
import pytest
from blob_editor import BlobEditor
from refusals import refusal
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.verifier import twin


def test_a_bad_name_is_named(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("header", 0, "name", 1 << 31)
    assert refusal(editor.bytes()).startswith("header: bad string: name is 2147483648, allowed ")


def test_a_bad_label_is_named(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("label", 3, "", 0xFFFFFFFF)
    assert refusal(editor.bytes()).startswith(
        "label 3: bad string: its string is 4294967295, allowed at most "
    )


@pytest.mark.parametrize(
    "text",
    [
        b"\x80",
        b"\xc3",
        b"\xc0\xaf",
        b"\xc1\x81",
        b"\xe0\x80\x80",
        b"\xe2\x82",
        b"\xed\xa0\x80",
        b"\xf0\x80\x80\x80",
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\xff",
    ],
)
def test_strings_that_are_not_utf8_are_refused(every_kernel: bytes, text: bytes) -> None:
    editor = BlobEditor(every_kernel)
    start = editor.get("header", 0, "strings_offset")
    editor.data[start : start + len(text)] = text
    assert refusal(editor.bytes()) == "header: bad string: the strings are not UTF-8"


@pytest.mark.parametrize(
    "character",
    "\x01\x1b\x1f\x7f\x80\x9f\u061c\u200b\u200c\u200d\u200f\u2028\u202e\u2060\u206f\ufeff",
)
def test_characters_that_a_terminal_obeys_or_hides_are_refused(
    every_kernel: bytes, character: str
) -> None:
    editor = BlobEditor(every_kernel)
    start = editor.get("header", 0, "strings_offset")
    for text in (f"a{character}b", character):
        editor.data[start : start + len(text.encode())] = text.encode()
        assert refusal(editor.bytes()) == (
            "header: bad string: a character of the strings is none that is shown"
        )


def test_every_other_utf8_string_is_taken(every_kernel: bytes) -> None:
    shown = " ~\xa0\u061b\u061d\u07ff\u0800\u200a\u2010\u2027\u202f\u205f\u2070\ud7ff\ue000\ufefe"
    shown += "\uff00\uffff\U00010000\U0010ffff"
    for text in shown:
        editor = BlobEditor(every_kernel)
        start = editor.get("header", 0, "strings_offset")
        encoded = text.encode()
        editor.data[start : start + len(encoded) + 1] = encoded + b"\0"
        assert HostModel(editor.bytes()).labels[0] == text
        assert twin.refusal(editor.bytes()) is None


def test_joiners_within_words_are_taken() -> None:
    labels = ["\u0915\u094d\u200d\u0937", "\u0645\u06cc\u200c\u0634", "a", "b", "c"]
    blob = pack(networks.every_kernel(), labels=labels)
    assert HostModel(blob).labels == read_blob(blob).labels == labels
    assert twin.refusal(blob) is None


def test_strings_end_with_a_zero_and_start_at_a_character(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    last = editor.get("header", 0, "strings_offset") + editor.get("header", 0, "strings_size") - 1
    editor.data[last] = ord("x")
    assert refusal(editor.bytes()) == ("header: bad string: the last byte of the strings is not 0")
    editor = BlobEditor(every_kernel)
    strings = editor.get("header", 0, "strings_offset")
    inside = editor.data.index("dög".encode()) + 2 - strings
    editor.set("label", 0, "", inside)
    assert refusal(editor.bytes()) == (
        "label 0: bad string: it starts in the middle of a character"
    )


def test_the_labels_of_a_second_output_are_checked() -> None:
    builder = ModelBuilder()
    x, up, down = (builder.tensor([5], scale=0.5) for _ in range(3))
    builder.operator("ABS", [x], [up])
    builder.operator("RELU", [x], [down])
    blob = pack(builder.build([x], [up, down]), labels={1: list("abcde")})
    assert HostModel(blob).output_labels == [[], list("abcde")]
    editor = BlobEditor(blob)
    start = editor.get("io", 2, "labels")
    for offset, message in (
        (start + 2, "data out of the blob: labels is"),
        (60, "data out of the blob: labels is 60, allowed 64 or more"),
        (len(blob) - 16, f"data out of the blob: labels ends at {len(blob) + 4}, allowed at most"),
    ):
        editor.set("io", 2, "labels", offset)
        assert refusal(editor.bytes()).startswith(f"output 1: {message}")
    editor = BlobEditor(blob)
    editor.data[start + 8 : start + 12] = b"\xff\xff\xff\0"
    assert refusal(editor.bytes()).startswith(
        "label 2: bad string: its string is 16777215, allowed"
    )


def test_labels_are_together_no_longer_than_their_strings() -> None:
    builder = ModelBuilder("net")
    given = builder.tensor((1, 40), scale=1.0, zero_point=0)
    kept = builder.tensor((1, 40), scale=1.0, zero_point=0)
    builder.operator("RELU", [given], [kept])
    model = builder.build([given], [kept])
    # equal ones have a place each
    labels = ["?"] * 39 + ["x" * 100]
    blob = pack(model, labels=labels)
    assert HostModel(blob).labels[0] == "?"
    assert twin.refusal(blob) is None
    editor = BlobEditor(blob)
    size, long = editor.get("header", 0, "strings_size"), editor.get("label", 39, "")
    editor.set("label", 0, "", long)
    assert refusal(editor.bytes()) == (
        f"label 39: bad string: the length of the labels up to here is {101 * 2 + 38 * 2}, "
        f"allowed at most {size}"
    )
