"""Reads a .tflite file into a Graph, and trusts nothing in it.

What a file says is checked as far as a Graph must hold together: indices, sizes, quantization,
running order. Whether an operator is supported, or its shapes fit, is not decided here.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Callable
from pathlib import Path

import flatbuffers
import numpy as np
import numpy.typing as npt
from flatbuffers.number_types import Int32Flags
from tflite.Model import Model
from tflite.OperatorCode import OperatorCode
from tflite.SubGraph import SubGraph

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.tflite.options import OPERATOR, read_options
from host_tools.tflite.other_files import check_not_compiled, folder_phrase, what_it_is
from host_tools.tflite.tensors import TensorReader, text
from host_tools.tflite.variables import Initializer, resolve_variables

MAX_FILE = 256 << 20
MAX_TENSORS = 4096
MAX_OPERATORS = 4096
MAX_ARGUMENTS = 1024
# where an OperatorCode's table of offsets has that of its fourth field, builtin_code
BUILTIN_CODE = 10

# why operators that run other subgraphs are refused
CONTROL_FLOW = {
    "IF": "an IF chooses between subgraphs as it runs: convert the model without it",
    "WHILE": "a WHILE runs a recurrent layer in a loop, which a plan cannot hold: export it "
    "unrolled, with a fixed number of steps: in Keras GRU(..., unroll=True), in PyTorch a loop of "
    "GRUCell in forward() (docs/recurrent.md)",
}

# what the flatbuffers package raises where an offset leads out of the file
BROKEN = (struct.error, TypeError, ValueError, IndexError, OverflowError)


def read_model(source: str | Path | bytes, name: str | None = None) -> Graph:
    """The graph of a .tflite model, from a path or from the file's bytes.

    `name` is the network's; by default the file's name without suffix, or "model". Constants are
    read-only views of the file's bytes. Raises CommandError for anything but a whole and
    consistent model: it names the file, the place and what was found there.
    """
    if isinstance(source, bytes):
        label = name or "model"
        data = source
    else:
        label = str(source)
        data = _read_file(Path(source))
        name = name or Path(source).stem
    if len(data) < 8 or data[4:8] != b"TFL3":
        found = what_it_is(data, label)
        raise CommandError(f"{label}: not a TensorFlow Lite model: {found}")
    reader = _Reader(data)
    try:
        return reader.graph(name or "model")
    except CommandError as error:
        raise CommandError(f"{label}: {error}") from error
    except BROKEN as error:
        raise CommandError(
            f"{label}: {reader.place} cannot be read: the file is cut short or damaged ({error})"
        ) from error


def _read_file(path: Path) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode) and (found := folder_phrase(path)):
            raise CommandError(f"{path}: not a TensorFlow Lite model: {found}")
        if not stat.S_ISREG(status.st_mode):
            raise CommandError(f"{path}: not a file: give a .tflite model")
        if status.st_size > MAX_FILE:
            raise CommandError(
                f"{path}: {status.st_size} bytes are too many for a model: "
                f"at most {MAX_FILE} are read"
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CommandError(f"{path}: cannot be read: {reason}") from error


class _Reader:
    """Reads one model; `place` says where, for errors."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = "the model"

    def graph(self, name: str) -> Graph:
        model = Model.GetRootAs(self.data)
        self._check_not_compiled(model)
        if model.Version() != 3:
            raise CommandError(f"the schema version is {model.Version()}; only 3 is known")
        if model.SubgraphsLength() < 1:
            raise CommandError(_wrong_subgraphs(model))
        subgraph = model.Subgraphs(0)
        tensors = self._tensors(model, subgraph)
        self.place = "the list of inputs"
        inputs = _indices(
            subgraph.InputsLength(), subgraph.InputsAsNumpy, tensors, "the model's inputs"
        )
        self.place = "the list of outputs"
        outputs = _indices(
            subgraph.OutputsLength(), subgraph.OutputsAsNumpy, tensors, "the model's outputs"
        )
        operators = self._operators(model, subgraph, tensors)
        _check_order(tensors, operators, inputs, outputs)
        initializers = self._initializers(model, operators)
        operators = resolve_variables(tensors, operators, initializers)
        return Graph(name, tensors, operators, inputs, outputs)

    def _initializers(self, model: Model, operators: list[Operator]) -> list[Initializer]:
        """The subgraphs that CALL_ONCE runs. Raises CommandError where there are others."""
        numbers = {
            int(operator.options["init_subgraph_index"])
            for operator in operators
            if operator.kind == "CALL_ONCE"
        }
        run = {number for number in numbers if 0 < number < model.SubgraphsLength()}
        others = model.SubgraphsLength() - 1 - len(run)  # A damaged file may say billions.
        loops = {operator.kind for operator in operators} & set(CONTROL_FLOW)
        if loops:
            raise CommandError(CONTROL_FLOW[max(loops)])
        if others:
            raise CommandError(_wrong_subgraphs(model))
        initializers = []
        for number in sorted(numbers):
            if not 0 < number < model.SubgraphsLength():
                raise CommandError(
                    f"CALL_ONCE runs subgraph {number}, but the model has "
                    f"{model.SubgraphsLength()}"
                )
            subgraph = model.Subgraphs(number)
            tensors = self._tensors(model, subgraph)
            initializers.append(Initializer(tensors, self._operators(model, subgraph, tensors)))
        return initializers

    def _check_not_compiled(self, model: Model) -> None:
        # before anything else: compilers leave tensors that only they understand
        self.place = "the list of operator codes"
        for number in range(min(model.OperatorCodesLength(), MAX_OPERATORS)):
            check_not_compiled(_operator_code(model.OperatorCodes(number))[0])
        self.place = "the model"

    def _tensors(self, model: Model, subgraph: SubGraph) -> list[Tensor]:
        count = subgraph.TensorsLength()
        if count > MAX_TENSORS:
            raise CommandError(f"the model has {count} tensors; at most {MAX_TENSORS} are read")
        reader = TensorReader(self.data, model)
        tensors = []
        for index in range(count):
            self.place = f"tensor {index}"
            table = subgraph.Tensors(index)
            tensors.append(reader.read(table, index))
            tensors[-1].state = bool(table.IsVariable())
        return tensors

    def _operators(
        self, model: Model, subgraph: SubGraph, tensors: list[Tensor]
    ) -> list[Operator]:
        count = subgraph.OperatorsLength()
        if count > MAX_OPERATORS:
            raise CommandError(
                f"the model has {count} operators; at most {MAX_OPERATORS} are read"
            )
        codes: dict[int, tuple[str, int]] = {}
        operators = []
        for index in range(count):
            self.place = f"operator {index}"
            operator = subgraph.Operators(index)
            number = operator.OpcodeIndex()
            if number not in codes:
                if number >= model.OperatorCodesLength():
                    raise CommandError(
                        f"operator {index} has code {number}, but the model lists "
                        f"{model.OperatorCodesLength()}"
                    )
                try:
                    codes[number] = _operator_code(model.OperatorCodes(number))
                except CommandError as error:
                    raise CommandError(f"operator {index}: {error}") from error
            kind, version = codes[number]
            self.place = where = f"operator {index} ({kind})"
            try:
                options = read_options(kind, operator)
            except ValueError as error:
                raise CommandError(f"{where}: {error}") from error
            operators.append(
                Operator(
                    index,
                    kind,
                    version,
                    _indices(
                        operator.InputsLength(),
                        operator.InputsAsNumpy,
                        tensors,
                        f"{where}: its inputs",
                        optional=True,
                    ),
                    _indices(
                        operator.OutputsLength(),
                        operator.OutputsAsNumpy,
                        tensors,
                        f"{where}: its outputs",
                    ),
                    options,
                )
            )
        return operators


