"""The C verifier on kernels that only blobs for the Cortex-M7 have.

Which network has which of them is the packer's choice: each test takes the first blob that has
the kernel, and works out the bounds from its shapes.
"""

from __future__ import annotations

import numpy as np
import pytest
from blob_editor import BlobEditor
from refusals import refusal

from host_tools.host_runtime import HostModel

CONV, DEPTHWISE, DENSE = "conv_packed_s8", "depthwise_3x3_s8", "fully_connected_packed_s8"
ADD, GENERAL = "add_table_s8", "depthwise_packed_s8"
MAX_POOL, AVERAGE_POOL = "max_pool_simd_s8", "average_pool_simd_s8"
WINOGRAD_2, WINOGRAD_4 = "winograd_f2_s8", "winograd_f4_s8"
WINOGRAD_5 = "winograd_f45_s8"  # of windows 5 x 5
DILATED, GROUPED = "depthwise_dilated_s8", "conv_general_s8"
GENERAL_DENSE = "fully_connected_general_s8"
POOLS = (MAX_POOL, AVERAGE_POOL)
WINOGRAD = (WINOGRAD_2, WINOGRAD_4, WINOGRAD_5)
CONVOLUTIONS = (CONV, DEPTHWISE, GENERAL, *WINOGRAD, DILATED, GROUPED)
SLIDING = (CONV, DEPTHWISE, GENERAL, DENSE, *POOLS, *WINOGRAD, DILATED)
DENSES = (DENSE, GENERAL_DENSE)
WIDE = (DILATED, GROUPED)  # with dilation
OUT = "parameter out of its range"
SHAPE = "tensors that the kernel does not take"
DATA = "data out of the blob"


class Case:
    """A blob with an operator of a kernel whose input no later one reads, to be changed."""

    def __init__(self, blobs: dict[str, bytes], kernel: str) -> None:
        for blob in blobs.values():
            editor = BlobEditor(blob)
            kernels = editor.kernels()
            if kernel not in kernels:
                continue
            index = kernels.index(kernel)
            source = editor.get("operator", index, "input0")
            later = range(index + 1, len(kernels))
            if all(editor.get("operator", other, "input0") != source for other in later):
                break
        else:
            raise AssertionError(f"no blob has {kernel} with an input of its own")
        self.good = blob
        self.index = index
        self.name = f"operator {index} ({kernel})"
        self.source = source
        self.target = editor.get("operator", index, "output")

    def editor(self) -> BlobEditor:
        return BlobEditor(self.good)

    def get(self, field: str) -> int:
        return self.editor().get("params", self.index, field)

    def with_params(self, **params: int) -> bytes:
        editor = self.editor()
        for field, value in params.items():
            editor.set("params", self.index, field, value)
        return editor.bytes()

    def shape(self, tensor: int) -> tuple[int, int, int, int]:
        editor = self.editor()
        batch, height, width, channels = (
            editor.get("tensor", tensor, f"dims[{i}]") for i in range(4)
        )
        return batch, height, width, channels


