"""A blob on a board: loaded from where it lies, or sent for the time being; run on arrays."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.blob.reader import Blob, BlobTensor, read_blob
from host_tools.device import file_system
from host_tools.device.connection import BoardError, Device
from host_tools.device.facts import Facts, refusal, require_heap, require_module
from host_tools.device.on_board import source
from host_tools.device.transfer import fetch, send
from host_tools.errors import CommandError
from host_tools.progress import progress
from host_tools.text import plain

Array = npt.NDArray[np.generic]

_TEMPORARY = "model.ink"
# the slowest board does more; a model that takes longer than this prints nothing meanwhile
_MACS_A_SECOND = 1e6


@dataclass(frozen=True)
class OperatorTime:
    """What the board says of one operator: microseconds, and what `time.ticks_cpu` counts."""

    index: int
    name: str
    kernel: str
    microseconds: int
    ticks: int
    macs: int


@dataclass(frozen=True)
class RemoteModel:
    """A blob, loaded at `path`, which `was_there` before or is there for the time being.

    `free_before` and `free_after` are bytes of the board's heap.
    """

    device: Device
    blob: Blob
    path: str
    was_there: bool
    free_before: int
    free_after: int

    def run(self, inputs: Sequence[Array]) -> tuple[list[Array], int]:
        """The outputs of one array of stored values an input, and the microseconds it took."""
        self._fill(inputs)
        microseconds = self._value("run()", int)
        outputs: list[Array] = []
        for index, tensor in enumerate(self._tensors(self.blob.outputs)):
            data = fetch(self.device, f"outputs[{index}]", tensor.size)
            outputs.append(np.frombuffer(data, tensor.dtype).reshape(tensor.shape))
        return outputs, microseconds

    def profile(self, inputs: Sequence[Array]) -> list[OperatorTime]:
        """The time of each operator; none where the board's native module has no profile()."""
        self._fill(inputs)
        if not self.device.value("hasattr(model, 'profile')", bool):
            return []
        return [
            OperatorTime(index, plain(name), kernel, microseconds, ticks, macs)
            for index, name, kernel, microseconds, ticks, macs in self._value(
                "model.profile()", [({int, None}, str, str, int, int, int)]
            )
        ]

    def _tensors(self, indices: Sequence[int]) -> list[BlobTensor]:
        return [self.blob.tensors[index] for index in indices]

    def _fill(self, inputs: Sequence[Array]) -> None:
        for index, array in enumerate(inputs):
            data = np.ascontiguousarray(array).tobytes()
            send(self.device, data, f"inputs[{index}][offset:offset + len(piece)] = piece")

    def _value(self, expression: str, like: Any) -> Any:
        macs = sum(operator.macs for operator in self.blob.operators)
        try:
            self.device.exec(f"result = {expression}", seconds=8 + macs / _MACS_A_SECOND)
        except BoardError as error:
            raise CommandError(
                f"{self.device.port}: the model failed on the board: {error.text}"
            ) from None
        return self.device.value("result", like)


@contextlib.contextmanager
def open_model(device: Device, facts: Facts, blob: bytes, name: str) -> Iterator[RemoteModel]:
    """Loads a blob on a board: the board's own file of the same bytes, or one sent and removed.

    Raises CommandError where there is no room for it, or the board refuses it.
    """
    require_module(device, blob)
    # before it is looked for: what an interrupted validation left is not the board's own
    file_system.remove_rubbish(device, facts.files)
    own = _find(device, facts, blob)
    with contextlib.ExitStack() as stack:
        if own is None:
            require_heap(device, facts, blob, name, facts.files)
            update = stack.enter_context(progress(f"sending {name}", len(blob)))
            sent = file_system.beside(device, facts.files, _TEMPORARY, blob, update)
            path = stack.enter_context(sent)
        else:
            path = own
        try:
            device.exec(source("model"))
            device.exec(f"free = load({path!r})")
        except BoardError as error:
            raise refusal(device, name, error) from None
        before, after = device.value("free", (int, int))
        yield RemoteModel(device, read_blob(blob), path, own is not None, before, after)


def _find(device: Device, facts: Facts, blob: bytes) -> str | None:
    """The board's own file that holds this blob."""
    for folder in facts.folders or ("/",):
        has = f"e[1] & 0x8000 and e[3:] == ({len(blob)},)"
        names = device.value(f"[e[0] for e in os.ilistdir({folder!r}) if {has}]", [str])
        for name in names:
            path = file_system.folder_path(folder, name)
            if name.startswith(file_system.TEMPORARY):
                continue  # the next deploy to that folder removes it
            if file_system.has(device, path, blob):
                return path
    return None
