"""A blob that classifies pictures: how a picture becomes its input, and outputs become scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from host_tools import images
from host_tools.arrays import Array, real_values
from host_tools.blob.layout import BGR, CHANNEL_TABLES, picture_ways
from host_tools.blob.reader import Blob, BlobTensor
from host_tools.errors import CommandError

COLOURS = 256


@dataclass(frozen=True)
class PictureNetwork:
    """A network of one input that takes pictures, whose first output has a score a class.

    `names` are those of the classes, or their numbers in brackets where the blob has no labels.
    """

    table: Array
    input: BlobTensor
    bgr: bool
    fit: str
    scaling: str
    output: BlobTensor
    labels: Sequence[str]

    @property
    def names(self) -> list[str]:
        count = math.prod(self.output.shape)
        return [*self.labels] or [f"[{number}]" for number in range(count)]

    def stored(self, pixels: Array) -> Array:
        """The input's stored values for a picture of any size, by the board's rule."""
        return images.image_to_tensor(
            pixels,
            *self._shape,
            self.table,
            bgr=self.bgr,
            fit=self.fit,
            scaling=self.scaling,
        )

    def seen(self, pixels: Array) -> npt.NDArray[np.uint8]:
        """What the network sees of a picture: uint8 [height, width, 1 or 3], red first."""
        return images.scale(pixels, *self._shape, fit=self.fit, scaling=self.scaling)

    def scores(self, outputs: Sequence[Array]) -> npt.NDArray[np.float64]:
        """The scores [N, classes] of the outputs for N pictures."""
        values = real_values(outputs[0], self.output)
        return values.reshape(len(values), -1).astype(np.float64)

    @property
    def _shape(self) -> tuple[int, int, int]:
        height, width, channels = self.input.shape[1:]
        return height, width, channels


def picture_network(blob: bytes, read: Blob, where: str) -> PictureNetwork:
    """What a blob is as a classifier of pictures.

    Raises CommandError, which begins with `where`, for a network that is none.
    """
    if read.front_end is not None:
        raise CommandError(f"{where}: it hears: `host_tools listen` gives it recordings")
    inputs = [read.tensors[index] for index in read.inputs]
    if len(inputs) != 1 or not read.image_tables[0]:
        shapes = ", ".join(f"{tensor.dtype} {list(tensor.shape)}" for tensor in inputs)
        raise CommandError(
            f"{where}: it does not take pictures alone: its inputs are {shapes}; one of "
            "[1, height, width, 1 or 3] is needed. `host_tools run` takes arrays"
        )
    output = read.tensors[read.outputs[0]]
    if output.dtype == "int32" or sum(size > 1 for size in output.shape) > 1:
        raise CommandError(
            f"{where}: its first output is {output.dtype} {list(output.shape)}, not a score a "
            "class: what finds things in pictures is run by micropython_lib/detect.py"
        )
    flags = read.image_flags[0]
    fit, scaling = picture_ways(flags)
    count = COLOURS * (inputs[0].shape[3] if flags & CHANNEL_TABLES else 1)
    table = np.frombuffer(blob, inputs[0].dtype, count, read.image_tables[0])
    return PictureNetwork(
        table.reshape(-1, COLOURS),
        inputs[0],
        bool(flags & BGR),
        fit,
        scaling,
        output,
        read.labels,
    )
