"""lstm_s8, svdf_s8: layers that keep a state from run to run.

Their weights lie in groups: of four rows (an LSTM's gates, four filters of an SVDF) four weights
each are together, so that one pass over an input serves four rows.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import multiply_by_quantized_multiplier, wrap_int32
from host_tools.kernels.card import Block, Call, Card, fields
from host_tools.kernels.layer import Counts, Layer, divide_up
from host_tools.kernels.requantization import rescale

Int64 = npt.NDArray[np.int64]

ROWS = 4  # of weights together
GROUP = 4  # weights of a row together
GATES = ("input", "forget", "cell", "output")
# of the gates' products with the input, with the hidden state, and of three products of elements
SCALES = 2 * len(GATES) + 3

# where TensorFlow Lite's table of 65536 / (1 + exp(-i / 24)) is one more than the nearest number
_ONE_MORE = (
    *(4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39, 40),
    *(41, 43, 44, 45, 46, 49, 50, 54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135, 255),
)


def logistic_table() -> npt.NDArray[np.uint16]:
    """The logistic function of i / 24 in Q0.16, as TensorFlow Lite's sigmoid_table_uint16 is."""
    exact = 65536 / (1 + np.exp(-np.arange(256) / 24))
    table = np.minimum(np.floor(exact + 0.5), 65535)
    table[list(_ONE_MORE)] += 1
    return table.astype(np.uint16)


