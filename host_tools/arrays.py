"""Arrays for a network and from it: .npy files, batches, real values to stored ones and back."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import LIMITS
from host_tools.blob.reader import BlobTensor
from host_tools.errors import CommandError
from host_tools.files import read_whole
from host_tools.kernels.quantize import dequantize, stored

Array = npt.NDArray[np.generic]


@dataclass(frozen=True)
class Batch:
    """Inputs, stored values [N, *shape]. `form` is how they were given.

    "one": [*shape]. "many": [N, *shape]. "batch": [N, *shape[1:]], where shape[0] is 1.
    """

    values: Array
    form: str


def read_array(path: Path) -> Array:
    """The array of a .npy file. Raises CommandError, naming the file, where it holds none."""
    data = io.BytesIO(read_whole(path))
    try:
        array = np.lib.format.read_array(data, allow_pickle=False)
    except Exception as error:  # numpy has no list of what a bad file raises
        reason = str(error).partition("\n")[0]
        raise CommandError(f"{path}: not a .npy file: {reason}") from None
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def npy(array: Array) -> bytes:
    """The bytes of a .npy file."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def as_inputs(array: Array, tensor: BlobTensor, where: str) -> Batch:
    """One input or many of them for `tensor`, as stored values.

    `array` holds stored values, or real ones in float32: these are rounded half away from zero
    and saturated. Raises CommandError, which begins with `where`, for another type or shape.
    """
    shape = tensor.shape
    taken = [tensor.dtype, *(["float32"] if tensor.dtype in LIMITS else [])]
    if array.dtype.name not in taken:
        real = " or float32 (real values)" if len(taken) == 2 else ""
        raise CommandError(
            f"{where}: its type is {array.dtype}; input '{tensor.name}' takes {tensor.dtype}{real}"
        )
    if array.shape == shape:
        batch = Batch(array[np.newaxis], "one")
    elif array.shape[1:] == shape:
        batch = Batch(array, "many")
    elif shape[:1] == (1,) and array.ndim == len(shape) and array.shape[1:] == shape[1:]:
        batch = Batch(array[:, np.newaxis], "batch")
    else:
        rest = ", ".join(map(str, shape[1:] if shape[:1] == (1,) else shape))
        raise CommandError(
            f"{where}: its shape is {list(array.shape)}; input '{tensor.name}' takes "
            f"{list(shape)}, or [N, {rest}] for N of them"
        )
    if not len(batch.values):
        raise CommandError(f"{where}: it is empty; its shape is {list(array.shape)}")
    if array.dtype == tensor.dtype:
        return batch
    values = batch.values.astype(np.float32, copy=False)
    return Batch(stored(values, tensor.dtype, tensor.scale, tensor.zero_point), batch.form)


def as_given(values: Array, form: str) -> Array:
    """Outputs [N, *shape] in the form that the inputs were given in."""
    if form == "one":
        return values[0]
    if form == "batch" and values.shape[1:2] == (1,):
        return values[:, 0]
    return values


def real_values(values: Array, tensor: BlobTensor) -> npt.NDArray[Any]:
    """float32: scale * (stored - zero_point); what is float32 or int32 stays as it is."""
    if values.dtype in (np.float32, np.int32):
        return values
    return dequantize(
        values,
        scale=np.float32(tensor.scale),
        zero_point=tensor.zero_point,
        output_shape=values.shape,
    )
