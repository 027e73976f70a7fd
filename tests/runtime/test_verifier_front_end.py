"""The C verifier on front ends: each rule broken alone is named."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from blob_editor import BlobEditor
from front_ends import listening_blob
from judge import judged

from host_tools.audio.front_end import FIELDS, GAINS, NUMBERS, table_sizes
from host_tools.host_runtime import BlobError, HostModel
from host_tools.verifier import twin

# as far as they may go, or to where their values are the largest
SPECTRAL = (("floor_shift", -63), ("floor_shift", 31), ("gain_shift", 62))
SHIFTS = {
    "mfcc": SPECTRAL,
    "log-mel": SPECTRAL,
    "micro": (
        *(("smoothing_bits", 31), ("snr_shift", 0), ("scale_shift", 31)),
        *(("correction_bits", 20), ("correction_bits", 31)),
    ),
}
SIGNED = ("floor_shift", "gain", "offset", "lowest", "min", "max")


class FrontEndEditor(BlobEditor):
    """Changes fields of the front end of input 0."""

    def __init__(self, kind: str) -> None:
        super().__init__(listening_blob("portable", kind))
        self.start = self.get("io", 0, "image_table")

    def at(self, field: str) -> tuple[int, str]:
        return self.start + 4 * FIELDS.index(field), "i" if field in SIGNED else "I"

    def field(self, field: str) -> int:
        return self.read(*self.at(field))

    def put(self, field: str, value: int) -> None:
        self.write(*self.at(field), value)


def refusal(editor: BlobEditor) -> str:
    with pytest.raises(BlobError) as caught:
        HostModel(editor.bytes())
    assert twin.refusal(editor.bytes()) == str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "field", "value", "rule"),
    [
        ("mfcc", "kind", 0, "kind is 0, allowed 1 or more"),
        ("mfcc", "kind", 4, "kind is 4, allowed at most 3"),
        ("mfcc", "sample_rate", 0, "sample_rate is 0, allowed 1 or more"),
        ("mfcc", "sample_rate", 1 << 21, "sample_rate is 2097152, allowed at most 1048576"),
        ("mfcc", "window", 0, "window is 0, allowed 2 or more"),
        ("mfcc", "window", 479, "window is 479, allowed a multiple of 2"),
        ("mfcc", "window", 514, "fft_size is 512, allowed 514 or more"),
        ("mfcc", "hop", 0, "hop is 0, allowed 1 or more"),
        ("mfcc", "hop", 8193, "hop is 8193, allowed at most 8192"),
        ("mfcc", "fft_size", 256, "fft_size is not 128, 512 or 2048"),
        ("mfcc", "bands", 0, "bands is 0, allowed 1 or more"),
        ("mfcc", "bands", 129, "bands is 129, allowed at most 128"),
        ("mfcc", "coefficients", 0, "coefficients is 0, allowed 1 or more"),
        ("mfcc", "coefficients", 41, "coefficients is 41, allowed at most 40"),
        ("mfcc", "coefficients", 7, "its input's size is 48, allowed 42"),
        ("log-mel", "coefficients", 5, "coefficients is 5, allowed 6 or more"),
        ("mfcc", "stride", 0, "stride is 0, allowed 1 or more"),
        ("mfcc", "stride", 9, "stride is 9, allowed at most 8"),
        ("mfcc", "peak", 2, "peak is 2, allowed at most 1"),
        ("mfcc", "floor_shift", -64, "floor_shift is -64, allowed -63 or more"),
        ("mfcc", "floor_shift", 32, "floor_shift is 32, allowed at most 31"),
        ("mfcc", "gain_shift", 63, "gain_shift is 63, allowed at most 62"),
        ("mfcc", "toward_zero", 2, "toward_zero is 2, allowed at most 1"),
        ("mfcc", "min", -129, "min is -129, allowed -128 or more"),
        ("mfcc", "max", 128, "max is 128, allowed at most 127"),
        ("mfcc", "max", -129, "max is -129, allowed -128 or more"),
        ("micro", "smoothing_bits", 32, "smoothing_bits is 32, allowed at most 31"),
        ("micro", "snr_shift", 32, "snr_shift is 32, allowed at most 31"),
        ("micro", "correction_bits", 32, "correction_bits is 32, allowed at most 31"),
        ("micro", "scale_shift", 32, "scale_shift is 32, allowed at most 31"),
    ],
)
def test_a_number_out_of_its_range_is_refused(
    kind: str, field: str, value: int, rule: str
) -> None:
    editor = FrontEndEditor(kind)
    editor.put(field, value)
    assert refusal(editor) == f"input 0: bad front end: {rule}"


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        *(("mfcc", name) for name in FIELDS[len(NUMBERS) : FIELDS.index("cosines") + 1]),
        *(("micro", name) for name in ("twiddles", "real_twiddles", "gains")),
    ],
)
def test_a_table_outside_the_blob_or_ill_placed_is_refused(kind: str, field: str) -> None:
    size = FrontEndEditor(kind).get("header", 0, "blob_size")
    for value, problem in (
        ((size + 15) & ~15, "ends at"),
        (0xFFFF_FFF0, "ends at"),
        (72, "a multiple of 16"),
        (16, "64 or more"),
    ):
        editor = FrontEndEditor(kind)
        editor.put(field, value)
        said = refusal(editor)
        assert said.startswith(f"input 0: data out of the blob: {field} "), said
        assert problem in said


def test_edges_that_fall_or_leave_the_transform_are_refused() -> None:
    for index, value, rule in (
        (0, 0, "an edge is 0, allowed 1 or more"),
        (5, 1, "an edge is 1, allowed"),
        (41, 257, "an edge is 257, allowed at most 256"),
    ):
        editor = FrontEndEditor("mfcc")
        editor.write(editor.field("edges") + 2 * index, "H", value)
        assert refusal(editor).startswith(f"input 0: bad front end: {rule}")


def test_more_bins_than_there_are_weights_is_refused() -> None:
    editor = FrontEndEditor("mfcc")
    editor.put("weights", editor.append(bytes(8)))
    assert "input 0: data out of the blob: weights ends at" in refusal(editor)


def test_an_input_of_another_type_is_refused() -> None:
    editor = FrontEndEditor("mfcc")
    dtype, size = struct.pack("<B", 3), 4 * editor.get("tensor", 0, "size")
    tensor = editor.get("io", 0, "tensor")
    at, _ = editor.place("tensor", tensor, "dtype")
    editor.data[at : at + 1] = dtype
    editor.set("tensor", tensor, "size", size)
    editor.set("tensor", tensor, "scale", 1.0)
    editor.set("tensor", tensor, "zero_point", 0)
    editor.set("header", 0, "arena_size", 4096)
    assert refusal(editor) == (
        "input 0: bad front end: it is for an input that is not int8 or uint8"
    )


@pytest.mark.parametrize("offset", [0, 60, 66, 1 << 31])
def test_a_front_end_outside_the_blob_is_refused(offset: int) -> None:
    editor = FrontEndEditor("mfcc")
    editor.set("io", 0, "image_table", offset)
    assert refusal(editor).startswith("input 0: data out of the blob: front_end ")


def test_an_output_or_other_flags_beside_are_refused() -> None:
    editor = FrontEndEditor("mfcc")
    editor.set("io", 0, "image_flags", 5)
    assert "image_flags is 5" in refusal(editor)
    editor = FrontEndEditor("mfcc")
    editor.set("io", 1, "image_flags", 4)
    assert "output 0: bad input or output record: image_flags is 4" in refusal(editor)


@pytest.mark.parametrize("kind", SHIFTS)
def test_tables_of_any_values_are_heard_with(kind: str, judge_blobs: Path, tmp_path: Path) -> None:
    good = FrontEndEditor(kind)
    numbers = {name: good.field(name) for name in NUMBERS}
    first, last = (good.read(good.field("edges") + 2 * i, "H") for i in (0, numbers["bands"] + 1))
    sizes = {**table_sizes(numbers, last - first), "gains": ("int16", GAINS)}
    del sizes["edges"]  # the only one that is checked
    blobs = []
    for table, (dtype, count) in sizes.items():
        size = count * int(dtype.strip("uint")) // 8
        for content in (b"\xff\x7f", b"\0\x80", b"\xff\xff", b"\0\0\xff\x7f"):
            for field, value in (("kind", numbers["kind"]), *SHIFTS[kind]):
                editor = FrontEndEditor(kind)
                start = editor.field(table)
                if start:
                    editor.data[start : start + size] = (content * size)[:size]
                    editor.put(field, value)
                    blobs.append(editor.bytes())
    lines = judged(judge_blobs, blobs, tmp_path)
    assert all(line.startswith("runs ") for line in lines)