def _wrong_subgraphs(model: Model) -> str:
    return (
        f"the model has {model.SubgraphsLength()} subgraphs; one is supported, besides those that "
        "CALL_ONCE runs"
    )


def _operator_code(code: OperatorCode) -> tuple[str, int]:
    # files from before 2020 have the number in the 8-bit field only, others in the 32-bit one
    number = max(_builtin_code(code), code.DeprecatedBuiltinCode())
    kind = OPERATOR.get(number, f"BUILTIN_{number}")
    if kind == "CUSTOM":
        kind = f"CUSTOM:{text(code.CustomCode())}"
    return kind, code.Version()


def _builtin_code(code: OperatorCode) -> int:
    """The 32-bit field as it is stored: code.BuiltinCode() gives the 8-bit one below 127."""
    table = flatbuffers.table.Table(code._tab.Bytes, code._tab.Pos)
    place = table.Offset(BUILTIN_CODE)
    return int(table.Get(Int32Flags, table.Pos + place)) if place else 0


def _indices(
    count: int,
    values: Callable[[], npt.NDArray[np.int32]],
    tensors: list[Tensor],
    where: str,
    optional: bool = False,
) -> tuple[int, ...]:
    """A vector of tensor indices; -1 is allowed where they are `optional`."""
    if count == 0:
        return ()
    if count > MAX_ARGUMENTS:
        raise CommandError(f"{where} are {count} tensors; at most {MAX_ARGUMENTS} are read")
    indices = tuple(int(index) for index in values())
    for index in indices:
        if not (-optional <= index < len(tensors)):
            raise CommandError(
                f"{where} name tensor {index}, but the model has {len(tensors)} tensors"
            )
    return indices


def _check_order(
    tensors: list[Tensor],
    operators: list[Operator],
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
) -> None:
    """Raises CommandError unless each tensor is written once, before it is read."""
    written = dict.fromkeys(inputs, "an input of the model")
    if len(written) != len(inputs):
        raise CommandError(f"the model's inputs {list(inputs)} name a tensor twice")
    for tensor in tensors:
        if tensor.index in written:
            if tensor.data is not None and tensor.data.size:
                raise CommandError(f"{_named(tensor)}: an input of the model has constant values")
            tensor.data = None
        elif tensor.data is not None and tensor.data.size:
            written[tensor.index] = "a constant"
    for operator in operators:
        where = f"operator {operator.index} ({operator.kind})"
        for index in operator.inputs:
            known = index in written or index < 0 or tensors[index].state
            # a custom operator's maker may know where from; nothing here runs it
            known |= operator.kind.startswith("CUSTOM:")
            if not known and tensors[index].data is None:
                raise CommandError(
                    f"{where} reads {_named(tensors[index])}, which nothing has written before"
                )
        for index in operator.outputs:
            if index in written:
                raise CommandError(
                    f"{where} writes {_named(tensors[index])}, which is {written[index]}"
                )
            written[index] = f"written by operator {operator.index} ({operator.kind})"
            tensors[index].data = None
    for index in outputs:
        if index not in written and not tensors[index].state and tensors[index].data is None:
            raise CommandError(f"the output {_named(tensors[index])} is never written")


def _named(tensor: Tensor) -> str:
    return f"tensor {tensor.index} ({tensor.name})" if tensor.name else f"tensor {tensor.index}"
