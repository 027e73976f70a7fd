"""What a network is calibrated with: samples of its inputs from arrays, pictures or sounds.

Arrays are here; folders of pictures and of wav files are in folders.py.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.arrays import read_array
from host_tools.errors import CommandError
from host_tools.files import read_whole
from host_tools.graph import Tensor
from host_tools.images import image_to_tensor, scale
from host_tools.plan.image_tables import Pictures, Range, real_values
from host_tools.tensor_text import has_channels_first, short_name

Array = npt.NDArray[Any]

# the array of an .npz that has the classes
LABELS = "labels"
RANGE_NEEDED = (
    "say what the network saw in training for black and white: --image-range 0 1, "
    "--image-range -1 1, --image-range 0 255 (also where the network itself scales pixels), or "
    "--image-mean imagenet"
)


@dataclass(frozen=True)
class Samples:
    """`count` samples of a network's inputs, of which `read(i)` gives one: an array an input.

    `labels` has the class of each, [count]; None where nobody says; `classes` are their names,
    where known. `ranges` are the least and greatest real value that an input can have, where that
    is known. `names` are the files, where samples are files. `skipped` has a sentence for each
    file that could not be read.
    """

    what: str
    count: int
    read: Callable[[int], list[Array]]
    ranges: Sequence[Range | None]
    labels: npt.NDArray[np.int64] | None = None
    names: Sequence[str] = ()
    skipped: Sequence[str] = ()
    notes: Sequence[str] = ()
    classes: Sequence[str] = ()

    def name(self, index: int) -> str:
        """What a message calls a sample."""
        return self.names[index] if self.names else f"sample {index}"

    def spread(self, most: int) -> list[int]:
        """At most `most` indices, spread evenly over all."""
        return spread(range(self.count), most)


def spread(indices: Sequence[int], most: int) -> list[int]:
    """At most `most` of the indices, spread evenly over all."""
    taken = min(most, len(indices))
    return [indices[place * len(indices) // taken] for place in range(taken)]


class PictureInput:
    """An input that takes pictures: how a picture becomes its real values, as on the board."""

    def __init__(self, tensor: Tensor, pictures: Pictures) -> None:
        shape = tensor.shape
        self.first = has_channels_first(shape)
        if self.first:
            shape = (shape[0], shape[2], shape[3], shape[1])
        if not takes_pictures(tensor):
            raise CommandError(
                f"the network takes no pictures: its input {short_name(tensor.name)} is "
                f"{list(tensor.shape)}, not [1, height, width, 1 or 3]; calibrate it with arrays "
                "(.npy, .npz)"
            )
        self.height, self.width, self.channels = shape[1:]
        values = real_values(pictures, None)
        if values is None:
            raise CommandError(f"pictures have no range by themselves: {RANGE_NEEDED}")
        if values.ndim == 2 and len(values) not in (1, self.channels):
            raise CommandError(
                f"{len(values)} numbers for mean or deviation do not fit input "
                "0, which has 1 channel: give one"
            )
        self.table = values.astype(np.float32)
        self.bgr = pictures.bgr
        self.fit, self.scaling = pictures.fit, pictures.scaling

    @property
    def range(self) -> Range:
        return float(self.table.min()), float(self.table.max())

    def scaled(self, pixels: Array) -> Array:
        """A picture fitted and scaled, as `real` takes one. Raises ValueError for none."""
        scaled = scale(
            pixels, self.height, self.width, self.channels, fit=self.fit, scaling=self.scaling
        )
        return scaled[..., 0] if self.channels == 1 else scaled

    def real(self, pixels: Array) -> Array:
        """The input's real values for a picture of any size, float32."""
        values = image_to_tensor(
            pixels,
            *(self.height, self.width, self.channels),
            self.table,
            bgr=self.bgr,
            fit=self.fit,
            scaling=self.scaling,
        )
        return np.moveaxis(values, 3, 1) if self.first else values


def takes_pictures(tensor: Tensor) -> bool:
    """Whether a tensor's shape is that of one picture, in either order of its dimensions."""
    shape = tensor.shape
    last = len(shape) == 4 and shape[0] == 1 and shape[3] in (1, 3)
    return last or has_channels_first(shape)


