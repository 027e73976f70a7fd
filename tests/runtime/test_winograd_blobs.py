"""Blobs of winograd_f2_s8 and winograd_f4_s8: their bytes, and what C refuses of them."""

from __future__ import annotations

import networks
import numpy as np
import pytest
from blob_editor import BlobEditor
from refusals import refusal
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.blob.writer import write_blob
from host_tools.host_runtime import HostModel
from host_tools.kernels import KERNELS, winograd
from host_tools.pack import pack
from host_tools.plan import make_plan
from host_tools.plan.memory import plan_memory
from host_tools.plan_types import Plan
from host_tools.tflite import read_model

OUT = "parameter out of its range"
SHAPE = "tensors that the kernel does not take"
SHAPES = [(8, 8, 4, 7), (9, 5, 20, 16), (3, 14, 16, 3), (32, 32, 16, 16), (1, 1, 8, 2)]


@pytest.fixture(params=[2, 4])
def tile(request: pytest.FixtureRequest) -> int:
    return request.param


def convolutions(height: int, width: int, channels: int, units: int, padding: str = "SAME"):
    """Two convolutions 3x3 after each other."""
    rng = np.random.default_rng(height)
    builder = ModelBuilder("convolutions")
    source = builder.tensor([1, height, width, channels], **networks.SCALE)
    first = source
    for shape in ([4 * units, 3, 3, channels], [units, 3, 3, 4 * units]):
        less = 2 if padding == "VALID" else 0
        height, width = height - less, width - less
        target = builder.tensor([1, height, width, shape[0]], scale=0.2, zero_point=-11)
        builder.operator(
            "CONV_2D",
            [source, *networks._weights(builder, rng, shape)],
            [target],
            3,
            **{"padding": padding, "fused_activation_function": "RELU6"},
            **{"stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1},
        )
        source = target
    return builder.build([first], [source])


def winograd_plan(model: bytes, tile: int) -> Plan:
    """The model for the Cortex-M7, with every convolution by Winograd's method."""
    plan = make_plan(read_model(model), "portable")
    plan.target = "cortex-m7"
    for operator in plan.operators:
        block = winograd.pack(
            tile,
            *(operator.data[name] for name in ("weights", "bias", "multiplier", "shift")),
            input_offset=operator.params["input_offset"],
            output_offset=operator.params["output_offset"],
        )
        depth = plan.tensors[operator.inputs[0]].shape[3]
        operator.kernel = f"winograd_f{tile}_s8"
        fields = KERNELS[operator.kernel].params
        operator.params = {name: operator.params[name] for name in fields}
        operator.data = {"weights": np.frombuffer(block, np.uint8)}
        operator.scratch_size = winograd.scratch_size(tile, depth)
    plan_memory(plan)
    return plan


def winograd_blob(model: bytes, tile: int) -> bytes:
    return write_blob(winograd_plan(model, tile), ())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_a_blob_gives_the_portable_kernels_bytes(tile, shape, padding):
    if padding == "VALID" and min(shape[:2]) < 5:
        pytest.skip("too small for two windows without padding")
    model = convolutions(*shape, padding)
    blob = winograd_blob(model, tile)
    assert [o.kernel for o in read_blob(blob).operators] == [f"winograd_f{tile}_s8"] * 2
    fast, portable = HostModel(blob), HostModel(pack(model))
    rng = np.random.default_rng(1)
    inputs = [rng.integers(-128, 128, (1, *shape[:3]), dtype=np.int8) for _ in range(5)]
    for values in [*inputs, np.full_like(inputs[0], -128), np.full_like(inputs[0], 127)]:
        np.testing.assert_array_equal(fast.run([values])[0], portable.run([values])[0])


def test_an_output_slides_over_its_input(tile):
    fast = HostModel(winograd_blob(convolutions(32, 32, 16, 4), tile))
    # two tensors of 32x32x16; the second starts a row of tiles and one of padding before the first
    scratch = (tile + 2) ** 2 * (16 * 2 * 4 + 32)
    assert fast.arena_size <= 32 * 32 * 16 + (tile + 2) * 32 * 16 + scratch


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("kernel_h", 2, f"{OUT}: kernel_h is 2, allowed 3"),
        ("kernel_w", 2, f"{OUT}: kernel_w is 2, allowed 3"),
        ("weights", 48, "data out of the blob: weights is 48, allowed 64 or more"),
        ("weights", 0x7FFFFFF0, "data out of the blob: weights ends at 2147"),
        ("act_min", -129, f"{OUT}: act_min is -129, allowed -128 or more"),
    ],
)
def test_a_bad_parameter_is_named(tile, field, value, message):
    editor = BlobEditor(winograd_blob(convolutions(8, 8, 16, 4), tile))
    editor.set("params", 1, field, value)
    assert refusal(editor.bytes()).startswith(f"operator 1 (winograd_f{tile}_s8): {message}")


