"""gru_s8: a step of a GRU in one, to the bits of the operators that it stands for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import wrap_int32
from host_tools.kernels.card import Block, Call, Card, fields
from host_tools.kernels.layer import Counts, Layer, divide_up
from host_tools.kernels.recurrent import GROUP, ROWS, from_groups
from host_tools.kernels.requantization import rescale

Int64 = npt.NDArray[np.int64]

SUMS = ("update", "reset", "candidate", "output")
PRODUCTS = ("kept_of_hidden", "old", "fresh")
SUM_WORDS, PRODUCT_WORDS = 9, 5
WORDS = len(SUMS) * SUM_WORDS + len(PRODUCTS) * PRODUCT_WORDS
TABLES = ("update", "rest", "reset", "tanh")


def _saturated(values: Int64, offset: int) -> Int64:
    return np.clip(wrap_int32(values + int(offset)), -128, 127).astype(np.int64)


def _dense(call: Call, prefix: str, input: npt.NDArray[np.int8]) -> Int64:
    """int8 values [3 * units] of one of the two layers."""
    rows = 3 * call.params["units"]
    values = input.reshape(-1).astype(np.int64)
    groups = divide_up(len(values), GROUP)
    weights = call.data[f"{prefix}weights"].reshape(-1, groups, ROWS, GROUP)
    sums = from_groups(weights, len(values)) @ values + call.data[f"{prefix}start"]
    scaled = rescale(sums[:rows], call.data[f"{prefix}scales"].reshape(-1, 2)[:rows])
    return _saturated(scaled, call.params["hidden_offset" if prefix else "input_offset"])


def _sum(words: Int64, a: Int64, b: Int64) -> Int64:
    first = rescale(wrap_int32((a + words[0]) << 20), words[1:3])
    second = rescale(wrap_int32((b + words[3]) << 20), words[4:6])
    return _saturated(rescale(first + second, words[6:8]), int(words[8]))


def _product(words: Int64, a: Int64, b: Int64) -> Int64:
    whole = wrap_int32((a + words[0]) * (b + words[1]))
    return _saturated(rescale(whole, words[2:4]), int(words[4]))


def _compute(call: Call) -> npt.NDArray[np.int8]:
    """The hidden state after, int8, of an input [depth] and the hidden state before [units]."""
    units = call.params["units"]
    source, hidden = call.arrays
    ours = _dense(call, "", source).reshape(3, units)
    theirs = _dense(call, "hidden_", hidden).reshape(3, units)
    words = call.data["elements"].astype(np.int64)
    split = len(SUMS) * SUM_WORDS
    sums = dict(zip(SUMS, words[:split].reshape(-1, SUM_WORDS), strict=True))
    products = dict(zip(PRODUCTS, words[split:].reshape(-1, PRODUCT_WORDS), strict=True))
    tables = dict(zip(TABLES, call.data["tables"].reshape(-1, 256).astype(np.int64), strict=True))
    update = _sum(sums["update"], ours[0], theirs[0]) & 255
    reset = tables["reset"][_sum(sums["reset"], ours[1], theirs[1]) & 255]
    kept = _product(products["kept_of_hidden"], reset, theirs[2])
    candidate = tables["tanh"][_sum(sums["candidate"], ours[2], kept) & 255]
    old = _product(products["old"], tables["update"][update], hidden.reshape(-1).astype(np.int64))
    fresh = _product(products["fresh"], tables["rest"][update], candidate)
    return _sum(sums["output"], old, fresh).astype(np.int8).reshape(call.shape)


def _rows(layer: Layer) -> int:
    return int(3 * layer.params["units"])


def _filled(layer: Layer) -> int:
    return divide_up(_rows(layer), ROWS) * ROWS


def _groups(layer: Layer, name: str) -> int:
    return divide_up(layer.params[name], GROUP)


def _blocks(prefix: str, length: str) -> tuple[Block, ...]:
    def weights(layer: Layer) -> int:
        return _filled(layer) * _groups(layer, length) * GROUP

    return (
        Block(f"{prefix}weights", "int8", weights),
        Block(f"{prefix}start", "int32", _filled),
        Block(f"{prefix}scales", "int32", lambda layer: 2 * _rows(layer)),
    )


def _counts(layer: Layer) -> Counts:
    groups = _groups(layer, "depth") + _groups(layer, "units")
    return {
        "group": divide_up(_rows(layer), ROWS) * groups,
        "widened": groups,
        "unit": layer.params["units"],
    }


def _scratch(layer: Layer) -> int:
    longest = max(_groups(layer, "depth"), _groups(layer, "units"))
    return int(2 * GROUP * longest + 6 * layer.params["units"])


def _macs(layer: Layer) -> int:
    return int(_rows(layer) * (layer.params["depth"] + layer.params["units"]))


CARD = Card(
    "gru_s8",
    47,
    fields("depth units input_offset hidden_offset"),
    (
        *_blocks("", "depth"),
        *_blocks("hidden_", "units"),
        Block("elements", "int32", lambda layer: WORDS),
        Block("tables", "int8", lambda layer: len(TABLES) * 256),
    ),
    inputs=2,
    compute=_compute,
    counts=_counts,
    macs=_macs,
    steps=_macs,
    scratch=_scratch,
    rates=(11, 107, 0, 229),
)
