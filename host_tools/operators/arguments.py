"""An operator's tensors, with the checks that every operator needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor


class OtherShape(CommandError):
    """A tensor, an index, has not the shape that follows from the other tensors."""

    def __init__(self, tensor: Tensor, shape: tuple[int, ...]) -> None:
        self.tensor, self.shape = tensor.index, shape
        super().__init__(
            f"{label(tensor)} has shape {list(tensor.shape)}, but {list(shape)} follows from "
            "the operator's inputs"
        )


@dataclass
class Scale:
    """The one scale (float32) and zero point of a tensor."""

    scale: np.float32
    zero_point: int


def label(tensor: Tensor) -> str:
    """How messages call a tensor."""
    return f"tensor {tensor.index} ({tensor.name})" if tensor.name else f"tensor {tensor.index}"


def inputs(graph: Graph, operator: Operator, least: int, most: int) -> list[Tensor | None]:
    """The input tensors, filled up with None to `most`; only those past `least` may be absent."""
    found = [graph.tensors[index] if index >= 0 else None for index in operator.inputs]
    if not least <= len(found) <= most or None in found[:least]:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise CommandError(f"it has {len(operator.inputs)} inputs; {wanted} are needed")
    return found + [None] * (most - len(found))


def required(graph: Graph, operator: Operator, count: int) -> list[Tensor]:
    """The input tensors of an operator that has exactly `count`."""
    return [tensor for tensor in inputs(graph, operator, count, count) if tensor is not None]


def output(graph: Graph, operator: Operator) -> Tensor:
    """The only output tensor."""
    if len(operator.outputs) != 1:
        raise CommandError(f"it has {len(operator.outputs)} outputs; 1 is needed")
    return graph.tensors[operator.outputs[0]]


def check_dtype(tensor: Tensor, *allowed: str) -> None:
    """Raises CommandError unless the tensor's type is one of `allowed`."""
    if tensor.dtype not in allowed:
        raise CommandError(
            f"{label(tensor)} is {tensor.dtype}; {' or '.join(allowed)} is needed here"
        )


def is_left(graph: Graph, target: Tensor) -> bool:
    """Whether nobody reads an output of several; a quantizer gives such a one no scale."""
    if target.quantization is not None or target.index in graph.outputs:
        return False
    return not any(target.index in operator.inputs for operator in graph.operators)


def check_rank(tensor: Tensor, rank: int) -> None:
    """Raises CommandError unless the tensor has `rank` dimensions."""
    if len(tensor.shape) != rank:
        raise CommandError(
            f"{label(tensor)} has shape {list(tensor.shape)}; {rank} dimensions are needed"
        )


def check_shape(tensor: Tensor, shape: tuple[int, ...]) -> None:
    """Raises OtherShape unless the tensor has `shape`, which follows from the other tensors."""
    if tensor.shape != shape:
        raise OtherShape(tensor, shape)


def quantized(tensor: Tensor, *dtypes: str) -> Scale:
    """The scale of a tensor of one of `dtypes` (int8 by default) with a single scale."""
    check_dtype(tensor, *(dtypes or ("int8",)))
    if tensor.quantization is None:
        raise CommandError(f"{label(tensor)} has no scale; a quantized tensor is needed here")
    if len(tensor.quantization.scale) != 1:
        raise CommandError(f"{label(tensor)} has a scale for each channel; one is supported here")
    return Scale(tensor.quantization.scale[0], int(tensor.quantization.zero_point[0]))


def constant(tensor: Tensor, *dtypes: str) -> npt.NDArray[np.generic]:
    """The values of a constant of one of `dtypes`."""
    check_dtype(tensor, *dtypes)
    if tensor.data is None:
        raise CommandError(f"{label(tensor)} is computed by the model; it must be a constant")
    return tensor.data


def integers(tensor: Tensor) -> list[int]:
    """The values of a constant of int32 or int64, such as a shape or axes."""
    return [int(value) for value in constant(tensor, "int32", "int64").reshape(-1)]


def axis_of(value: int, rank: int) -> int:
    """An axis from 0, of one that may count from the end."""
    if not -rank <= value < rank:
        raise CommandError(f"axis {value} does not fit {rank} dimensions")
    return value % rank


def check_same_quantization(source: Tensor, target: Tensor) -> None:
    """Raises CommandError unless both have one type and, where it is 8-bit, one quantization.

    tflite-micro's operators that only move values do not look, and move the bytes.
    """
    check_dtype(target, source.dtype)
    if source.dtype not in ("int8", "uint8"):
        return
    given, result = quantized(source, source.dtype), quantized(target, source.dtype)
    if given != result:
        raise CommandError(
            f"{label(source)} and {label(target)} differ in scale or zero point "
            f"({given.scale:g}, {given.zero_point} and {result.scale:g}, {result.zero_point}), "
            "but the operator only moves values"
        )