def in_groups(rows: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """int8 [blocks, 4, length] as [blocks, groups, 4, 4], filled up with zeros."""
    blocks, four, length = rows.shape
    assert four == ROWS
    filled = np.zeros((blocks, ROWS, divide_up(length, GROUP) * GROUP), np.int8)
    filled[:, :, :length] = rows
    return np.ascontiguousarray(filled.reshape(blocks, ROWS, -1, GROUP).transpose(0, 2, 1, 3))


def from_groups(groups: npt.NDArray[np.int8], length: int) -> Int64:
    """int8 [blocks, groups, 4, 4] as [blocks * 4, length]."""
    blocks = len(groups)
    return groups.transpose(0, 2, 1, 3).reshape(blocks * ROWS, -1)[:, :length].astype(np.int64)


def _logistic(table: npt.NDArray[np.uint16], values: Int64) -> Int64:
    """Q0.15 of Q3.12. Logistic of 16 bits in integer_ops/logistic.h."""
    scaled = values * 3
    size = np.abs(scaled)
    low = table[size >> 9].astype(np.int64)
    result = (low << 9) + (size & 0x1FF) * (table[(size >> 9) + 1] - low)
    return np.where(scaled < 0, (1 << 25) - result + (1 << 9) - 1, result + (1 << 9)) >> 10


def _tanh(table: npt.NDArray[np.uint16], scaled: Int64) -> Int64:
    """Q0.15 of 3/4 of Q3.12. Tanh of 16 bits in integer_ops/tanh.h."""
    size = np.abs(scaled)
    place = np.minimum(size >> 8, 254)
    low = table[place].astype(np.int64)
    result = (low << 8) + (size & 0xFF) * (table[place + 1] - low)
    result = np.where(size >> 8 >= 255, 0xFFFF << 8, result)
    half = 1 << 23
    return np.where(scaled < 0, half - result + (1 << 7) - 1, result - half + (1 << 7)) >> 8


def _to_16(values: npt.NDArray[np.integer]) -> Int64:
    return np.clip(values, -32768, 32767).astype(np.int64)


def _lstm(call: Call) -> npt.NDArray[np.int8]:
    """int8 rows of `units` for rows of `depth`; the state is changed. EvalLstm in lstm_eval.h."""
    params, data = call.params, call.data
    batches, steps, units, depth = (
        params[name] for name in ("batches", "steps", "units", "depth")
    )
    state = call.inputs[1].values.reshape(-1)
    cells = state[: 2 * batches * units].view(np.int16).reshape(batches, units)
    hidden = state[2 * batches * units :].reshape(batches, units)
    groups = data["weights"].reshape(units, -1, ROWS, GROUP)
    split = divide_up(depth, GROUP)
    parts = (from_groups(groups[:, :split], depth), from_groups(groups[:, split:], units))
    bias = data["bias"].reshape(units, 2, ROWS)
    scales = data["scales"].reshape(SCALES, 2)
    table = data["table"]

    def product(which: int, a: Int64, b: Int64) -> Int64:
        return rescale(a * b, scales[2 * ROWS + which])

    def gates(part: int, rows: npt.NDArray[np.int8]) -> Int64:
        """[batches, units, 4] of int8 rows [batches, length]."""
        sums = (rows.astype(np.int64) @ parts[part].T).reshape(-1, units, ROWS)
        which = slice(part * ROWS, (part + 1) * ROWS)
        return _to_16(rescale(sums + bias[:, part], scales[which]))

    shape = (steps, batches, depth) if params["time_major"] else (batches, steps, depth)
    rows = call.inputs[0].values.reshape(shape)
    outputs = np.empty((*shape[:2], units), np.int8)
    for time in range(steps):
        at = (time, slice(None)) if params["time_major"] else (slice(None), time)
        gate = _to_16(gates(0, rows[at]) + gates(1, hidden))
        opened = _logistic(table, gate)
        kept = _to_16(product(0, opened[..., 1], cells.astype(np.int64)))
        new = _tanh(table, gate[..., 2] * 3)
        cell = _to_16(kept + _to_16(product(1, opened[..., 0], new)))
        if params["cell_clip"] > 0:
            cell = np.clip(cell, -params["cell_clip"], params["cell_clip"])
        cells[...] = cell
        half = (1 << params["cell_shift"]) >> 1
        scaled = (cell * params["cell_multiplier"] + half) >> params["cell_shift"]
        result = wrap_int32(
            params["output_offset"] + product(2, _tanh(table, scaled), opened[..., 3])
        )
        hidden[...] = np.clip(result, -128, 127)
        outputs[at] = hidden
    return outputs.reshape(call.shape)


def _svdf(call: Call) -> npt.NDArray[np.int8]:
    """int8 [batches, units]; the state is changed. EvalIntegerSvdfReference in svdf_common.cc."""
    params, data = call.params, call.data
    filters, memory = params["filters"], params["memory"]
    dtype = np.int16 if params["wide"] else np.int8
    state = call.inputs[1].values.reshape(-1).view(dtype).reshape(-1, filters, memory)
    inputs = call.inputs[0].values.reshape(len(state), -1).astype(np.int64)
    weights = from_groups(
        data["weights"].reshape(-1, _groups(params["depth"]), ROWS, GROUP), params["depth"]
    )
    sums = wrap_int32(inputs @ weights.T + data["start"])[:, :filters]
    features = multiply_by_quantized_multiplier(
        sums, params["feature_multiplier"], params["feature_shift"]
    )
    limits = np.iinfo(dtype)
    zero = 0 if params["wide"] else params["state_zero_point"]
    state[..., :-1] = state[..., 1:].copy()
    state[..., -1] = (np.clip(features, limits.min, limits.max).astype(np.int64) + zero).astype(
        dtype
    )
    time = data["time"].view(dtype).reshape(filters, memory).astype(np.int64)
    over_time = (time * (state.astype(np.int64) - zero)).sum(axis=2)
    totals = over_time.reshape(len(state), -1, params["rank"]).sum(axis=2) + data["bias"]
    result = multiply_by_quantized_multiplier(
        wrap_int32(totals), params["output_multiplier"], params["output_shift"]
    )
    shifted = wrap_int32(result.astype(np.int64) + params["output_offset"])
    return np.clip(shifted, -128, 127).astype(np.int8).reshape(call.shape)


def _groups(length: int) -> int:
    return divide_up(length, GROUP)


def _lstm_groups(layer: Layer) -> int:
    return _groups(layer.params["depth"]) + _groups(layer.params["units"])


def _lstm_counts(layer: Layer) -> Counts:
    params = layer.params
    rows = params["steps"] * params["batches"]
    groups = _lstm_groups(layer)
    return {
        "group": rows * params["units"] * groups,
        "widened": rows * groups,
        "unit": rows * params["units"],
        "step": rows,
    }


def _svdf_counts(layer: Layer) -> Counts:
    params = layer.params
    batches, filters, groups = params["batches"], params["filters"], _groups(params["depth"])
    return {
        "group": batches * divide_up(filters, ROWS) * groups,
        "widened": batches * groups,
        "filter": batches * filters,
        "remembered": batches * filters * params["memory"],
        "unit": math.prod(layer.output),
    }


def _svdf_steps(layer: Layer) -> int:
    params = layer.params
    return int(
        params["batches"] * params["filters"] * (4 * params["memory"] + params["depth"] + 40)
    )


def _lstm_macs(layer: Layer) -> int:
    taps = 4 * (layer.params["depth"] + layer.params["units"])
    return int(layer.params["steps"] * layer.params["batches"] * layer.params["units"] * taps)


def _svdf_macs(layer: Layer) -> int:
    params = layer.params
    return int(params["batches"] * params["filters"] * (params["memory"] + params["depth"]))


def _time_bytes(layer: Layer) -> int:
    params = layer.params
    return int(params["filters"] * params["memory"] * (1 + params["wide"]))


def _svdf_units(layer: Layer) -> int:
    return divide_up(layer.params["filters"], layer.params["rank"])


def _filled_filters(layer: Layer) -> int:
    return divide_up(layer.params["filters"], ROWS) * ROWS


CARDS = (
    Card(
        "svdf_s8",
        45,
        fields(
            "batches depth filters rank memory wide state_zero_point output_offset "
            "feature_multiplier feature_shift output_multiplier output_shift"
        ),
        (
            Block(
                "weights",
                "int8",
                lambda layer: _filled_filters(layer) * _groups(layer.params["depth"]) * GROUP,
            ),
            Block("start", "int32", _filled_filters),
            Block("time", "int8", _time_bytes),
            Block("bias", "int32", _svdf_units),
        ),
        inputs=2,
        state=True,
        compute=_svdf,
        counts=_svdf_counts,
        macs=_svdf_macs,
        steps=_svdf_steps,
        scratch=lambda layer: 2 * GROUP * _groups(layer.params["depth"]),
        reads=lambda layer: (layer.params["batches"], 1),
        rates=(11, 68, 0, 147),
    ),
    Card(
        "lstm_s8",
        46,
        fields(
            "steps batches time_major depth units output_offset cell_clip cell_multiplier "
            "cell_shift"
        ),
        (
            Block(
                "weights",
                "int8",
                lambda layer: layer.params["units"] * _lstm_groups(layer) * GROUP * ROWS,
            ),
            Block("bias", "int32", lambda layer: 2 * ROWS * layer.params["units"]),
            Block("scales", "int32", lambda layer: 2 * SCALES),
            Block("table", "uint16", lambda layer: 256),
        ),
        inputs=2,
        state=True,
        compute=_lstm,
        counts=_lstm_counts,
        macs=_lstm_macs,
        steps=_lstm_macs,
        scratch=lambda layer: 2 * GROUP * _lstm_groups(layer),
        reads=lambda layer: (layer.params["steps"] * layer.params["batches"], 1),
        rates=(10, 157, 48, 162),
    ),
)