RULES = [
    *(
        (kernel, field, value, f"{OUT}: {field} is {value}, allowed {rule}")
        for kernel in (*CONVOLUTIONS, *POOLS)
        for field in ("kernel_h", "kernel_w", "stride_h", "stride_w")
        for value, rule in ((0, "1 or more"), (-(1 << 31), "1 or more"), (32769, "at most 32768"))
    ),
    *(
        (kernel, field, -1, f"{OUT}: {field} is -1, allowed 0 or more")
        for kernel in (*CONVOLUTIONS, *POOLS)
        for field in ("pad_top", "pad_left")
    ),
    *(
        (kernel, field, value, f"{OUT}: {field} is {value}, allowed {rule}")
        for kernel in (*CONVOLUTIONS, *POOLS, *DENSES, ADD)
        for field, value, rule in (
            ("act_min", -129, "-128 or more"),
            ("act_max", 128, "at most 127"),
            ("act_max", -129, ""),
        )
    ),
    *(
        (kernel, "weights", value, f"{DATA}: weights {rule}")
        for kernel in (*CONVOLUTIONS, *DENSES, ADD)
        for value, rule in (
            (48, "is 48, allowed 64 or more"),
            (68, "is 68, allowed a multiple of 16"),
            (0x7FFFFFF0, "ends at 21474"),
            (-16, "ends at 42949"),
        )
    ),
    *(
        (kernel, field, value, message)
        for kernel in DENSES
        for field, value, message in (
            ("depth", 0, f"{OUT}: depth is 0, allowed 1 or more"),
            ("depth", 1 << 27, f"{SHAPE}: input 0's number of elements is "),
            ("units", 0, f"{OUT}: units is 0, allowed 1 or more"),
            ("units", 1 << 27, f"{SHAPE}: the output's number of elements is "),
        )
    ),
    *(
        (kernel, field, value, f"{OUT}: {field} is {value}, allowed {rule}")
        for kernel in WIDE
        for field in ("dilation_h", "dilation_w")
        for value, rule in ((0, "1 or more"), (-(1 << 31), "1 or more"), (32769, "at most 32768"))
    ),
    (GROUPED, "groups", 0, f"{OUT}: groups is 0, allowed 1 or more"),
    (GROUPED, "groups", -(1 << 31), f"{OUT}: groups is -2147483648, allowed 1 or more"),
    (GROUPED, "groups", 61, f"{SHAPE}: groups does not divide the numbers of channels"),
    (DENSE, "blocks", -1, f"{OUT}: blocks is -1, allowed 0 or more"),
]


@pytest.mark.parametrize(("kernel", "field", "value", "message"), RULES)
def test_a_bad_parameter_is_named(
    blobs: dict[str, bytes], kernel: str, field: str, value: int, message: str
) -> None:
    case = Case(blobs, kernel)
    assert refusal(case.with_params(**{field: value})).startswith(f"{case.name}: {message}")


@pytest.mark.parametrize("kernel", [*CONVOLUTIONS, *POOLS])
def test_windows_that_miss_the_input_are_refused(blobs: dict[str, bytes], kernel: str) -> None:
    case = Case(blobs, kernel)
    for pad, side in (("pad_top", "kernel_h"), ("pad_left", "kernel_w")):
        dilation = case.get(side.replace("kernel", "dilation")) if kernel in WIDE else 1
        size = (case.get(side) - 1) * dilation + 1
        assert refusal(case.with_params(**{pad: size})) == (
            f"{case.name}: {OUT}: {pad} is {size}, allowed at most {size - 1}"
        )
    for axis, stride, name in ((1, "stride_h", "height"), (2, "stride_w", "width")):
        side = case.shape(case.target)[axis]
        assert refusal(case.with_params(**{stride: 32768})) == (
            f"{case.name}: {SHAPE}: the output's {name} is {side}, allowed at most 1"
        )


@pytest.mark.parametrize("kernel", [DEPTHWISE, *WINOGRAD])
def test_windows_of_other_sides_are_refused(blobs: dict[str, bytes], kernel: str) -> None:
    case = Case(blobs, kernel)
    own = 5 if kernel == WINOGRAD_5 else 3
    for field in ("kernel_h", "kernel_w"):
        for side in (own - 1, own + 1):
            assert refusal(case.with_params(**{field: side})) == (
                f"{case.name}: {OUT}: {field} is {side}, allowed {own}"
            )


def smaller(case: Case, sides: tuple[int, int]) -> BlobEditor:
    """The blob with an output of these sides, which are less than the good one's."""
    editor = case.editor()
    _, _, _, channels = case.shape(case.target)
    editor.set("tensor", case.target, "dims[1]", sides[0])
    editor.set("tensor", case.target, "dims[2]", sides[1])
    editor.set("tensor", case.target, "size", sides[0] * sides[1] * channels)
    return editor


