"""The C verifier on the plan: what is read must have been written, and not written over.

The good blob is `networks.every_kernel`, as in test_verifier.py.
"""

from __future__ import annotations

from blob_editor import BlobEditor
from refusals import refusal

from host_tools.host_runtime import HostModel

MAX_POOL = "max_pool_s8"
AVERAGE_POOL = "average_pool_s8"
ADD = "add_s8"
BROADCAST_ADD = "broadcast_add_s8"
LUT = "lut_s8"
MEAN = "mean_s8"
DENSE = "fully_connected_s8"


def test_reading_what_nobody_wrote_is_refused(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("operator", MAX_POOL, "input0", 9)
    editor.set("tensor", 9, "offset", 480)
    assert refusal(editor.bytes()) == (
        f"{editor.called(MAX_POOL)}: read of what is not there: "
        "input 0 is not written, or written over"
    )
    editor = BlobEditor(every_kernel)
    editor.set("operator", ADD, "input1", 15)
    assert refusal(editor.bytes()) == (
        f"{editor.called(ADD)}: read of what is not there: input 1 is not written, or written over"
    )


def test_reading_what_was_written_over_is_refused(two_inputs: bytes) -> None:
    # the table reads tensor 2; what is written before, tensor 5, may touch either end of it
    for offset in (0, 4, 20):
        editor = BlobEditor(two_inputs)
        assert editor.get("tensor", 2, "offset") == 0
        assert editor.get("tensor", 2, "size") == 24
        editor.set("tensor", 5, "offset", offset)
        assert refusal(editor.bytes()) == (
            f"{editor.called(LUT)}: read of what is not there: "
            "input 0 is not written, or written over"
        )
    # beside it is no harm
    editor = BlobEditor(two_inputs)
    editor.set("tensor", 5, "offset", 24)
    HostModel(editor.bytes())


def test_a_network_input_that_was_written_over_is_refused(two_inputs: bytes) -> None:
    editor = BlobEditor(two_inputs)
    for tensor in (3, 4):
        editor.set("tensor", tensor, "offset", editor.get("tensor", 1, "offset") + 4)
    HostModel(editor.bytes())
    editor.set("operator", LUT, "input0", 1)
    assert refusal(editor.bytes()).startswith(f"{editor.called(LUT)}: read of what is not there")


def test_scratch_writes_over_what_it_touches(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    # tensor 4 must outlive the average pool, whose scratch now lies over it
    editor.set("operator", AVERAGE_POOL, "scratch_offset", editor.get("tensor", 4, "offset"))
    assert refusal(editor.bytes()) == (
        f"{editor.called(ADD)}: read of what is not there: input 1 is not written, or written over"
    )


def test_an_output_that_nobody_wrote_is_refused(every_kernel: bytes, two_inputs: bytes) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("io", 1, "tensor", 15)
    editor.set("header", 0, "n_labels", 0)
    assert refusal(editor.bytes()) == (
        "output 0: read of what is not there: it is not written, or written over"
    )
    # the same bytes under another type are not the same tensor
    editor = BlobEditor(two_inputs)
    editor.set("io", 3, "tensor", 2)
    assert refusal(editor.bytes()).startswith("output 1: read of what is not there")


def test_an_operator_too_early_is_refused(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    at = editor.get("header", 0, "operators_offset")
    called = f"operator {editor.index(MEAN)} ({DENSE})"
    first, second = (at + 36 * editor.index(kernel) for kernel in (MEAN, DENSE))
    data = editor.data
    data[first : first + 36], data[second : second + 36] = (
        data[second : second + 36],
        data[first : first + 36],
    )
    assert refusal(editor.bytes()).startswith(f"{called}: read of what is not there: input 0")


def test_a_constant_is_read_at_any_time_and_never_written(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("operator", BROADCAST_ADD, "input1", 12)
    HostModel(editor.bytes())
    editor.set("operator", BROADCAST_ADD, "output", 11)
    assert refusal(editor.bytes()).endswith("the output is a constant")