def test_a_stride_other_than_1_is_refused(tile):
    for field, dim in (("stride_h", "dims[1]"), ("stride_w", "dims[2]")):
        editor = BlobEditor(winograd_blob(convolutions(8, 8, 16, 4), tile))
        output = editor.get("operator", 1, "output")
        editor.set("tensor", output, dim, 4)
        editor.set("tensor", output, "size", 8 * 4 * 4)
        editor.set("params", 1, field, 2)
        assert refusal(editor.bytes()) == (
            f"operator 1 (winograd_f{tile}_s8): {OUT}: {field} is 2, allowed 1"
        )


def test_input_channels_that_are_no_multiple_of_4_are_refused(tile):
    editor = BlobEditor(winograd_blob(convolutions(8, 8, 16, 4), tile))
    source = editor.get("operator", 0, "input0")
    editor.set("tensor", source, "dims[3]", 6)
    editor.set("tensor", source, "size", 8 * 8 * 6)
    assert refusal(editor.bytes()).startswith(
        f"operator 0 (winograd_f{tile}_s8): {SHAPE}: input 0's number of channels is 6"
    )


def test_too_little_scratch_is_refused(tile):
    editor = BlobEditor(winograd_blob(convolutions(8, 8, 16, 4), tile))
    size = editor.get("operator", 1, "scratch_size")
    assert size == (tile + 2) ** 2 * (16 * 2 * 4 + 32)
    editor.set("operator", 1, "scratch_size", size - 1)
    assert refusal(editor.bytes()).startswith(
        f"operator 1 (winograd_f{tile}_s8): too little scratch: scratch_size is {size - 1}"
    )


def test_an_output_that_starts_too_close_before_its_input_is_refused(tile):
    editor = BlobEditor(winograd_blob(convolutions(32, 32, 16, 4), tile))
    source, output = (editor.get("operator", 0, name) for name in ("input0", "output"))
    starts = [editor.get("tensor", index, "offset") for index in (source, output)]
    assert starts[0] - starts[1] == (tile + 1) * 32 * 16
    editor.set("tensor", output, "offset", starts[1] + 4)
    assert refusal(editor.bytes()).startswith(f"operator 0 (winograd_f{tile}_s8): ")


def test_no_input_is_overwritten_before_its_last_tile_has_read_it(tile):
    """Walks over tiles as the kernel does, and compares with how far an output may slide."""
    for height, width, channels, padding in (
        (32, 32, 16, "SAME"),
        (9, 20, 4, "VALID"),
        (7, 5, 8, "SAME"),
    ):
        plan = winograd_plan(convolutions(height, width, channels, 3, padding), tile)
        out_h, out_w, units = plan.tensors[plan.operators[0].output].shape[1:]
        pad = int(padding == "SAME")
        tiles = [(y, x) for y in range(0, out_h, tile) for x in range(0, out_w, tile)]
        written, needed = 0, 0
        for first in range(0, len(tiles), 4):
            four = tiles[first : first + 4]
            least = min(
                (max(y - pad, 0) * width + max(x - pad, 0)) * channels for y, x in tiles[first:]
            )
            needed = max(needed, written - least)
            ends = [min(y + tile, out_h) * out_w - max(out_w - x - tile, 0) for y, x in four]
            written = max(written, *(end * units for end in ends))
        assert needed <= KERNELS[plan.operators[0].kernel].slide(plan.layer(plan.operators[0]))
