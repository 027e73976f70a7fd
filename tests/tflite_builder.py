"""Builds small .tflite models for tests, through the flatbuffers and tflite packages.

`ModelBuilder` collects a Graph tensor by tensor; `build` turns any Graph into the bytes of a file.
Nothing is checked, so that broken models can be built too.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
import tflite

from host_tools.graph import Graph, Operator, Quantization, Tensor
from host_tools.operators import OPERATORS

# which options table goes with an operator, where neither its page nor its name says so
OPTIONS_OF = {
    "PADV2": "PadV2Options",
    "LOGISTIC": None,
    "TANH": None,
    "RELU": None,
    "RELU6": None,
    "RELU_N1_TO_1": None,
}

ENUM_OF = {
    "mode": tflite.MirrorPadMode,
    "padding": tflite.Padding,
    "fused_activation_function": tflite.ActivationFunctionType,
    "weights_format": tflite.FullyConnectedOptionsWeightsFormat,
}


class ModelBuilder:
    """A model in the making: tensors first, then operators in running order."""

    def __init__(self, name: str = "built") -> None:
        self.graph = Graph(name, [], [], (), ())

    def tensor(
        self,
        shape: Sequence[int],
        dtype: str = "int8",
        scale: float | Sequence[float] | None = None,
        zero_point: int | Sequence[int] = 0,
        *,
        axis: int = 0,
        data: Any = None,
        name: str | None = None,
        open: bool = False,
        state: bool = False,
    ) -> int:
        """Adds a tensor (a constant where `data` is given) and returns its index.

        With `open`, the file does not say the sizes that `shape` has as 1. A `state` is what the
        file calls a variable.
        """
        index = len(self.graph.tensors)
        quantization = None
        if scale is not None:
            scales = np.atleast_1d(np.asarray(scale, dtype=np.float32))
            points = np.broadcast_to(np.asarray(zero_point, dtype=np.int64), scales.shape)
            quantization = Quantization(scales, points.copy(), axis)
        if data is not None:
            data = np.asarray(data, dtype=dtype).reshape(shape)
        self.graph.tensors.append(
            Tensor(
                index,
                name or f"tensor_{index}",
                tuple(shape),
                dtype,
                quantization,
                data,
                open,
                state,
            )
        )
        return index

    def constant(self, values: Any, dtype: str = "int32") -> int:
        """Adds a constant without quantization, such as a shape or axes."""
        array = np.asarray(values, dtype=dtype)
        return self.tensor(array.shape, dtype, data=array)

    def operator(
        self,
        kind: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        version: int = 1,
        **options: Any,
    ) -> None:
        """Adds an operator; enums among `options` are given by name."""
        self.graph.operators.append(
            Operator(
                len(self.graph.operators), kind, version, tuple(inputs), tuple(outputs), options
            )
        )

    def variable(self, name: str) -> int:
        """A handle of a variable, by VAR_HANDLE."""
        handle = self.tensor([], "resource", name=name)
        self.operator("VAR_HANDLE", [], [handle], container="", shared_name=name)
        return handle

    def build(
        self, inputs: Sequence[int], outputs: Sequence[int], others: Sequence[Graph] = ()
    ) -> bytes:
        """The bytes of the model with these inputs and outputs; see `build` for the others."""
        self.graph.inputs, self.graph.outputs = tuple(inputs), tuple(outputs)
        return build(self.graph, others)


def build(graph: Graph, others: Sequence[Graph] = (), *, external_buffers: bool = False) -> bytes:
    """The .tflite file of a graph; with `external_buffers` the constants follow the flatbuffer.

    `others` are subgraphs behind the first one. States are variable tensors.
    """
    if others:
        return _assemble([graph, *others], {}, False)
    data = _assemble([graph], {}, external_buffers)
    if not external_buffers:
        return data
    # offsets have a fixed width, so a second pass with the true ones has the same size
    places, parts, end = {}, [], len(data)
    for tensor in graph.tensors:
        if tensor.data is not None:
            end += -end % 16
            places[tensor.index] = end
            end += tensor.data.nbytes
    data = _assemble([graph], places, True)
    parts = bytearray(data)
    for index, place in places.items():
        parts += b"\0" * (place - len(parts)) + graph.tensors[index].data.tobytes()
    return bytes(parts)


def _assemble(graphs: Sequence[Graph], places: dict[int, int], external: bool) -> bytes:
    builder = flatbuffers.Builder(1024)
    buffers = [_buffer(builder, None)]
    codes: dict[tuple[str, int], int] = {}
    subgraphs = [_subgraph(builder, graph, buffers, codes, places, external) for graph in graphs]
    code_tables = [_code(builder, kind, version) for kind, version in codes]
    subgraph_vector = _offsets(builder, subgraphs)
    code_vector = _offsets(builder, code_tables)
    buffer_vector = _offsets(builder, buffers)
    description = builder.CreateString(graphs[0].name)
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddOperatorCodes(builder, code_vector)
    tflite.ModelAddSubgraphs(builder, subgraph_vector)
    tflite.ModelAddDescription(builder, description)
    tflite.ModelAddBuffers(builder, buffer_vector)
    builder.Finish(tflite.ModelEnd(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _subgraph(
    builder: flatbuffers.Builder,
    graph: Graph,
    buffers: list[int],
    codes: dict[tuple[str, int], int],
    places: dict[int, int],
    external: bool,
) -> int:
    """A subgraph, whose constants and kinds of operators join those of the others."""
    tensors = []
    for tensor in graph.tensors:
        number = 0
        if tensor.data is not None:
            number = len(buffers)
            if external:
                place = (places.get(tensor.index, 1 << 40), tensor.data.nbytes)
                buffers.append(_buffer(builder, None, place))
            else:
                buffers.append(_buffer(builder, tensor.data.tobytes()))
        tensors.append(_tensor(builder, tensor, number))
    operators = []
    for operator in graph.operators:
        code = codes.setdefault((operator.kind, operator.version), len(codes))
        operators.append(_operator(builder, operator, code))

    vectors = [
        _offsets(builder, tensors),
        builder.CreateNumpyVector(np.asarray(graph.inputs, dtype=np.int32)),
        builder.CreateNumpyVector(np.asarray(graph.outputs, dtype=np.int32)),
        _offsets(builder, operators),
        builder.CreateString("main"),
    ]
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, vectors[0])
    tflite.SubGraphAddInputs(builder, vectors[1])
    tflite.SubGraphAddOutputs(builder, vectors[2])
    tflite.SubGraphAddOperators(builder, vectors[3])
    tflite.SubGraphAddName(builder, vectors[4])
    return int(tflite.SubGraphEnd(builder))


def _offsets(builder: flatbuffers.Builder, tables: list[int]) -> int:
    builder.StartVector(4, len(tables), 4)
    for table in reversed(tables):
        builder.PrependUOffsetTRelative(table)
    return builder.EndVector()


def _buffer(
    builder: flatbuffers.Builder, data: bytes | None, place: tuple[int, int] | None = None
) -> int:
    vector = 0
    if data is not None:
        # the data starts at a multiple of 16, as the schema demands
        builder.StartVector(1, len(data), 16)
        builder.head -= len(data)
        builder.Bytes[builder.head : builder.head + len(data)] = data
        vector = builder.EndVector()
    tflite.BufferStart(builder)
    if data is not None:
        tflite.BufferAddData(builder, vector)
    if place is not None:
        tflite.BufferAddOffset(builder, place[0])
        tflite.BufferAddSize(builder, place[1])
    return tflite.BufferEnd(builder)


def _tensor(builder: flatbuffers.Builder, tensor: Tensor, buffer: int) -> int:
    name = builder.CreateString(tensor.name)
    shape = builder.CreateNumpyVector(np.asarray(tensor.shape, dtype=np.int32))
    signature = None
    if tensor.open:
        sizes = [-1 if size == 1 else size for size in tensor.shape]
        signature = builder.CreateNumpyVector(np.asarray(sizes, np.int32))
    quantization = None
    if tensor.quantization is not None:
        scale = builder.CreateNumpyVector(np.asarray(tensor.quantization.scale, np.float32))
        zero_point = builder.CreateNumpyVector(
            np.asarray(tensor.quantization.zero_point, np.int64)
        )
        tflite.QuantizationParametersStart(builder)
        tflite.QuantizationParametersAddScale(builder, scale)
        tflite.QuantizationParametersAddZeroPoint(builder, zero_point)
        tflite.QuantizationParametersAddQuantizedDimension(builder, tensor.quantization.axis)
        quantization = tflite.QuantizationParametersEnd(builder)
    tflite.TensorStart(builder)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddType(builder, getattr(tflite.TensorType, tensor.dtype.upper()))
    tflite.TensorAddBuffer(builder, buffer)
    tflite.TensorAddName(builder, name)
    if quantization is not None:
        tflite.TensorAddQuantization(builder, quantization)
    if signature is not None:
        tflite.TensorAddShapeSignature(builder, signature)
    tflite.TensorAddIsVariable(builder, tensor.state)
    return tflite.TensorEnd(builder)


def _code(builder: flatbuffers.Builder, kind: str, version: int) -> int:
    custom = None
    if kind.startswith("CUSTOM:"):
        custom = builder.CreateString(kind.removeprefix("CUSTOM:"))
        kind = "CUSTOM"
    number = getattr(tflite.BuiltinOperator, kind)
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(number, 127))
    tflite.OperatorCodeAddBuiltinCode(builder, number)
    tflite.OperatorCodeAddVersion(builder, version)
    if custom is not None:
        tflite.OperatorCodeAddCustomCode(builder, custom)
    return tflite.OperatorCodeEnd(builder)


def _operator(builder: flatbuffers.Builder, operator: Operator, code: int) -> int:
    inputs = builder.CreateNumpyVector(np.asarray(operator.inputs, dtype=np.int32))
    outputs = builder.CreateNumpyVector(np.asarray(operator.outputs, dtype=np.int32))
    table, options = _options(builder, operator)
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, code)
    tflite.OperatorAddInputs(builder, inputs)
    tflite.OperatorAddOutputs(builder, outputs)
    if table:
        tflite.OperatorAddBuiltinOptionsType(builder, getattr(tflite.BuiltinOptions, table))
        tflite.OperatorAddBuiltinOptions(builder, options)
    return tflite.OperatorEnd(builder)


def _options(builder: flatbuffers.Builder, operator: Operator) -> tuple[str | None, int]:
    default = "".join(part.capitalize() for part in operator.kind.split("_")) + "Options"
    page = OPERATORS.get(operator.kind)
    table = page.options[0] if page and page.options else OPTIONS_OF.get(operator.kind, default)
    if table is None or not hasattr(tflite.BuiltinOptions, table):
        return None, 0
    module = importlib.import_module(f"tflite.{table}")
    values = {}
    for field, value in operator.options.items():
        if field in ("container", "shared_name"):
            value = builder.CreateString(value)
        elif isinstance(value, str):
            enum = ENUM_OF.get(field, tflite.TensorType)
            value = getattr(enum, value)
        elif isinstance(value, (list, tuple)):
            value = builder.CreateNumpyVector(np.asarray(value, dtype=np.int32))
        values[field] = value
    module.Start(builder)
    for field, value in values.items():
        camel = "".join(part.capitalize() for part in field.split("_"))
        getattr(module, f"Add{camel}")(builder, value)
    return table, module.End(builder)
