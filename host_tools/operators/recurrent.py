"""UNIDIRECTIONAL_SEQUENCE_LSTM and SVDF: layers that keep a state from run to run.

The names after a full stop are tflite-micro's functions.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.kernels.recurrent import GATES, ROWS, in_groups, logistic_table
from host_tools.kernels.requantization import scale_record
from host_tools.operators.arguments import (
    Scale,
    check_dtype,
    check_rank,
    check_shape,
    constant,
    inputs,
    label,
    output,
    quantized,
)
from host_tools.operators.lowering import Lowered, Page, call
from host_tools.operators.parameters import FUSED, multiplier_of
from host_tools.operators.weighted import bias_of, check_symmetric, ratios

# places among the inputs of an LSTM; in the file's order gates are input, forget, cell, output
_WEIGHTS, _RECURRENT, _BIAS, _HIDDEN, _CELL, _LSTM_INPUTS = 1, 5, 12, 18, 19, 24
_LSTM_PLACES = (0, *range(_WEIGHTS, 9), *range(_BIAS, 16), _HIDDEN, _CELL)

_GATE = np.float32(2.0**-12)  # what the gates' functions take
_OPENED = np.float32(2.0**-15)  # what they give


def _lower_lstm(graph: Graph, operator: Operator) -> Lowered:
    """PrepareGateParametersInteger and CreateLstmCellStateInfo in lstm_eval_common.cc."""
    found = _lstm_inputs(graph, operator)
    source, hidden, cell = found[0], found[_HIDDEN], found[_CELL]
    target = output(graph, operator)
    check_rank(source, 3)
    time_major = bool(operator.options["time_major"])
    steps, batches, depth = source.shape
    if not time_major:
        steps, batches = batches, steps
    units = hidden.shape[-1] if hidden.shape else 0
    check_shape(target, (*source.shape[:2], units))
    for state in (hidden, cell):
        _check_state(graph, operator, state)
        if math.prod(state.shape) != batches * units:
            check_shape(state, (batches, units))
    given, kept = quantized(source), quantized(hidden)
    if quantized(target) != kept:
        raise CommandError(f"{label(target)} and {label(hidden)} differ in scale or zero point")
    cell_scale = quantized(cell, "int16")
    weights, bias, reals = [], [], []
    for place, length, scale in ((_WEIGHTS, depth, given), (_RECURRENT, units, kept)):
        tensors = found[place : place + len(GATES)]
        for tensor in tensors:
            check_shape(tensor, (units, length))
            check_symmetric_tensor(tensor)
        values = np.stack([constant(tensor, "int8") for tensor in tensors], axis=1)
        weights.append(in_groups(values.astype(np.int8)))
        bias.append(-scale.zero_point * values.astype(np.int64).sum(axis=2))
        for tensor in tensors:
            assert tensor.quantization is not None
            reals += ratios(scale, tensor.quantization.scale, Scale(_GATE, 0))
    bias[0] += np.stack(
        [bias_of(tensor, units) for tensor in found[_BIAS : _BIAS + len(GATES)]], axis=1
    )
    opened, state_scale = float(_OPENED), float(cell_scale.scale)
    reals += [opened * state_scale / state_scale, opened * opened / state_scale]
    reals.append(opened * opened / float(kept.scale))
    params = {
        "steps": steps,
        "batches": batches,
        "time_major": int(time_major),
        "depth": depth,
        "units": units,
        "output_offset": kept.zero_point,
        "cell_clip": _cell_clip(operator, state_scale),
        **_tanh_scale(cell),
    }
    data: dict[str, npt.NDArray[np.generic]] = {
        "weights": np.concatenate(weights, axis=1),
        "bias": np.stack(bias, axis=1).astype(np.int32),
        "scales": np.array([scale_record(*multiplier_of(real)) for real in reals], np.int32),
        "table": logistic_table(),
    }
    state_of = _lstm_state(graph, hidden, batches * units, kept.zero_point)
    return [call(operator, "lstm_s8", params, data, inputs=(source.index, state_of.index))]


def _lstm_inputs(graph: Graph, operator: Operator) -> list[Tensor]:
    """The inputs; those of variants of an LSTM, which must be absent, stand for nothing."""
    found = inputs(graph, operator, 1, _LSTM_INPUTS)
    if len(operator.inputs) != _LSTM_INPUTS:
        raise CommandError(f"it has {len(operator.inputs)} inputs; {_LSTM_INPUTS} are needed here")
    missing = [place for place in _LSTM_PLACES if found[place] is None]
    more = [place for place in range(_LSTM_INPUTS) if place not in _LSTM_PLACES]
    more = [place for place in more if found[place] is not None]
    if missing or more:
        raise CommandError(
            "only an LSTM as Keras has it is supported: with all four gates and biases, without "
            "peepholes, projection or layer normalization"
        )
    if operator.options["fused_activation_function"] != "TANH":
        raise CommandError(
            f"the fused activation {operator.options['fused_activation_function']} is not "
            "supported: an LSTM needs TANH"
        )
    return [found[0] if tensor is None else tensor for tensor in found]  # type: ignore[misc]


def check_symmetric_tensor(weights: Tensor) -> None:
    """Raises CommandError unless there is one scale, with a zero point of 0."""
    quantized(weights)
    check_symmetric(weights)


def _check_state(graph: Graph, operator: Operator, state: Tensor) -> None:
    others = [op for op in graph.operators if state.index in op.inputs and op is not operator]
    if not state.state or others or state.index in graph.outputs:
        raise CommandError(f"{label(state)} must be a variable of this operator alone")


def _cell_clip(operator: Operator, scale: float) -> int:
    clip = float(np.float32(operator.options["cell_clip"]))
    if not clip > 0:
        return 0
    return int(min(clip / scale, 32767.0))


def _tanh_scale(cell: Tensor) -> dict[str, int]:
    """What makes 3/4 of a cell in Q3.12 of it. Tanh in lstm_eval.cc."""
    scale = quantized(cell, "int16").scale
    power = round(math.log2(float(scale)))
    if np.float32(2.0) ** power != scale or not -27 <= power <= 0:
        raise CommandError(
            f"{label(cell)} has scale {scale:g}; a power of two from 2^-27 to 1 is needed here"
        )
    left = power + 12
    return {"cell_multiplier": 3 << max(left, 0), "cell_shift": max(-left, 0)}


def _lstm_state(graph: Graph, hidden: Tensor, count: int, zero_point: int) -> Tensor:
    """A new state: `count` cells of 16 bits, 0 at first, then as many outputs of 0.0."""
    initial = np.zeros(3 * count, np.int8)
    initial[2 * count :] = zero_point
    tensor = Tensor(
        len(graph.tensors),
        hidden.name,
        initial.shape,
        "int8",
        state=True,
        initial=initial if zero_point else None,
    )
    graph.tensors.append(tensor)
    return tensor


def _lower_svdf(graph: Graph, operator: Operator) -> Lowered:
    """PrepareSvdf in svdf_common.cc."""
    if len(operator.inputs) != 5:
        raise CommandError(f"it has {len(operator.inputs)} inputs; 5 are needed here")
    source, weights, time, bias, state = inputs(graph, operator, 3, 5)
    assert source is not None and weights is not None and time is not None
    if state is None:
        raise CommandError("it has no state; one is needed here")
    target = output(graph, operator)
    for tensor in (source, weights, time):
        check_rank(tensor, 2)
    (batches, depth), filters, memory = source.shape, weights.shape[0], time.shape[1]
    rank = operator.options["rank"]
    if rank < 1 or filters % rank or not filters:
        raise CommandError(f"its rank {rank} does not divide its {filters} filters")
    check_shape(weights, (filters, depth))
    check_shape(time, (filters, memory))
    check_shape(target, (batches, filters // rank))
    check_shape(state, (batches, memory * filters))
    _check_state(graph, operator, state)
    check_dtype(state, "int8", "int16")
    wide = state.dtype == "int16"
    check_dtype(time, state.dtype)
    given, result, kept = quantized(source), quantized(target), quantized(state, state.dtype)
    for tensor in (weights, time):
        quantized(tensor, tensor.dtype)
        check_symmetric(tensor)
    if wide and kept.zero_point:
        raise CommandError(f"{label(state)} has a zero point of {kept.zero_point}; 0 is needed")
    weights_scale, time_scale = quantized(weights).scale, quantized(time, time.dtype).scale
    # in float32, as tflite-micro has it
    feature = multiplier_of(float(given.scale * weights_scale / kept.scale))
    total = multiplier_of(float(kept.scale * time_scale / result.scale))
    params = {
        "batches": batches,
        "depth": depth,
        "filters": filters,
        "rank": rank,
        "memory": memory,
        "wide": int(wide),
        "state_zero_point": kept.zero_point,
        "output_offset": result.zero_point,
        "feature_multiplier": feature[0],
        "feature_shift": feature[1],
        "output_multiplier": total[0],
        "output_shift": total[1],
    }
    blocks = -(-filters // ROWS)
    filled = np.zeros((blocks * ROWS, depth), np.int8)
    filled[:filters] = constant(weights, "int8")
    data: dict[str, npt.NDArray[np.generic]] = {
        "weights": in_groups(filled.reshape(blocks, ROWS, depth)),
        "start": (-given.zero_point * filled.astype(np.int64).sum(axis=1)).astype(np.int32),
        "time": np.ascontiguousarray(constant(time, time.dtype)).view(np.int8),
        "bias": bias_of(bias, filters // rank),
    }
    if wide:
        shape = (batches, 2 * memory * filters)
        state = Tensor(len(graph.tensors), state.name, shape, "int8", state=True)
        graph.tensors.append(state)
    return [call(operator, "svdf_s8", params, data, inputs=(source.index, state.index))]


PAGES = {
    "SVDF": Page(_lower_svdf, ("SVDFOptions", {"rank": int, **FUSED})),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": Page(
        _lower_lstm,
        (
            "UnidirectionalSequenceLSTMOptions",
            {**FUSED, "cell_clip": float, "time_major": bool},
        ),
    ),
}
