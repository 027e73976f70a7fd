"""The trunk: what a trained int8 .tflite computes before its classes, with weights in float32.

Weights are scale * (stored - zero point). It reads networks as models/cifar10 has them: a chain of
convolutions, maximum pooling and additions, then the mean of each channel or all values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from host_tools import tflite
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor

Floats = npt.NDArray[np.float32]

# top, bottom, left, right
Padding = tuple[int, int, int, int]
NO_PADDING: Padding = (0, 0, 0, 0)
BLACK = -128


@dataclass(frozen=True)
class Step:
    """One operator. `kind`: "conv", "pool" (the maximum), "add", "mean" or "flat".

    `inputs` and `output` are the file's tensor indices. Of a convolution, `weights` are [channels,
    channels of the input / groups, height, width] and `bias` [channels]. A pooling is `size` x
    `size`; with `ceil`, windows may reach over the right and lower edge.
    """

    kind: str
    inputs: tuple[int, ...]
    output: int
    weights: Floats | None = None
    bias: Floats | None = None
    groups: int = 1
    stride: int = 1
    padding: Padding = NO_PADDING
    size: int = 0
    ceil: bool = False
    activation: str = "NONE"


@dataclass(frozen=True)
class Trunk:
    """A picture [height, width, channels] of pixels 0 to 255 becomes `features` values."""

    name: str
    height: int
    width: int
    channels: int
    input: int
    steps: tuple[Step, ...]
    features: int


def read_trunk(path: Path) -> Trunk:
    """The trunk of a trained network. Raises CommandError, naming it, for one of another kind."""
    graph = tflite.read_model(path)
    try:
        return _trunk(graph, path.stem)
    except CommandError as error:
        raise CommandError(
            f"{path}: it cannot be a trunk: {error}; take a network of models/cifar10"
        ) from error


def _trunk(graph: Graph, name: str) -> Trunk:
    if len(graph.inputs) != 1:
        raise CommandError(f"it has {len(graph.inputs)} inputs; one picture is needed")
    given = graph.tensors[graph.inputs[0]]
    if len(given.shape) != 4 or given.shape[0] != 1 or given.shape[3] not in (1, 3):
        raise CommandError(
            f"its input is {list(given.shape)}; [1, height, width, 1 or 3] is needed"
        )
    pixels = given.quantization
    if given.dtype != "int8" or pixels is None or pixels.zero_point[0] != BLACK:
        raise CommandError("its input is not int8 with black as -128")
    steps: list[Step] = []
    padded: dict[int, tuple[int, Padding]] = {}
    for operator in graph.operators:
        if operator.kind == "FULLY_CONNECTED":
            break
        if operator.kind == "PAD":
            padded[operator.outputs[0]] = operator.inputs[0], _pads(graph, operator)
            continue
        read = _READERS.get(operator.kind)
        if read is None:
            raise CommandError(f"operator {operator.index} is {operator.kind}")
        steps.append(read(graph, operator, padded))
    else:
        raise CommandError("no fully connected layer ends it")
    if not steps or steps[-1].output != operator.inputs[0]:
        raise CommandError("its fully connected layer does not follow the mean or all values")
    first = [step for step in steps if given.index in step.inputs]
    if first != steps[:1] or first[0].kind != "conv":
        raise CommandError("it does not begin with one convolution")
    features = int(np.prod(graph.tensors[steps[-1].output].shape))
    steps[0] = _of_pixels(steps[0], float(pixels.scale[0]))
    return Trunk(name, *given.shape[1:], given.index, tuple(steps), features)


def _of_pixels(step: Step, scale: float) -> Step:
    """The first step for pixels of 0 to 255, whatever the input's values are for them."""
    assert step.weights is not None
    weights = (step.weights * np.float32(scale)).astype(np.float32)
    return Step(**{**step.__dict__, "weights": weights})


def _values(tensor: Tensor) -> Floats:
    """A constant's real values."""
    if tensor.data is None:
        raise CommandError(f"{tensor.name} is no constant")
    if tensor.quantization is None:
        return tensor.data.astype(np.float32)
    scale, zero_point = tensor.quantization.scale, tensor.quantization.zero_point
    sizes = [1] * tensor.data.ndim
    if len(scale) > 1:
        sizes[tensor.quantization.axis] = -1
    whole = tensor.data.astype(np.float32) - zero_point.reshape(sizes).astype(np.float32)
    return (whole * scale.reshape(sizes)).astype(np.float32)


