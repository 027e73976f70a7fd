"""Lets convolutions pad for themselves: a PAD before them then costs neither time nor RAM."""

from __future__ import annotations

from typing import Any

from host_tools.graph import Graph
from host_tools.plan_types import PlanOperator


def fold_pads(
    graph: Graph, operators: list[PlanOperator], views: dict[int, int]
) -> list[PlanOperator]:
    """The operators without each PAD that all its readers can do in its place, to the same bits.

    A convolution pads with its input's zero point above and on the left as told, and to the right
    and below as far as its output needs. Tensor indices are the graph's.
    """
    kept = list(operators)
    for pad in operators:
        if pad.name not in ("PAD", "PADV2") or pad.kernel != "copy":
            continue
        readers = [operator for operator in kept if pad.output in operator.inputs]
        if pad.output in graph.outputs or pad.output in views.values():
            continue
        if graph.tensors[pad.inputs[0]].state:
            continue  # it may have changed when they run
        if not readers or not all(_foldable(graph, pad, reader) for reader in readers):
            continue
        above, left = _padding(graph, pad)
        for reader in readers:
            reader.inputs = pad.inputs
            reader.params["pad_top"] += above
            reader.params["pad_left"] += left
        kept.remove(pad)
    return kept


def _padding(graph: Graph, pad: PlanOperator) -> tuple[int, int]:
    """Rows above and columns on the left, from where the copy starts in the padded NHWC tensor."""
    _, _, width, channels = graph.tensors[pad.output].shape
    return divmod(pad.params["output_start"] // channels, width)


def _foldable(graph: Graph, pad: PlanOperator, reader: PlanOperator) -> bool:
    if reader.kernel not in ("conv_s8", "depthwise_conv_s8"):
        return False
    source, padded = graph.tensors[pad.inputs[0]].shape, graph.tensors[pad.output].shape
    if len(source) != 4 or source[0] != padded[0] or source[3] != padded[3]:
        return False
    params = reader.params
    if pad.params["fill_value"] != -params["input_offset"]:
        return False
    # CMSIS-NN's kernels for 1x1 and for one row take no padding, or only that of SAME
    if params["kernel_h"] == params["kernel_w"] == 1 or source[1] == params["kernel_h"] == 1:
        return False
    output = graph.tensors[reader.output].shape
    above, left = _padding(graph, pad)
    return _touches(params, "h", above, source[1], output[1]) and _touches(
        params, "w", left, source[2], output[2]
    )


def _touches(params: dict[str, Any], side: str, more: int, size: int, count: int) -> bool:
    """Whether each window still has an element of the input along one side."""
    pad = params["pad_top" if side == "h" else "pad_left"] + more
    dilation = params[f"dilation_{side}"]
    end_of_first = (params[f"kernel_{side}"] - 1) * dilation - pad
    start_of_last = (count - 1) * params[f"stride_{side}"] - pad
    # steps of at most `size` cannot miss the input
    return dilation <= size and end_of_first >= 0 and start_of_last < size
