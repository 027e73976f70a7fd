"""Reads a model's tensors: shape, type, quantization and, for a constant, its values."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from tflite.Model import Model
from tflite.Tensor import Tensor as Table

from host_tools.arithmetic import LIMITS
from host_tools.errors import CommandError
from host_tools.graph import Quantization, Tensor
from host_tools.tflite.options import TENSOR_TYPE

MAX_RANK = 8
MAX_BYTES = 1 << 31
MAX_CHANNELS = 1 << 15
MAX_STRING = 1 << 16
KEPT_OF_NAME = 256


def text(raw: bytes | None) -> str:
    """A string of the file as one printable line, cut where it is very long.

    Raises CommandError where it is not UTF-8 or beyond any sense.
    """
    if not raw:
        return ""
    if len(raw) > MAX_STRING:
        raise CommandError(f"its name has {len(raw)} bytes; at most {MAX_STRING} are read")
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"its name is not UTF-8: {raw[:32]!r}") from error
    if len(name) > KEPT_OF_NAME:
        name = name[: KEPT_OF_NAME - 3] + "..."
    if not name.isprintable():
        name = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return name


def exact_names(data: bytes) -> list[str]:
    """The name of each tensor of a model that was read, whole, as other tools know it."""
    subgraph = Model.GetRootAs(data).Subgraphs(0)
    names = (subgraph.Tensors(index).Name() for index in range(subgraph.TensorsLength()))
    return [(name or b"").decode() for name in names]


class TensorReader:
    """Reads tensors of `model`, whose file's bytes are `data`."""

    def __init__(self, data: bytes, model: Model) -> None:
        self.data = data
        self.model = model
        self.buffers: dict[int, npt.NDArray[np.uint8]] = {}

    def read(self, table: Table, index: int) -> Tensor:
        """Tensor `index`; `data` is a read-only view of the file.

        A type that numpy lacks (int4, string, ...) keeps its name, and its values are raw bytes.
        Raises CommandError, and whatever the flatbuffers package raises on a damaged file.
        """
        where = f"tensor {index}"
        try:
            name = text(table.Name())
            if name:
                where += f" ({name})"
            return self._read(table, index, name)
        except CommandError as error:
            raise CommandError(f"{where}: {error}") from error

    def _read(self, table: Table, index: int, name: str) -> Tensor:
        shape = _shape(table)
        number = table.Type()
        if number not in TENSOR_TYPE:
            raise CommandError(f"its type is {number}, which the schema does not know")
        dtype = TENSOR_TYPE[number].lower()
        if table.Sparsity() is not None:
            raise CommandError("it is sparse: convert the model with dense weights")
        size = math.prod(shape) * _item_size(dtype)
        if size > MAX_BYTES:
            raise CommandError(f"its shape {list(shape)} needs {size} bytes: too much")
        raw = self._buffer(table.Buffer())
        data: npt.NDArray[np.generic] | None = None
        if len(raw) or size == 0:
            data = _values(raw, shape, dtype, size)
        quantization = _quantization(table, shape, dtype)
        return Tensor(index, name, shape, dtype, quantization, data, _has_open_sizes(table))

    def _buffer(self, number: int) -> npt.NDArray[np.uint8]:
        if number in self.buffers:
            return self.buffers[number]
        if number >= self.model.BuffersLength():
            raise CommandError(
                f"its values are in buffer {number}, but the model has "
                f"{self.model.BuffersLength()}"
            )
        buffer = self.model.Buffers(number)
        result = np.zeros(0, dtype=np.uint8)
        if buffer.DataLength():
            result = buffer.DataAsNumpy()
        elif buffer.Offset() > 1:
            # values that lie behind the flatbuffer; 1 is a placeholder
            start, size = buffer.Offset(), buffer.Size()
            if start + size > len(self.data):
                raise CommandError(
                    f"its values are bytes {start} to {start + size} of the file, which has "
                    f"{len(self.data)}: the file is cut short"
                )
            result = np.frombuffer(self.data, dtype=np.uint8, count=size, offset=start)
        self.buffers[number] = result
        return result


def _shape(table: Table) -> tuple[int, ...]:
    rank = table.ShapeLength()
    if rank > MAX_RANK:
        raise CommandError(f"it has {rank} dimensions; at most {MAX_RANK} are read")
    if rank == 0:
        return ()
    shape = tuple(int(size) for size in table.ShapeAsNumpy())
    if min(shape) < 0:
        raise CommandError(
            f"its shape {list(shape)} has a negative dimension: convert the model with fixed sizes"
        )
    return shape


def _has_open_sizes(table: Table) -> bool:
    return table.ShapeSignatureLength() > 0 and bool((table.ShapeSignatureAsNumpy() < 0).any())


def _item_size(dtype: str) -> int:
    """Bytes an element; 1 for what numpy does not know."""
    try:
        return np.dtype(dtype).itemsize or 1
    except TypeError:
        return 1


def _values(
    raw: npt.NDArray[np.uint8], shape: tuple[int, ...], dtype: str, size: int
) -> npt.NDArray[np.generic]:
    try:
        known = np.dtype(dtype)
    except TypeError:
        return raw
    if known.itemsize == 0:
        return raw
    if len(raw) != size:
        raise CommandError(
            f"it has {len(raw)} bytes of values, but its shape {list(shape)} of {dtype} "
            f"needs {size}"
        )
    return raw.view(known).reshape(shape)


def _quantization(table: Table, shape: tuple[int, ...], dtype: str) -> Quantization | None:
    """Scales and zero points, each one or one for each index along an axis; None without scales.

    Raises CommandError unless scales are finite and positive and zero points within `dtype`.
    """
    parameters = table.Quantization()
    if parameters is None:
        return None
    if parameters.DetailsType() != 0:
        raise CommandError("it has custom quantization: only scales and zero points are known")
    count, points = parameters.ScaleLength(), parameters.ZeroPointLength()
    if count == 0:
        return None
    if count > MAX_CHANNELS:
        raise CommandError(f"it has {count} scales; at most {MAX_CHANNELS} are read")
    if points not in (1, count):
        raise CommandError(f"it has {count} scales, but {points} zero points")
    # of one dimension there is no choice: TensorFlow writes 3 for the bias of a convolution
    axis = parameters.QuantizedDimension() if count > 1 and len(shape) > 1 else 0
    if count > 1 and not (0 <= axis < len(shape) and shape[axis] == count):
        raise CommandError(
            f"it has {count} scales along dimension {axis}, which its shape {list(shape)} "
            "does not fit"
        )
    scale = parameters.ScaleAsNumpy()
    bad = ~(np.isfinite(scale) & (scale > 0))
    if bad.any():
        raise CommandError(f"it has a scale of {scale[bad][0]}; scales are finite and positive")
    zero_point = np.broadcast_to(parameters.ZeroPointAsNumpy(), (count,))
    lowest, highest = LIMITS.get(dtype, (-(1 << 31), (1 << 31) - 1))
    bad = (zero_point < lowest) | (zero_point > highest)
    if bad.any():
        raise CommandError(
            f"it has a zero point of {zero_point[bad][0]}; {dtype} has {lowest} to {highest}"
        )
    return Quantization(scale, zero_point, int(axis))
