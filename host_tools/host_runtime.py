"""Runs blobs on this computer: the board's own C runtime, called through ctypes."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.host_build import build_library
from host_tools.kernels.quantize import stored

Array = npt.NDArray[np.generic]

DTYPES = {1: "int8", 2: "uint8", 3: "float32", 4: "int32"}


class BlobError(CommandError):
    """The C runtime refuses a blob; `status` is the number in inkling.h's ink_status_t."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class HostTensor:
    """An input or output: real = scale * (stored - zero_point)."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float
    zero_point: int


# work from which a run takes some tenths of a second here
_LONG = 1 << 28


# firmware_module/runtime/ink_blob.h and inkling.h
class _Header(ctypes.Structure):
    _fields_ = [
        ("magic", ctypes.c_char * 4),
        *((name, ctypes.c_uint16) for name in ("version", "header_size")),
        *((name, ctypes.c_uint32) for name in ("blob_size", "crc32", "target", "arena_size")),
        *(
            (name, ctypes.c_uint16)
            for name in ("n_tensors", "n_operators", "n_inputs", "n_outputs")
        ),
        *(
            (name, ctypes.c_uint32)
            for name in (
                "tensors_offset",
                "operators_offset",
                "io_offset",
                "labels_offset",
                "n_labels",
                "strings_offset",
                "strings_size",
                "name",
            )
        ),
    ]


class _Tensor(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint8) for name in ("dtype", "rank", "place", "reserved")),
        ("offset", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("dims", ctypes.c_uint32 * 6),
        ("scale", ctypes.c_float),
        ("zero_point", ctypes.c_int32),
        ("name", ctypes.c_uint32),
    ]


class _Io(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint16) for name in ("tensor", "image_flags")),
        ("image_table", ctypes.c_uint32),  # of an output: labels
    ]


class _Model(ctypes.Structure):
    _fields_ = [
        ("blob", ctypes.c_void_p),
        ("header", ctypes.POINTER(_Header)),
        ("tensors", ctypes.POINTER(_Tensor)),
        ("operators", ctypes.c_void_p),
        ("inputs", ctypes.POINTER(_Io)),
        ("outputs", ctypes.POINTER(_Io)),
        ("arena", ctypes.c_void_p),
        ("blob_size", ctypes.c_uint32),
        ("arena_size", ctypes.c_uint32),
        *(
            (name, ctypes.c_uint16)
            for name in ("n_tensors", "n_operators", "n_inputs", "n_outputs")
        ),
        ("sums", ctypes.c_uint32 * 2),
        ("work", ctypes.c_uint32),
        ("state_size", ctypes.c_uint32),
    ]


class _Error(ctypes.Structure):
    _fields_ = [
        ("status", ctypes.c_int),
        ("part", ctypes.c_int),
        ("rule", ctypes.c_int),
        ("index", ctypes.c_uint32),
        ("kernel", ctypes.c_uint32),
        ("field", ctypes.c_char_p),
        ("found", ctypes.c_int64),
        ("allowed", ctypes.c_int64),
    ]


class HostModel:
    """An opened blob with an arena of its own. One thread at a time may use it.

    `arena` has `arena_size` bytes, of which `state_size` keep their values from run to run; `work`
    is what a run costs, in multiply-accumulates and the like. `library` is what `build_library`
    gave; by default it is built where it is not up to date. Raises BlobError, which says what the
    C runtime says, for a bad blob.
    """

    def __init__(self, blob: bytes, *, library: Path | None = None) -> None:
        self._library = _load(_default_library() if library is None else library)
        self._blob = _aligned(len(blob))
        self._blob[:] = np.frombuffer(blob, np.uint8)
        self._model = _Model()
        self._error = _Error()
        self._texts: dict[int, str] = {}
        self._left = threading.Event()
        error = ctypes.byref(self._error)
        model = ctypes.byref(self._model)
        self._check(self._library.ink_open(model, self._blob.ctypes.data, len(blob), error))
        header = self._model.header.contents
        self.arena_size = int(header.arena_size)
        self.arena = _aligned(self.arena_size)
        self._check(
            self._library.ink_set_arena(model, self.arena.ctypes.data, self.arena_size, error)
        )
        self.name = self._string(header.name)
        self.target = self._library.ink_target_name(header.target).decode()
        self.n_operators = int(header.n_operators)
        self.work = int(self._model.work)
        self.state_size = int(self._model.state_size)
        self.output_labels = [self._labels(index) for index in range(header.n_outputs)]
        self.labels = self.output_labels[0]
        self._inputs = [self._model.inputs[i].tensor for i in range(header.n_inputs)]
        self._outputs = [self._model.outputs[i].tensor for i in range(header.n_outputs)]
        self.inputs = [self._tensor(index) for index in self._inputs]
        self.outputs = [self._tensor(index) for index in self._outputs]
        self._input_places = [self._place(index) for index in self._inputs]
        self._output_places = [self._place(index) for index in self._outputs]

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """The outputs, new arrays, of one array an input; all in the tensors' shapes and dtypes.

        Real values, float32, are quantized for an 8-bit input.
        Raises CommandError for arrays that do not fit.
        """
        if len(inputs) != len(self.inputs):
            raise CommandError(f"{len(inputs)} inputs given, {len(self.inputs)} needed")
        inputs = [
            stored(array, tensor.dtype, tensor.scale, tensor.zero_point)
            for array, tensor in zip(inputs, self.inputs, strict=True)
        ]
        for position, (array, tensor) in enumerate(zip(inputs, self.inputs, strict=True)):
            if array.shape != tensor.shape or array.dtype != tensor.dtype:
                raise CommandError(
                    f"input {position} is {array.dtype} {list(array.shape)}, "
                    f"but must be {tensor.dtype} {list(tensor.shape)}"
                )
        for place, array in zip(self._input_places, inputs, strict=True):
            place[...] = array
        self._run()
        return [place.copy() for place in self._output_places]

    def reset(self) -> None:
        """Lets the states begin anew, as when it was opened."""
        self._library.ink_reset(ctypes.byref(self._model))

    def run_many(self, inputs: Sequence[Array], *, threads: int = 1) -> list[Array]:
        """As `run`, for arrays with one more dimension in front, over which it runs.

        With states, in one thread.
        """
        if self.state_size:
            threads = 1
        count = len(inputs[0]) if inputs else 0
        if any(len(array) != count for array in inputs):
            counts = ", ".join(str(len(array)) for array in inputs)
            raise CommandError(f"the inputs are batches of {counts}; each must have as many")
        outputs = [np.empty((count, *t.shape), t.dtype) for t in self.outputs]

        left = threading.Event()

        def run_slice(first: int) -> None:
            model = self if threads == 1 else HostModel(self._blob.tobytes(), library=self.library)
            model._left = left
            for i in range(first, count, threads):
                if left.is_set():
                    return
                for output, result in zip(outputs, model.run([a[i] for a in inputs]), strict=True):
                    output[i] = result

        with ThreadPoolExecutor(threads) as pool:
            try:
                list(pool.map(run_slice, range(threads)))
            except BaseException:
                left.set()
                raise
        return outputs

    def input_in_place(self, index: int) -> Array:
        """An input's stored values where they lie."""
        return self._input_places[index]

    def output_in_place(self, index: int) -> Array:
        """An output's stored values where they lie."""
        return self._output_places[index]

    def run_in_place(self) -> None:
        """Runs on what lies in the inputs."""
        self._run()

    @property
    def handle(self) -> int:
        """The address of its ink_model_t."""
        return ctypes.addressof(self._model)

    @property
    def library(self) -> Path:
        """The shared library that it runs in."""
        return Path(self._library._name)

    def _run(self) -> None:
        model, error = ctypes.byref(self._model), ctypes.byref(self._error)
        if self.work < _LONG:
            self._check(self._library.ink_run(model, error))
            return
        # aside, so that Ctrl-C is taken at once
        status: list[int] = []
        run = threading.Thread(
            target=lambda: status.append(self._library.ink_run(model, error)), daemon=True
        )
        run.start()
        try:
            while run.is_alive():
                run.join(0.2)
                if self._left.is_set():
                    raise KeyboardInterrupt
        except BaseException:
            # it goes on until Python ends, in memory that must stay
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self))
            raise
        self._check(status[0])

    def _check(self, status: int) -> None:
        if status:
            raise BlobError(_message(self._library, self._error), status)

    def _labels(self, output: int) -> list[str]:
        model = ctypes.byref(self._model)
        count = self._library.ink_n_labels(model, output)
        return [self._string(text) for text in self._library.ink_labels(model, output)[:count]]

    def _string(self, string: int) -> str:
        if string not in self._texts:  # labels may share one
            text: bytes = self._library.ink_string(ctypes.byref(self._model), string)
            self._texts[string] = text.decode()
        return self._texts[string]

    def _tensor(self, index: int) -> HostTensor:
        tensor = self._model.tensors[index]
        return HostTensor(
            self._string(tensor.name),
            tuple(tensor.dims[: tensor.rank]),
            DTYPES[tensor.dtype],
            tensor.scale,
            tensor.zero_point,
        )

    def _place(self, index: int) -> Array:
        """The tensor's bytes in the arena, as an array."""
        tensor = self._model.tensors[index]
        place = self.arena[tensor.offset : tensor.offset + tensor.size]
        return place.view(DTYPES[tensor.dtype]).reshape(tensor.dims[: tensor.rank])