@pytest.mark.parametrize(
    ("kernel", "strides", "message"),
    [
        (DEPTHWISE, (3, 3), "stride_h is 3, allowed at most 2"),
        (DEPTHWISE, (1, 2), "stride_w is 2, allowed 1"),
        (DEPTHWISE, (2, 1), "stride_w is 1, allowed 2"),
        *(
            (kernel, strides, message)
            for kernel in WINOGRAD
            for strides, message in (
                ((2, 1), "stride_h is 2, allowed 1"),
                ((1, 2), "stride_w is 2, allowed 1"),
            )
        ),
    ],
)
def test_strides_that_a_kernel_does_not_have_are_refused(
    blobs: dict[str, bytes], kernel: str, strides: tuple[int, int], message: str
) -> None:
    case = Case(blobs, kernel)
    editor = smaller(case, (1, 1))
    for field, value in zip(("stride_h", "stride_w"), strides, strict=True):
        editor.set("params", case.index, field, value)
    assert refusal(editor.bytes()) == f"{case.name}: {OUT}: {message}"


def with_channels(case: Case, tensor: int, channels: int) -> bytes:
    """The blob with another number of channels of a tensor that is an input or output."""
    batch, height, width, _ = case.shape(tensor)
    editor = case.editor()
    editor.set("tensor", tensor, "dims[3]", channels)
    editor.set("tensor", tensor, "size", batch * height * width * channels)
    return editor.bytes()


def test_a_depthwise_convolution_keeps_the_number_of_channels(blobs: dict[str, bytes]) -> None:
    case = Case(blobs, DEPTHWISE)
    channels = case.shape(case.target)[3]
    assert refusal(with_channels(case, case.target, channels - 1)) == (
        f"{case.name}: {SHAPE}: input 0's number of channels is {channels}, allowed {channels - 1}"
    )


@pytest.mark.parametrize("kernel", [GENERAL, DILATED])
def test_a_general_depthwise_convolution_has_a_whole_multiple_of_channels(
    blobs: dict[str, bytes], kernel: str
) -> None:
    case = Case(blobs, kernel)
    channels = case.shape(case.source)[3]
    name = f"{case.name}: {SHAPE}: the output's number of channels"
    for units in (1, channels - 1):
        assert refusal(with_channels(case, case.target, units)) == (
            f"{name} is {units}, allowed {channels}"
        )


@pytest.mark.parametrize("kernel", [GENERAL, DILATED])
def test_a_general_depthwise_convolution_has_four_channels_or_more(
    blobs: dict[str, bytes], kernel: str
) -> None:
    case = Case(blobs, kernel)
    for channels in (1, 2, 3):
        assert refusal(with_channels(case, case.source, channels)) == (
            f"{case.name}: {SHAPE}: input 0's number of channels is {channels}, allowed 4 or more"
        )


def test_blocks_hold_no_more_than_the_units(blobs: dict[str, bytes]) -> None:
    case = Case(blobs, DENSE)
    most = case.get("units") // 4
    assert refusal(case.with_params(blocks=most + 1)) == (
        f"{case.name}: {OUT}: blocks is {most + 1}, allowed at most {most}"
    )


@pytest.mark.parametrize("kernel", [CONV, DEPTHWISE, *WINOGRAD, GROUPED, *DENSES])
def test_too_little_scratch_is_refused(blobs: dict[str, bytes], kernel: str) -> None:
    case = Case(blobs, kernel)
    editor = case.editor()
    size = editor.get("operator", case.index, "scratch_size")
    assert size > 0
    editor.set("operator", case.index, "scratch_size", 0)
    found = refusal(editor.bytes())
    assert found.startswith(f"{case.name}: too little scratch: scratch_size is 0, allowed ")
    needed = int(found.split("allowed ")[1].split()[0])
    assert 0 < needed <= size
    editor.set("operator", case.index, "scratch_size", needed - 1)
    assert refusal(editor.bytes()) == (
        f"{case.name}: too little scratch: scratch_size is {needed - 1}, allowed {needed} or more"
    )
    editor.set("operator", case.index, "scratch_size", needed)
    HostModel(editor.bytes())


def test_sums_by_table_take_three_int8_tensors_of_one_size(blobs: dict[str, bytes]) -> None:
    for fields, message in (
        ({"dtype": 2, "zero_point": 5}, "input 1's dtype is 2, allowed 1"),
        ({"dims[2]": 3, "size": 18}, "input 1's number of elements is 18, allowed 24"),
    ):
        editor = BlobEditor(blobs["two_inputs_m7"])
        for field, value in fields.items():
            editor.set("tensor", 1, field, value)
        assert refusal(editor.bytes()) == f"{editor.called(ADD)}: {SHAPE}: {message}"