def array_samples(path: Path, inputs: Sequence[Tensor], pictures: Pictures) -> Samples:
    """The samples of a .npy file, for networks of one input, or of an .npz file.

    An .npz has an array for each input, by its name; with one input, its only array. Another
    named "labels" has the classes. Arrays of uint8 for an input of pictures are pictures.
    Raises CommandError for arrays that do not fit the inputs.
    """
    given = _npz(path) if path.suffix.lower() == ".npz" else {"": read_array(path)}
    labels = given.pop(LABELS, None)
    arrays = _by_input(path, given, inputs)
    readers, ranges, notes = [], [], []
    for tensor, array in zip(inputs, arrays, strict=True):
        where = f"{path}: " if len(inputs) == 1 else f"{path}, {short_name(tensor.name)}: "
        read, limits, note = _reader(where, array, tensor, pictures)
        readers.append(read)
        ranges.append(limits)
        notes += note
    counts = {len(array) for array in arrays} | ({len(labels)} if labels is not None else set())
    if len(counts) != 1 or 0 in counts:
        raise CommandError(
            f"{path}: its arrays have {', '.join(map(str, sorted(counts)))} samples; each must "
            "have as many, and one at least"
        )
    if labels is not None and (labels.dtype.kind not in "iu" or labels.ndim != 1):
        raise CommandError(
            f"{path}: {LABELS} is {labels.dtype} {list(labels.shape)}; class numbers are needed, "
            "integers [N]"
        )
    return Samples(
        f"{path}",
        counts.pop(),
        lambda index: [read(index) for read in readers],
        ranges,
        None if labels is None else labels.astype(np.int64),
        notes=notes,
    )


def _npz(path: Path) -> dict[str, Array]:
    try:
        with np.load(io.BytesIO(read_whole(path)), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except CommandError:
        raise
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        reason = str(error).partition("\n")[0]
        raise CommandError(f"{path}: not a .npz file: {reason}") from None


def _by_input(path: Path, given: dict[str, Array], inputs: Sequence[Tensor]) -> list[Array]:
    """The arrays in the order of the inputs: by name, or the only one."""
    if len(inputs) == len(given) == 1:
        return [*given.values()]
    names = [_signature_name(tensor.name) for tensor in inputs]
    if sorted(given) == sorted(names):
        return [given[name] for name in names]
    found = ", ".join(sorted(given)) or "none"
    raise CommandError(
        f"{path}: it has the arrays {found}; the network's inputs need an .npz with "
        f"{', '.join(names)}"
    )


def _signature_name(name: str) -> str:
    """The name that an input had before TensorFlow's converter wrote it."""
    return name.removeprefix("serving_default_").removesuffix(":0")


def _reader(
    where: str, array: Array, tensor: Tensor, pictures: Pictures
) -> tuple[Callable[[int], Array], Range | None, list[str]]:
    """What reads one sample of an array, the range that it can have, and notes."""
    shape = tensor.shape
    if array.dtype == np.uint8 and tensor.dtype == "float32" and takes_pictures(tensor):
        picture = PictureInput(tensor, pictures)
        if array.ndim not in (3, 4) or array.shape[3:] not in ((), (1,), (3,)):
            raise CommandError(
                f"{where}{list(array.shape)} of uint8 are no pictures: [N, height, width, 1 or 3] "
                "are needed"
            )
        if array.shape[3:] == (1,):
            array = array[..., 0]
        try:
            picture.scaled(array[0])
        except ValueError as error:
            raise CommandError(f"{where}{error}") from None
        return lambda index: picture.real(array[index]), picture.range, []
    if tensor.dtype == "float32" and array.dtype.kind == "f":
        array = array.astype(np.float32, copy=False)
    if array.dtype.name != tensor.dtype:
        pixels = " (or pictures in uint8)" if takes_pictures(tensor) else ""
        raise CommandError(
            f"{where}its type is {array.dtype}; the input takes {tensor.dtype}{pixels}"
        )
    if array.shape[1:] == shape or array.shape[1:] == shape[1:] and shape[:1] == (1,):
        return lambda index: array[index].reshape(shape), None, []
    if len(shape) == 4 and array.shape[1:] == (shape[3], *shape[1:3]):
        note = f"{where}turned from channels first to {list(shape)}, as the .tflite has its input"
        return lambda index: np.moveaxis(array[index], 0, -1).reshape(shape), None, [note]
    rest = ", ".join(map(str, shape[1:] if shape[:1] == (1,) else shape))
    raise CommandError(
        f"{where}its shape is {list(array.shape)}; the input {short_name(tensor.name)} takes "
        f"[N, {rest}]"
    )
