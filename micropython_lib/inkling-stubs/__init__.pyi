"""What editors and type checkers know of the module `inkling` on the board; see docs/device.md."""

from array import array
from collections.abc import Sequence
from typing import Any, Literal, Protocol, overload

class Picture(Protocol):
    """A picture such as OpenMV's image.Image; see docs/images.md."""

    def width(self) -> int: ...
    def height(self) -> int: ...
    def format(self) -> int: ...
    def bytearray(self) -> bytearray | memoryview: ...

Buffer = bytes | bytearray | memoryview | array[Any]
Rectangle = tuple[int, int, int, int]  # x, y, width, height
Input = Buffer | Sequence[Any] | Picture | tuple[Picture, Rectangle]

__version__: str

class Model:
    """A network, verified whole before anything runs.

    ValueError: no blob, or a damaged one; MemoryError: it or its arena does not fit; OSError: the
    file cannot be read; RuntimeError: the stack has no room.
    """

    name: str
    target: str
    labels: tuple[str, ...] | None
    output_labels: tuple[tuple[str, ...] | None, ...]
    len: int
    ram: int
    input_shape: list[tuple[int, ...]]
    input_dtype: list[str]
    input_scale: list[float]
    input_zero_point: list[int]
    output_shape: list[tuple[int, ...]]
    output_dtype: list[str]
    output_scale: list[float]
    output_zero_point: list[int]
    def __init__(
        self, path_or_buffer: str | Buffer, arena: bytearray | memoryview | None = None
    ) -> None: ...
    def predict(
        self,
        inputs: Sequence[Input] | Input,
        *,
        fit: Literal["crop", "squeeze", "border"] | None = None,
        scaling: Literal["average", "bilinear", "openmv"] | None = None,
    ) -> list[array[Any]]:
        """Return real values, a flat array for each output; int32 outputs as integers.

        Pictures are fitted and scaled as the blob says, or as `fit` and `scaling` do.
        """

    def run(self) -> None:
        """Run on what lies in the inputs, in place; allocates nothing."""

    def reset(self) -> None:
        """Let a network with states begin anew."""

    def input(self, i: int = 0) -> memoryview:
        """Return input `i`'s stored values, in the arena."""

    def output(self, i: int = 0) -> memoryview:
        """Return output `i`'s stored values, in the arena."""

    def profile(
        self, inputs: Sequence[Input] | Input | None = None
    ) -> list[tuple[int | None, str, str, int, int, int]]:
        """Return (index, name, kernel, microseconds, ticks, multiply-accumulates), a row each."""

    @overload
    def peaks(
        self,
        threshold: float,
        *,
        output: int = 0,
        first: int = 0,
        last: int = 0,
        axis: int = -1,
        near: int = 0,
        region: None = None,
    ) -> list[tuple[int, float, int]]:
        """Return (cell, score, class) of the cells whose best class is above `threshold`."""

    @overload
    def peaks(
        self,
        threshold: float,
        *,
        output: int = 0,
        first: int = 0,
        last: int = 0,
        axis: int = -1,
        near: int = 0,
        region: Rectangle,
    ) -> list[tuple[int, int, int, int, float, int]]:
        """Return (x, y, width, height, score, class) of such cells in a region of the picture."""

class Listener:
    """Hears words with a model that was packed with its front end; see docs/audio.md."""

    word: str | int | None
    scores: memoryview
    rate: int
    hop: int
    overruns: int
    lost: int
    ram: int
    model: Model
    def __init__(
        self,
        model: Model,
        *,
        smoothing: int = 3,
        threshold: float = 0.8,
        hysteresis: float = 0.1,
        refractory: int = 500,
        stride: int = 0,
        ignore: Sequence[str | int] | None = None,
    ) -> None: ...
    def feed(self, samples: Buffer, lost: int = 0) -> memoryview | None:
        """Take int16 samples, after `lost` ones; return the scores when a result fell due."""

    def reset(self) -> None:
        """Forget all that was heard."""

def show(
    image: Picture,
    results: Sequence[Any] | None = None,
    *,
    labels: Sequence[Any] | None = None,
    model: Model | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Show a picture and what was found on it on the page of `host_tools view`.

    Returns the settings as that page has them, or as they are where nobody looks on.
    """

def top(scores: Sequence[float] | Buffer, k: int = 3) -> list[tuple[int, float]]:
    """Return the `k` greatest as (index, score), the greatest first."""

def nms(
    boxes: Sequence[tuple[Any, ...]], threshold: float = 0.1, sigma: float = 0.1
) -> list[tuple[int, float]]:
    """Return (index, score) of the (x, y, width, height, score, ...) left, the best first."""
