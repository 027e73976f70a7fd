"""winograd_f45_s8: 5x5, stride 1, by Winograd's F(4,5) along the rows.

The kernel computes tiles of 4 outputs of a row from 8 inputs of each of the window's 5 rows, at
whose 8 positions weights and inputs are multiplied after a linear transform of each; products of
all rows and channels are summed.
The data block is a record a pair of output channels as winograd.py has it, of 8 positions, where
the input channels of all rows, row by row, stand for the input channels.

Transforms, for inputs d and weights g of a row, products m and outputs y:
    weights [1 0 0 0 0], [1 p p^2 p^3 p^4] for p = 1, -1, 2, -2, 3, -3, [0 0 0 0 1]
    inputs  [-36 0 49 0 -14 0 1 0][0 36 36 -13 -13 1 1 0][0 -36 36 13 -13 -1 1 0]
            [0 18 9 -20 -10 2 1 0][0 -18 9 20 -10 -2 1 0][0 12 4 -15 -5 3 1 0]
            [0 -12 4 15 -5 -3 1 0][0 -36 0 49 0 -14 0 1]
    outputs [-20 15 15 -6 -6 1 1 0][0 15 -15 -12 12 3 -3 0][0 15 15 -24 -24 9 9 0]
            [0 15 -15 -48 48 27 -27 720] = 720 y
Exact in integers: transformed weights are at most 121 * 128 = 15488, transformed inputs between 0
and 31620 with the kernel's offsets, so both fit int16; sums may wrap modulo 2^32, and the result,
720 y, times the inverse of 45 modulo 2^32, is 16 y, which gives y back while |y| < 2^27.

The kernel adds 128 to every input, which only position 1 sees, 48 times, and `lift` to the first
channel of each pair at each position. The sums start from what undoes both; 48 times the bias is
in position 1 too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Array, Block, Call, Card, Packing, has
from host_tools.kernels.conv import ONE_GROUP
from host_tools.kernels.conv_packed import PARAMS, finish, one_block, packed_sums
from host_tools.kernels.layer import Counts, Layer, clamped_outputs, divide_up
from host_tools.kernels.requantization import Refused
from host_tools.kernels.slides import slide_by_tiles
from host_tools.kernels.steps import winograd_rows, winograd_steps
from host_tools.kernels.winograd import GROUP, TILES, Method, pack_records, unpack_records

ROWS, SIDE, POSITIONS = 5, 4, 8
POINTS = (0, 1, -1, 2, -2, 3, -3)
METHOD = Method(
    (*(tuple(point**power for power in range(5)) for point in POINTS), (0, 0, 0, 0, 1)),
    centre=1,
    ones=48,
    lift=12750,
    limit=1 << 27,
)
SHAPE = {"kernel_h": 5, "kernel_w": 5, "stride_h": 1, "stride_w": 1, **ONE_GROUP}


def transform_weights(weights: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    """[positions, output channels, rows * channels] of `weights` [output, 5, 5, channels]."""
    matrix = np.array(METHOD.weights, np.int64)
    transformed = np.einsum("pk,orkc->porc", matrix, weights.astype(np.int64))
    return transformed.reshape(POSITIONS, len(weights), -1)


def pack(
    weights: npt.NDArray[np.int8],
    bias: npt.ArrayLike,
    multiplier: npt.ArrayLike,
    shift: npt.ArrayLike,
    *,
    input_offset: int,
    output_offset: int,
) -> bytes:
    """The data block of `weights` [output channels, 5, 5, input channels].

    `bias`, `multiplier` and `shift` are [output channels]. Raises Refused where it is not exact,
    or the kernel does not have the shape.
    """
    if weights.shape[1:3] != (5, 5) or weights.shape[3] % 4:
        raise Refused("winograd_f45_s8 takes 5x5 and a multiple of 4 input channels")
    return pack_records(
        METHOD,
        transform_weights,
        weights,
        bias,
        multiplier,
        shift,
        input_offset=input_offset,
        output_offset=output_offset,
    )


def _compute(call: Call) -> Array:
    depth, units = call.inputs[0].values.shape[3], call.shape[3]
    transformed, bias, table = unpack_records(
        METHOD, POSITIONS, call.data["weights"], ROWS * depth
    )
    rows = transformed[:units, :, : ROWS * depth].reshape(units, POSITIONS, ROWS, depth)
    inverse = np.linalg.pinv(np.array(METHOD.weights, np.float64))
    weights = np.rint(np.einsum("kp,oprc->orkc", inverse, rows)).astype(np.int64)
    return finish(call, packed_sums(call, weights) + bias[:units], table[:units])


def scratch_size(input_channels: int) -> int:
    """Bytes of scratch: ink_winograd_f45_s8_scratch() says the same.

    The transformed inputs of 4 tiles, with room for one more position, in which they move on from
    row to row, then their products by two output channels (or 8 pixels).
    """
    inputs = (POSITIONS + 1) * divide_up(ROWS * input_channels, GROUP) * GROUP * 2 * TILES
    return inputs + max(POSITIONS * 2 * TILES * 4, POSITIONS * input_channels)


def tiles_of_strip(left: int) -> tuple[int, int]:
    """Tiles beside and below each other of the four in a strip, where `left` are left in a row."""
    columns = left if left < 3 else TILES
    return columns, TILES // columns


def _slide(layer: Layer) -> int | None:
    width = layer.output[2]
    # of several strips the second reads all rows again
    if width > TILES * SIDE:
        return None
    _, rows = tiles_of_strip(divide_up(width, SIDE))
    return slide_by_tiles(rows, layer, ahead=0, kept=ROWS - rows)


def _size(layer: Layer) -> int:
    groups = divide_up(ROWS * layer.inputs[0][3], GROUP)
    return divide_up(layer.output[3], 2) * (POSITIONS * (8 + 64 * groups) + 16)


def _fits(layer: Layer) -> bool:
    return has(layer.params, SHAPE) and layer.inputs[0][3] % 4 == 0


def _reads(layer: Layer) -> tuple[int, int]:
    """The weights for every 4 tiles; the scratch for each pair of units."""
    batch, height, width, channels = layer.output
    tiles = divide_up(width, SIDE)
    steps = tiles // TILES * height
    if tiles % TILES:
        steps += divide_up(height, tiles_of_strip(tiles % TILES)[1])
    return batch * steps, divide_up(channels, 2)


def _counts(layer: Layer) -> Counts:
    _, height, width, depth = layer.inputs[0]
    batch, output_h, output_w, channels = layer.output
    tiles = divide_up(output_w, SIDE)
    whole = tiles - tiles % TILES
    # rows of a position's inputs, filled up: after as many have gone by, all inputs are moved
    room = divide_up(ROWS * depth, GROUP) * GROUP // depth
    steps = moved = lines = border = 0
    # the strips of 4 tiles, then the last
    for first, end in ((0, whole), (whole, tiles)):
        if first == end:
            continue
        columns, rows = tiles_of_strip(end - first)
        strips = divide_up(end - first, columns)
        steps += strips * divide_up(output_h, rows)
        moved += strips * ((divide_up(output_h, rows) - 1) // (room // rows + 1))
        inside = _columns_inside(first, end, width, layer.params["pad_left"])
        for y in range(min(rows, output_h)):
            # rows of input that a tile of this row and those below it, in the strip, read
            read = ROWS + (divide_up(output_h - y, rows) - 1) * rows
            top = y - layer.params["pad_top"]
            lines += (end - first) * read
            border += (end - first) * read
            border -= inside * max(0, min(top + read, height) - max(top, 0))
    pairs = divide_up(channels, 2)
    return {
        "multiply": batch * steps * pairs * divide_up(ROWS * depth, GROUP),
        "pair": batch * steps * pairs,
        "step": batch * steps,
        "input": batch * lines * (depth // 4),
        "line": batch * lines,
        "border": batch * border,
        "border byte": batch * border * POSITIONS * depth,
        "moved": batch * moved * POSITIONS * room * depth,
        "output": batch * output_h * tiles * channels,
        "cut output": batch * output_h * channels if output_w % SIDE else 0,
        "clamp": clamped_outputs(layer),
    }


def _columns_inside(first: int, end: int, width: int, pad: int) -> int:
    """Tiles from `first` to `end` along a row whose 8 inputs there are none of padding."""
    last = (width + pad - POSITIONS) // SIDE + 1
    return max(0, min(end, last) - max(first, divide_up(pad, SIDE)))


CARD = Card(
    "winograd_f45_s8",
    44,
    PARAMS,
    (Block("weights", "uint8", _size),),
    pictures=True,
    compute=_compute,
    counts=_counts,
    steps=lambda layer: winograd_steps(layer, 1, SIDE, ROWS * layer.inputs[0][3]),
    rows=lambda layer: winograd_rows(layer, 1, SIDE),
    scratch=lambda layer: scratch_size(layer.inputs[0][3]),
    reads=_reads,
    slide=_slide,
    packs={"conv_s8": Packing(_fits, one_block(pack))},
    rates=(86, 33, 62, 146),
)
