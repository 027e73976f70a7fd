"""The one error for all operators of a model that cannot be packed, as short as is useful."""

from __future__ import annotations

import re
from collections.abc import Sequence

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.operators import OPERATORS
from host_tools.operators.arguments import label
from host_tools.tensor_text import short_name
from host_tools.text import plain

Refused = list[tuple[Operator, CommandError]]

QUANTIZE = "docs/quantize.md"


def refusal(graph: Graph, refused: Refused) -> CommandError:
    """One error for `refused`: a line for each kind of operator and reason, with their number.

    Its text has {path} where the model's belongs. Of a model that is not int8 at all, only the
    operators that int8 would not help are listed.
    """
    computed = _computed_types(graph)
    if "int8" not in computed:
        unknown = [entry for entry in refused if entry[0].kind not in OPERATORS]
        cure = f"convert it with int8 post-training quantization: {QUANTIZE} says how"
        if computed == ["float32"] and not _has_quantized_weights(graph):
            cure = (
                "`host_tools quantize {path} --calibrate FOLDER -o int8.tflite` quantizes it, "
                f"with samples of its inputs in FOLDER: {QUANTIZE}"
            )
        sentence = (
            f"the model is not quantized to int8: it computes in {' and '.join(computed)}; {cure}"
        )
        if not unknown:
            return CommandError(sentence)
        return listed(graph, unknown, f"{sentence}; besides, ")
    asked = any(_asks_for_int8(str(error)) for _, error in refused)
    more = [f"how to quantize all of a model: {QUANTIZE}"] * asked
    return listed(graph, refused, more=more)


def listed(
    graph: Graph, refused: Refused, before: str = "", more: Sequence[str] = ()
) -> CommandError:
    """How many operators are refused, and a line for each kind and reason."""
    count = "1 operator" if len(refused) == 1 else f"{len(refused)} operators"
    lines = [f"  {plain(line)}" for line in (*_lines(graph, refused), *more)]
    return CommandError(f"{before}{count} cannot be packed:", "\n".join(lines))


def unsupported(kind: str) -> CommandError:
    """The error for an operator without a page."""
    code = kind.removeprefix("CUSTOM:")
    if code == kind:
        return CommandError("this operator is not supported")
    if code.startswith("Flex"):
        return CommandError(
            "TensorFlow itself would have to run it: convert the model without SELECT_TF_OPS"
        )
    if code == "TFLite_Detection_PostProcess":
        return CommandError(
            "it sorts out boxes after the network: end the network at its inputs, and do that in "
            "Python"
        )
    return CommandError(
        "this custom operator is not supported: convert the model without it; where a compiler "
        "for another processor wrote it, take the .tflite file before that step"
    )


def _asks_for_int8(text: str) -> bool:
    return re.search(r" is (float\d+|int16|int4|u?int8); |has no scale", text) is not None


def _computed_types(graph: Graph) -> list[str]:
    """The types of the inputs and of what operators compute; weights do not count."""
    computed = {index for operator in graph.operators for index in operator.outputs}
    return sorted({graph.tensors[index].dtype for index in computed.union(graph.inputs)})


def _has_quantized_weights(graph: Graph) -> bool:
    return any(t.data is not None and t.quantization is not None for t in graph.tensors)


def _lines(graph: Graph, refused: Refused) -> list[str]:
    """A line for each kind and reason, whatever tensors and numbers it names, in order."""
    alike: dict[tuple[str, str], Refused] = {}
    for operator, error in refused:
        alike.setdefault((operator.kind, _reason(graph, operator, str(error))), []).append(
            (operator, error)
        )
    lines = []
    for (kind, _), entries in alike.items():
        operator, error = entries[0]
        first = "the first: " if len(entries) > 1 else ""
        output = short_name(graph.tensors[operator.outputs[0]].name) if operator.outputs else ""
        lines.append(
            f"{len(entries)} x {kind}: {error} ({first}operator {operator.index}, "
            f"output '{output}')"
        )
    return lines


def _reason(graph: Graph, operator: Operator, text: str) -> str:
    """`text` without what differs from operator to operator: its tensors and their numbers."""
    for index in {*operator.inputs, *operator.outputs} - {-1}:
        text = text.replace(label(graph.tensors[index]), "tensor")
    return re.sub(r"\d[\d.e+-]*", "#", text)
