"""winograd_f2_s8, winograd_f4_s8: 3x3, stride 1, by Winograd's F(2x2,3x3) and F(4x4,3x3).

The kernel computes tiles of `tile` x `tile` outputs from windows of (tile + 2) x (tile + 2)
inputs, at whose positions (row by row) weights and inputs are multiplied after a linear transform
of each.
The data block is a record a pair of output channels A and B (the last pair's B has zero weights
where their number is odd), one after the other:
    for each position:
        i32 start of A's sum, i32 start of B's sum
        for each pair of input channels: i16 two weights of A, i16 two weights of B
    the requantization of A, then of B                 see requantization.py
Input channels are a multiple of 4, filled up to a multiple of 16 with zero weights; four channels
make the pairs (0, 2) and (1, 3).

Transforms in one direction, for inputs d, weights g and outputs y (in two, rows, then columns):
    tile 4: inputs  [4 0 -5 0 1 0][0 -4 -4 1 1 0][0 4 -4 -1 1 0][0 -2 -1 2 1 0][0 2 -1 -2 1 0]
                    [0 4 0 -5 0 1]
            outputs [1 -4 -4 1 1 0][0 -4 4 2 -2 0][0 -4 -4 4 4 0][0 -4 4 8 -8 4] = 24 y
    tile 2: inputs  [-1 0 1 0][0 1 1 0][0 -1 1 0][0 -1 0 1], outputs [1 1 1 0][0 1 -1 1] = 2 y
    (the last column of tile 4 is 4 as the kernel divides its rows by 1, 2, 4 and 4)
Exact in integers: transformed weights are at most 49 * 128 = 6272, transformed inputs between 0
and 30090 with the kernel's offsets, so both fit int16; sums may wrap modulo 2^32, and the result,
576 y (or 4 y), gives y back while |y| < 2^25 (or 2^29).

The kernel adds 128 to every input, and `LIFT` to the first channel of each pair at each position;
only position (1, 1) sees the 128. The sums start from what undoes both; the bias is in (1, 1) too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Array, Block, Call, Card, Packing, Rates, has
from host_tools.kernels.conv import ONE_GROUP, WINDOW_3X3
from host_tools.kernels.conv_packed import PARAMS, finish, one_block, packed_sums
from host_tools.kernels.layer import Counts, Layer, clamped_outputs, divide_up
from host_tools.kernels.requantization import (
    Refused,
    accumulator_range,
    fold_offset,
    records,
    wrap_int32,
)
from host_tools.kernels.slides import slide_by_tiles
from host_tools.kernels.steps import winograd_rows, winograd_steps

TILES = 4
GROUP = 16


@dataclass(frozen=True)
class Method:
    """`weights` is [positions, taps] in one direction, `lift` as above, `limit` of |y|.

    `ones` is what position `centre`, alone, makes of an input of ones, and what a bias of 1 needs
    there.
    """

    weights: tuple[tuple[int, ...], ...]
    centre: int
    ones: int
    lift: int
    limit: int


METHODS = {
    2: Method(
        ((-2, 0, 0), (1, 1, 1), (1, -1, 1), (0, 0, 2)), centre=5, ones=4, lift=510, limit=1 << 29
    ),
    4: Method(
        ((6, 0, 0), (1, 1, 1), (1, -1, 1), (1, 2, 4), (1, -2, 4), (0, 0, 6)),
        centre=7,
        ones=36,
        lift=12750,
        limit=1 << 25,
    ),
}


def transform_weights(tile: int, weights: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    """[positions, output channels, input channels] of `weights` [output, 3, 3, input channels]."""
    matrix = np.array(METHODS[tile].weights, np.int64)
    transformed = np.einsum("ik,jl,oklc->ijoc", matrix, matrix, weights.astype(np.int64))
    return transformed.reshape(len(matrix) ** 2, *transformed.shape[2:])


def pack(
    tile: int,
    weights: npt.NDArray[np.int8],
    bias: npt.ArrayLike,
    multiplier: npt.ArrayLike,
    shift: npt.ArrayLike,
    *,
    input_offset: int,
    output_offset: int,
) -> bytes:
    """The data block of `weights` [output channels, 3, 3, input channels]; `tile` is 2 or 4.

    `bias`, `multiplier` and `shift` are [output channels]. Raises Refused where it is not exact,
    or the kernel does not have the shape.
    """
    if weights.shape[1:3] != (3, 3) or weights.shape[3] % 4:
        raise Refused("Winograd's kernels take 3x3 and a multiple of 4 input channels")
    return pack_records(
        METHODS[tile],
        partial(transform_weights, tile),
        weights,
        bias,
        multiplier,
        shift,
        input_offset=input_offset,
        output_offset=output_offset,
    )


def pack_records(
    method: Method,
    transform: Callable[[npt.NDArray[np.int8]], npt.NDArray[np.int64]],
    weights: npt.NDArray[np.int8],
    bias: npt.ArrayLike,
    multiplier: npt.ArrayLike,
    shift: npt.ArrayLike,
    *,
    input_offset: int,
    output_offset: int,
) -> bytes:
    """The records of `weights` [output channels, ...], as above.

    `transform` makes of weights [positions, output channels, what is summed at a position].
    """
    units = len(weights)
    flat = weights.reshape(units, -1)
    folded = fold_offset(flat, bias, input_offset)
    low, high = accumulator_range(flat, folded)
    table, fixed, fixed_bias = records(low, high, multiplier, shift, output_offset)
    if np.maximum(np.abs(low), np.abs(high))[~fixed].max(initial=0) >= method.limit:
        raise Refused(f"an accumulator can reach {method.limit}")
    folded = np.pad(np.where(fixed, fixed_bias, folded), (0, units % 2))
    if units % 2:
        table = np.concatenate([table, table[-1:]])

    transformed = transform(np.where(fixed[:, None, None, None], np.int8(0), weights))
    filling = -transformed.shape[2] % GROUP
    transformed = np.pad(transformed, ((0, 0), (0, units % 2), (0, filling)))
    # [positions, output channels, pairs of input channels, 2]
    pairs = transformed.reshape(*transformed.shape[:2], -1, 4)[..., [0, 2, 1, 3]]
    pairs = pairs.reshape(*transformed.shape[:2], -1, 2)
    starts = -method.lift * pairs[..., 0].sum(axis=-1)
    centre = method.centre
    starts[centre] += method.ones * (folded - 128 * transformed[centre].sum(axis=-1))
    starts = wrap_int32(starts).astype("<i4")
    block = b""
    for unit in range(0, len(folded), 2):
        for position in range(len(transformed)):
            block += starts[position, unit : unit + 2].tobytes()
            both = pairs[position, unit : unit + 2].transpose(1, 0, 2)
            block += both.astype("<i2").tobytes()
        block += table[unit : unit + 2].astype("<i4").tobytes()
    return block


def unpack_records(
    method: Method, positions: int, block: npt.NDArray[np.uint8], depth: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Of what `pack_records` made: transformed weights [units, positions, depth filled up], biases
    [units], requantizations. `depth` is how many products are summed at a position.
    """
    filled = divide_up(depth, GROUP) * GROUP
    position = [("starts", "<i4", 2), ("weights", "<i2", (filled // 2, 2, 2))]
    kind = [("positions", position, positions), ("table", "<i4", (2, 2))]
    records = np.frombuffer(block.tobytes(), np.dtype(kind))
    # [pairs of units, positions, pairs of channels, A or B, 2] -> [units, positions, channels]
    pairs = records["positions"]["weights"].astype(np.int64).transpose(0, 3, 1, 2, 4)
    first = pairs[..., 0].sum(axis=-1).reshape(-1, positions)
    wide = pairs.reshape(-1, positions, filled // 4, 2, 2).transpose(0, 1, 2, 4, 3)
    transformed = wide.reshape(-1, positions, filled)
    centre = method.centre
    start = records["positions"]["starts"][:, centre].astype(np.int64).ravel()
    # the bias times `ones`, which is an odd number times a power of 2: what that leaves of 32 bits
    # is enough for |y| < `limit`
    power = (method.ones & -method.ones).bit_length() - 1
    size = 1 << (32 - power)
    product = (start + method.lift * first[:, centre]) % (1 << 32) >> power
    bias = product * pow(method.ones >> power, -1, size) % size
    bias = np.where(bias >= size // 2, bias - size, bias)
    bias += 128 * transformed[:, centre].sum(axis=-1)
    return transformed, bias, records["table"].reshape(-1, 2)


def _compute(tile: int, call: Call) -> Array:
    depth, units = call.inputs[0].values.shape[3], call.shape[3]
    method = METHODS[tile]
    side = len(method.weights)
    transformed, bias, table = unpack_records(method, side**2, call.data["weights"], depth)
    positions = transformed[:units, :, :depth].reshape(units, side, side, depth)
    inverse = np.linalg.pinv(np.array(method.weights, np.float64))
    weights = np.rint(np.einsum("ki,lj,oijc->oklc", inverse, inverse, positions)).astype(np.int64)
    return finish(call, packed_sums(call, weights) + bias[:units], table[:units])


def scratch_size(tile: int, input_channels: int) -> int:
    """Bytes of scratch: ink_winograd_f2_s8_scratch(), ink_winograd_f4_s8_scratch() say the same.

    The transformed inputs of 4 tiles, then their products by two output channels (or one window
    of inputs). It does not grow with the image: the weights are read once for every 4 tiles.
    """
    positions = (tile + 2) ** 2
    inputs = positions * -(-input_channels // GROUP) * GROUP * 2 * TILES
    return inputs + max(positions * 2 * TILES * 4, positions * input_channels)


def _size(tile: int, layer: Layer) -> int:
    positions, depth = (tile + 2) ** 2, layer.inputs[0][3]
    return divide_up(layer.output[3], 2) * (positions * (8 + 64 * divide_up(depth, GROUP)) + 16)


def _fits(layer: Layer) -> bool:
    wanted = {**WINDOW_3X3, **ONE_GROUP, "stride_h": 1, "stride_w": 1}
    return has(layer.params, wanted) and layer.inputs[0][3] % 4 == 0


def _counts(tile: int, layer: Layer) -> Counts:
    _, height, width, depth = layer.inputs[0]
    batch, output_h, output_w, channels = layer.output
    rows, columns = divide_up(output_h, tile), divide_up(output_w, tile)
    tiles = batch * rows * columns
    groups = divide_up(tiles, TILES)
    inside = _tiles_inside(rows, tile, height, layer.params["pad_top"]) * _tiles_inside(
        columns, tile, width, layer.params["pad_left"]
    )
    whole = batch * (output_h // tile) * (output_w // tile)
    pairs = divide_up(channels, 2)
    border = tiles - batch * inside
    return {
        "multiply": groups * pairs * divide_up(depth, GROUP),
        "pair": groups * pairs,
        "input": tiles * (depth // 4),
        "tile": tiles,
        "border": border,
        "border byte": border * (tile + 2) ** 2 * depth,
        "output": tiles * channels,
        "cut output": (tiles - whole) * channels,
        "clamp": clamped_outputs(layer),
    }


def _reads(tile: int, layer: Layer) -> tuple[int, int]:
    """The weights for every 4 tiles; the scratch for each unit."""
    batch, height, width, channels = layer.output
    tiles = batch * divide_up(height, tile) * divide_up(width, tile)
    return divide_up(tiles, TILES), 2 * divide_up(channels, 2)


def _tiles_inside(tiles: int, tile: int, size: int, pad: int) -> int:
    """Tiles along one axis whose windows, tile + 2 wide, lie within the input."""
    first = divide_up(pad, tile)
    end = min(tiles, (size + pad - tile - 2) // tile + 1)
    return max(0, end - first)


def _card(tile: int, number: int, rates: Rates) -> Card:
    return Card(
        f"winograd_f{tile}_s8",
        number,
        PARAMS,
        (Block("weights", "uint8", partial(_size, tile)),),
        pictures=True,
        compute=partial(_compute, tile),
        counts=partial(_counts, tile),
        steps=lambda layer: winograd_steps(layer, tile, tile, layer.inputs[0][3]),
        rates=rates,
        rows=lambda layer: winograd_rows(layer, tile, tile),
        scratch=lambda layer: scratch_size(tile, layer.inputs[0][3]),
        reads=partial(_reads, tile),
        slide=partial(slide_by_tiles, tile, ahead=tile),
        packs={"conv_s8": Packing(_fits, one_block(partial(pack, tile)))},
    )


CARDS = (_card(2, 38, (107, 48, 62, 0)), _card(4, 39, (150, 31, 145, 0)))