def refusal(blob: bytes, *, library: Path | None = None) -> str | None:
    """Why the C verifier refuses a blob, None for a good one; no arena is made.

    Raises NoCompilerError where the library is not there and cannot be built.
    """
    opened = _load(_default_library() if library is None else library)
    copy = _aligned(len(blob))
    copy[:] = np.frombuffer(blob, np.uint8)
    model, error = _Model(), _Error()
    if not opened.ink_open(ctypes.byref(model), copy.ctypes.data, len(blob), ctypes.byref(error)):
        return None
    return _message(opened, error)


def _message(library: ctypes.CDLL, error: _Error) -> str:
    text = ctypes.create_string_buffer(512)
    library.ink_error_message(ctypes.byref(error), text, len(text))
    return text.value.decode()


def _aligned(size: int) -> npt.NDArray[np.uint8]:
    """`size` bytes of zeros at a multiple of 16."""
    bytes_ = np.zeros(size + 16, np.uint8)
    start = -bytes_.ctypes.data % 16
    return bytes_[start : start + size]


@cache
def _default_library() -> Path:
    return build_library()


@cache
def _load(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    model, error = ctypes.POINTER(_Model), ctypes.POINTER(_Error)
    for name, arguments, result in (
        ("ink_open", [model, ctypes.c_void_p, ctypes.c_size_t, error], ctypes.c_int),
        ("ink_set_arena", [model, ctypes.c_void_p, ctypes.c_size_t, error], ctypes.c_int),
        ("ink_run", [model, error], ctypes.c_int),
        ("ink_reset", [model], None),
        ("ink_string", [model, ctypes.c_uint32], ctypes.c_char_p),
        ("ink_n_labels", [model, ctypes.c_uint32], ctypes.c_uint32),
        ("ink_labels", [model, ctypes.c_uint32], ctypes.POINTER(ctypes.c_uint32)),
        ("ink_target_name", [ctypes.c_uint32], ctypes.c_char_p),
        ("ink_error_message", [error, ctypes.c_char_p, ctypes.c_size_t], None),
    ):
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library
