"""Writes a plan as a blob: the same plan gives the same bytes. Decides nothing."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Sequence

import numpy as np

from host_tools.audio.front_end import RECORD, FrontEnd
from host_tools.blob import layout
from host_tools.kernels import KERNELS
from host_tools.labels import Labels, by_output
from host_tools.plan_types import Plan, PlanOperator, PlanTensor
from host_tools.text import plain


class _Strings:
    """The strings part: each text once, equal labels apart, fit to be shown, zero-terminated."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self._places: dict[str, int] = {}
        self._labels: set[str] = set()

    def add_label(self, text: str) -> int:
        """A place that no label before has: labels are no longer than the strings."""
        if text in self._labels:
            del self._places[text]
        self._labels.add(text)
        return self.add(text)

    def add(self, text: str) -> int:
        if text not in self._places:
            self._places[text] = len(self.bytes)
            self.bytes += plain(text).encode() + b"\0"
        return self._places[text]


class _Output:
    """Bytes that grow; blocks of equal bytes are kept once."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self._places: dict[bytes, int] = {}

    def reserve(self, size: int, alignment: int = 4) -> int:
        start = self.align(alignment)
        self.bytes += bytes(size)
        return start

    def align(self, alignment: int) -> int:
        self.bytes += bytes(-len(self.bytes) % alignment)
        return len(self.bytes)

    def append(self, data: bytes) -> int:
        start = self.align(4)
        self.bytes += data
        return start

    def share(self, array: np.ndarray, dtype: str) -> int:
        """Where the block of `array`, little-endian and of `dtype`, starts."""
        data = np.ascontiguousarray(array, np.dtype(dtype).newbyteorder("<")).tobytes()
        if data not in self._places:
            self._places[data] = self.align(layout.DATA_ALIGNMENT)
            self.bytes += data
        return self._places[data]

    def put(self, start: int, data: bytes) -> None:
        self.bytes[start : start + len(data)] = data


def write_blob(plan: Plan, labels: Labels = ()) -> bytes:
    """The blob of `plan`, with a label for each element of the outputs that have some.

    `plan` must keep the limits of docs/blob-format.md; `make_plan` sees to that.
    """
    plan = _with_initial_values(plan)
    out = _Output()
    strings = _Strings()
    n_io = len(plan.inputs) + len(plan.outputs)
    out.reserve(layout.HEADER.size)
    tensors_start = out.reserve(layout.TENSOR.size * len(plan.tensors))
    operators_start = out.reserve(layout.OPERATOR.size * len(plan.operators))
    io_start = out.reserve(layout.IO.size * n_io)
    texts = by_output(labels)
    labels_starts = [_labels(out, strings, texts.get(i, ())) for i in range(len(plan.outputs))]
    name = strings.add(plan.name)
    tensor_names = [strings.add(tensor.name) for tensor in plan.tensors]
    operator_names = [strings.add(operator.name) for operator in plan.operators]
    strings_start = out.append(bytes(strings.bytes))
    records = [out.reserve(_record_size(operator)) for operator in plan.operators]

    for index, operator in enumerate(plan.operators):
        out.put(records[index], _parameters(out, operator))
        start = operators_start + index * layout.OPERATOR.size
        out.put(start, _operator(operator, operator_names[index], records[index]))
    for index, (tensor, text) in enumerate(zip(plan.tensors, tensor_names, strict=True)):
        place = "arena" if tensor.data is None else "blob"
        if plan.tensors[plan.root(index)].state:
            place = "state"
        record = layout.TENSOR.pack(
            layout.DTYPES[tensor.dtype],
            len(tensor.shape),
            layout.PLACES[place],
            layout.STARTS[_start(tensor)],
            tensor.offset if tensor.data is None else out.share(tensor.data, tensor.dtype),
            tensor.size,
            *tensor.shape,
            *(1,) * (layout.MAX_RANK - len(tensor.shape)),
            tensor.scale,
            tensor.zero_point,
            text,
        )
        out.put(tensors_start + index * layout.TENSOR.size, record)
    ios = [
        (tensor, *_image_table(out, plan, tensor, table))
        for tensor, table in zip(plan.inputs, plan.image_tables, strict=True)
    ]
    if plan.front_end is not None:
        ios[0] = (plan.inputs[0], layout.FRONT_END, _front_end(out, plan.front_end))
    ios += [
        (tensor, 0, start if number and number in texts else 0)
        for number, (tensor, start) in enumerate(zip(plan.outputs, labels_starts, strict=True))
    ]
    out.put(io_start, b"".join(layout.IO.pack(*record) for record in ios))

    header = layout.HEADER.pack(
        layout.MAGIC,
        layout.VERSION,
        layout.HEADER.size,
        out.align(4),
        0,
        layout.TARGETS[plan.target],
        layout.MEMORIES["ram" if plan.for_ram else "any"],
        plan.arena_size,
        len(plan.tensors),
        len(plan.operators),
        len(plan.inputs),
        len(plan.outputs),
        tensors_start,
        operators_start,
        io_start,
        labels_starts[0],
        len(texts.get(0, ())),
        strings_start,
        len(strings.bytes),
        name,
    )
    out.put(0, header)
    crc = zlib.crc32(out.bytes[layout.CRC_START :])
    out.put(layout.CRC_START - 4, crc.to_bytes(4, "little"))
    return bytes(out.bytes)


def _start(tensor: PlanTensor) -> str:
    if not tensor.state:
        return "elsewhere"
    return "zero point" if tensor.initial is None else "next tensor"


def _with_initial_values(plan: Plan) -> Plan:
    """The plan with what a state begins with as a constant behind it."""
    tensors: list[PlanTensor] = []
    places = []
    for tensor in plan.copy().tensors:
        places.append(len(tensors))
        tensors.append(tensor)
        if tensor.initial is not None:
            tensors.append(
                dataclasses.replace(tensor, data=tensor.initial, state=False, initial=None)
            )
    for tensor in tensors:
        if tensor.view_of is not None:
            tensor.view_of = places[tensor.view_of]
    if len(tensors) == len(places):
        return plan
    operators = [
        dataclasses.replace(
            operator,
            inputs=tuple(places[index] for index in operator.inputs),
            output=places[operator.output],
        )
        for operator in plan.operators
    ]
    return dataclasses.replace(
        plan,
        tensors=tensors,
        operators=operators,
        inputs=tuple(places[index] for index in plan.inputs),
        outputs=tuple(places[index] for index in plan.outputs),
    )


def _labels(out: _Output, strings: _Strings, labels: Sequence[str]) -> int:
    """Where the labels of an output are."""
    start = out.reserve(4 * len(labels))
    out.put(start, b"".join(strings.add_label(text).to_bytes(4, "little") for text in labels))
    return start


def _image_table(
    out: _Output, plan: Plan, tensor: int, table: np.ndarray | None
) -> tuple[int, int]:
    """image_flags and image_table of an input."""
    if table is None:
        return 0, 0
    flags = layout.CHANNEL_TABLES if table.ndim == 2 else 0
    if plan.bgr and plan.tensors[tensor].shape[3] == 3:
        flags |= layout.BGR
    flags |= layout.FITS[plan.fit] | layout.SCALINGS[plan.scaling]
    return flags, out.share(table, plan.tensors[tensor].dtype)


def _front_end(out: _Output, front_end: FrontEnd) -> int:
    """Where the record is."""
    start = out.reserve(RECORD.size)
    offsets = {
        name: out.share(table, table.dtype.name) for name, table in front_end.tables.items()
    }
    out.put(start, front_end.record(offsets))
    return start


def _record_size(operator: PlanOperator) -> int:
    return KERNELS[operator.kernel].record.size


def _parameters(out: _Output, operator: PlanOperator) -> bytes:
    kernel = KERNELS[operator.kernel]
    values: list[int] = []
    for name in kernel.params:
        value = operator.params[name]
        values += [value] if isinstance(value, int) else value
    values += [out.share(operator.data[block.name], block.dtype) for block in kernel.blocks]
    return kernel.record.pack(*values)


def _operator(operator: PlanOperator, name: int, params_start: int) -> bytes:
    return layout.OPERATOR.pack(
        KERNELS[operator.kernel].number,
        operator.source_index,
        operator.inputs[0],
        operator.inputs[1] if len(operator.inputs) == 2 else layout.NO_TENSOR,
        operator.output,
        0,
        name,
        params_start,
        _record_size(operator),
        operator.scratch_offset,
        operator.scratch_size,
        operator.macs,
    )