# --- outputs that lie over inputs ---


def overlapping(case: Case, before: int) -> bytes:
    """The blob with the operator writing `before` bytes before where its input starts."""
    editor = case.editor()
    # every tensor gets a place of its own, scratch lies behind them all: nothing else is touched
    room = 8192
    count = editor.get("header", 0, "n_tensors")
    for tensor in range(count):
        if editor.get("tensor", tensor, "place") == 0:
            editor.set("tensor", tensor, "offset", room * (tensor + 1))
    editor.set("tensor", case.target, "offset", room * (case.source + 1) - before)
    end = room * (count + 1)
    for operator in range(editor.get("header", 0, "n_operators")):
        editor.set("operator", operator, "scratch_offset", end)
    editor.set("header", 0, "arena_size", end + (1 << 16))
    return editor.bytes()


def most_ahead(count: int, written: int, read: int, stride: int, pad: int) -> int:
    return max(i * written - max(0, i * stride - pad) * read for i in range(count))


def slide(case: Case, kernel: str) -> int:
    """docs/blob-format.md: how far writing runs ahead of reading, tried at every place."""
    if kernel == DEPTHWISE:
        return 0
    if kernel == DENSE:
        size = case.editor().get("tensor", case.source, "size")
        units, depth = case.get("units"), case.get("depth")
        return max(0, (size // depth - 1) * (units - depth))
    (_, in_h, in_w, in_c), (_, out_h, out_w, out_c) = (
        case.shape(case.source),
        case.shape(case.target),
    )
    pad_top, stride_h = case.get("pad_top"), case.get("stride_h")
    if kernel == WINOGRAD_5:
        assert 8 < case.shape(case.target)[2] <= 16  # tiles beside each other, of one strip
        next_rows = [(y, y + 4 - pad_top) for y in range(1, out_h)]
        return max(0, *(y * out_w * out_c - n * in_w * in_c for y, n in next_rows if n < in_h))
    if kernel in WINOGRAD:
        side = 2 if kernel == WINOGRAD_2 else 4
        return max(
            min(y + side, out_h) * out_w * out_c - max(0, y - pad_top) * in_w * in_c
            for y in range(0, out_h, side)
        )
    rows = most_ahead(out_h, out_w * out_c, in_w * in_c, stride_h, pad_top)
    columns = most_ahead(out_w, out_c, in_c, case.get("stride_w"), case.get("pad_left"))
    return rows + columns + (out_c if kernel in (GENERAL, DILATED) else 0)


@pytest.mark.parametrize("kernel", SLIDING)
def test_an_output_slides_over_the_input_only_from_far_enough(
    blobs: dict[str, bytes], kernel: str
) -> None:
    case = Case(blobs, kernel)
    model = HostModel(case.good)
    rng = np.random.default_rng(6)
    inputs = [rng.integers(-128, 128, t.shape).astype(t.dtype) for t in model.inputs]
    expected = model.run(inputs)
    enough = slide(case, kernel)
    enough += -enough % 4  # places are multiples of 4
    for ours, wanted in zip(
        HostModel(overlapping(case, enough)).run(inputs), expected, strict=True
    ):
        np.testing.assert_array_equal(ours, wanted)
    for before in (enough - 4, -4):
        assert refusal(overlapping(case, before)) == (
            f"{case.name}: overlap in the arena: the output and input 0"
        )


def test_a_depthwise_convolution_slides_by_whole_pixels(blobs: dict[str, bytes]) -> None:
    case = Case(blobs, DEPTHWISE)
    channels = case.shape(case.source)[3]
    for pixels in (0, 1, 2):
        HostModel(overlapping(case, 4 * channels * pixels))
        if channels > 4:
            assert refusal(overlapping(case, 4 * channels * pixels + 4)) == (
                f"{case.name}: overlap in the arena: the output and input 0"
            )


def test_a_sum_by_table_lies_exactly_over_its_input(blobs: dict[str, bytes]) -> None:
    case = Case(blobs, ADD)
    HostModel(overlapping(case, 0))
    for before in (4, -4):
        assert refusal(overlapping(case, before)) == (
            f"{case.name}: overlap in the arena: the output and input 0"
        )