def _pads(graph: Graph, operator: Operator) -> Padding:
    data = graph.tensors[operator.inputs[1]].data
    if data is None or data.shape != (4, 2) or data[[0, 3]].any():
        raise CommandError(f"operator {operator.index} pads more than height and width")
    (top, bottom), (left, right) = data[1:3].tolist()
    return top, bottom, left, right


def _same(graph: Graph, operator: Operator, size: Sequence[int]) -> Padding:
    """What SAME adds, as TensorFlow does: the odd pixel below and at the right."""
    if operator.options["padding"] != "SAME":
        return NO_PADDING
    strides = operator.options["stride_h"], operator.options["stride_w"]
    given = graph.tensors[operator.inputs[0]].shape[1:3]
    added = []
    for length, window, stride in zip(given, size, strides, strict=True):
        all_ = max(0, (-(-length // stride) - 1) * stride + window - length)
        added += [all_ // 2, all_ - all_ // 2]
    return added[0], added[1], added[2], added[3]


def _stride(operator: Operator) -> int:
    options = operator.options
    dilation = {options.get(f"dilation_{side}_factor", 1) for side in "hw"}
    if options["stride_h"] != options["stride_w"] or dilation != {1}:
        raise CommandError(
            f"operator {operator.index} ({operator.kind}) has a stride or dilation that is not "
            "the same both ways, or 1"
        )
    return int(options["stride_h"])


def _activation(operator: Operator) -> str:
    name = str(operator.options.get("fused_activation_function", "NONE"))
    if name not in ("NONE", "RELU", "RELU6"):
        raise CommandError(f"operator {operator.index} ({operator.kind}) has {name}")
    return name


Padded = dict[int, tuple[int, Padding]]


def _convolution(graph: Graph, operator: Operator, padded: Padded) -> Step:
    source, weights, bias = operator.inputs
    values = _values(graph.tensors[weights])
    groups = 1
    if operator.kind == "DEPTHWISE_CONV_2D":
        groups = graph.tensors[source].shape[3]
        values = values.transpose(3, 1, 2, 0)
    values = np.ascontiguousarray(values.transpose(0, 3, 1, 2))
    same = _same(graph, operator, values.shape[2:])
    source, before = padded.get(source, (source, NO_PADDING))
    top, bottom, left, right = (a + b for a, b in zip(same, before, strict=True))
    return Step(
        "conv",
        (source,),
        operator.outputs[0],
        values,
        _values(graph.tensors[bias]),
        groups,
        _stride(operator),
        (top, bottom, left, right),
        activation=_activation(operator),
    )


def _pool(graph: Graph, operator: Operator, padded: Padded) -> Step:
    size = operator.options["filter_height"], operator.options["filter_width"]
    top, bottom, left, right = _same(graph, operator, size)
    stride = _stride(operator)
    if size[0] != size[1] or top or left or operator.inputs[0] in padded:
        raise CommandError(f"operator {operator.index} pools windows that begin in a margin")
    return Step(
        "pool",
        operator.inputs[:1],
        operator.outputs[0],
        stride=stride,
        size=size[0],
        ceil=bool(bottom or right),
        activation=_activation(operator),
    )


def _add(graph: Graph, operator: Operator, padded: Padded) -> Step:
    a, b = operator.inputs
    if graph.tensors[a].shape != graph.tensors[b].shape or {a, b} & {*padded}:
        raise CommandError(f"operator {operator.index} adds tensors of different shapes")
    return Step("add", (a, b), operator.outputs[0], activation=_activation(operator))


def _mean(graph: Graph, operator: Operator, padded: Padded) -> Step:
    axes = graph.tensors[operator.inputs[1]].data
    if axes is None or sorted(axes.reshape(-1).tolist()) != [1, 2]:
        raise CommandError(f"operator {operator.index} takes the mean of something else")
    return Step("mean", operator.inputs[:1], operator.outputs[0])


def _flat(graph: Graph, operator: Operator, padded: Padded) -> Step:
    return Step("flat", operator.inputs[:1], operator.outputs[0])


_READERS: dict[str, Callable[[Graph, Operator, Padded], Step]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "MAX_POOL_2D": _pool,
    "ADD": _add,
    "MEAN": _mean,
    "RESHAPE": _flat,
}
