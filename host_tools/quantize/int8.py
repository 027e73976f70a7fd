"""Makes the int8 .tflite of a float32 one and the ranges of its tensors, by litert-quantizer.

Weights are int8, symmetric, with a scale for each channel; what the network computes is int8 with
one scale and zero point for each tensor.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping

import numpy as np

from host_tools.errors import CommandError
from host_tools.graph import Graph
from host_tools.operators import OPERATORS
from host_tools.operators.floats import FLOATS
from host_tools.operators.shapes import FOLDED
from host_tools.plan.image_tables import Range
from host_tools.plan.refusal import Refused, listed, unsupported
from host_tools.quantize.litert import quiet
from host_tools.quantize.repeated import shared_ranges
from host_tools.quantize.sources import missing
from host_tools.tflite.tensors import exact_names

# litert-quantizer's name of what we make; another one has activations of 16 bits
RECIPE = "static_wi8_ai8"
PACKAGES = ("litert_quantizer", "ai_edge_quantizer")
PARTS = ("quantizer", "recipe")


def check_float(graph: Graph) -> None:
    """Raises CommandError unless the graph is one that int8 can be made of.

    That is: it computes in float32, from float32 weights, by operators that a board can run.
    """
    weights = {t.dtype for t in graph.tensors if t.data is not None and t.data.ndim > 1}
    computes = {graph.tensors[i].dtype for op in graph.operators for i in op.outputs}
    if "int8" in computes:
        raise CommandError(
            "it is quantized to int8 already: `host_tools pack-model` takes it as it is"
        )
    stored = sorted(weights & {"int8", "uint8", "int4", "float16"})
    if stored:
        raise CommandError(
            f"its weights are {', '.join(stored)} already: give the float32 network that it was "
            "made of"
        )
    if "float32" not in computes:
        raise CommandError(f"it computes in {', '.join(sorted(computes))}; float32 is needed")
    known = {*OPERATORS, *FLOATS, *FOLDED}
    refused: Refused = [
        (operator, unsupported(operator.kind))
        for operator in graph.operators
        if operator.kind not in known
    ]
    if refused:
        raise listed(graph, refused)


def quantize(model: bytes, graph: Graph, ranges: Mapping[int, Range]) -> bytes:
    """The int8 .tflite of a float32 one. `ranges`: of each computed tensor, by its index.

    Raises CommandError with the quantizer's reason where it cannot.
    """
    with quiet():
        quantizer, recipe = (importlib.import_module(f"{package()}.{name}") for name in PARTS)
    by_name = {}
    names = exact_names(model)
    for index, (low, high) in shared_ranges(graph, ranges).items():
        shape = (1,) * len(graph.tensors[index].shape)
        by_name[names[index]] = {
            "min": np.full(shape, low, np.float32),
            "max": np.full(shape, high, np.float32),
        }
    try:
        with quiet():
            given = bytearray(_with_new_codes(model))
            make = quantizer.Quantizer(given, getattr(recipe, RECIPE)())
            made = make.quantize(by_name)
    except Exception as error:  # it has no list of what it raises
        reason = str(error).partition("\n")[0]
        raise CommandError(f"{package()} cannot quantize it: {reason}") from error
    return bytes(made.quantized_model)


def _with_new_codes(model: bytes) -> bytes:
    """The model with its operators' codes where the quantizer looks for them.

    What TensorFlow wrote before 2.4 has them in an older field alone: all would pass for ADD.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    content = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    old = [code for code in content.operatorCodes if code.builtinCode < code.deprecatedBuiltinCode]
    if not old:
        return model
    for code in old:
        code.builtinCode = code.deprecatedBuiltinCode
    builder = flatbuffers.Builder(len(model))
    builder.Finish(content.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def package() -> str:
    """The quantizer's package, of which onnx2tf lives only with an older one, of another name.

    Raises CommandError, with the command that installs it, where neither is there.
    """
    for name in PACKAGES:
        if importlib.util.find_spec(name):
            return name
    raise missing("quantizing", PACKAGES[0], "quantize")
