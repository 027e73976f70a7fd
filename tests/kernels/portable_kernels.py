"""The portable C kernels, compiled for this computer and callable as the numpy reference is.

`PortableKernels(library)` has a method for each function of `host_tools.kernels`, with
its arguments. Outputs are written between guard bytes, which must stay as they were.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ROOT / "firmware_module" / "kernels"
RUNTIME = ROOT / "firmware_module" / "runtime"
INCLUDES = [f"-I{each}" for each in (RUNTIME, KERNELS, KERNELS.parent)]
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-Wdouble-promotion", "-Wfloat-conversion"]
WARNINGS += ["-Wpointer-arith"]
SANITIZED = bool(os.environ.get("INKLING_SANITIZED"))
SANITIZERS = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover"]

Array = npt.NDArray[Any]

_GUARD = 64
_GUARD_BYTE = 0xA5


def sources() -> list[Path]:
    """The C files of the portable kernels, in a fixed order."""
    return sorted(KERNELS.glob("*.c"))


def build_library(folder: Path, files: Sequence[Path], *flags: str) -> Path:
    """Compiles C files into a shared library in `folder`."""
    library = folder / "libkernels.so"
    command = ["cc", *flags, "-shared", "-fPIC", *WARNINGS, *INCLUDES, *map(str, files)]
    subprocess.run([*command, "-o", str(library)], check=True, timeout=120)
    return library


def build_for_tests(folder: Path) -> Path:
    """The library that tests use: with sanitizers where INKLING_SANITIZED is set."""
    flags = ["-O1", *SANITIZERS] if SANITIZED else ["-O2"]
    return build_library(folder, [*sources(), RUNTIME / "ink_quantize.c"], *flags)


def _record(name: str, *fields: str) -> type[ctypes.Structure]:
    return type(name, (ctypes.Structure,), {"_fields_": [(f, ctypes.c_int32) for f in fields]})


_Context = type(
    "_Context",
    (ctypes.Structure,),
    {"_fields_": [("buf", ctypes.c_void_p), ("size", ctypes.c_int32)]},
)
_Dims = _record("_Dims", "n", "h", "w", "c")
_ConvParams = _record(
    "_ConvParams",
    *("input_offset", "output_offset", "stride_w", "stride_h", "pad_w", "pad_h"),
    *("dilation_w", "dilation_h", "act_min", "act_max"),
)
_DepthwiseParams = _record(
    "_DepthwiseParams",
    *("input_offset", "output_offset", "ch_mult", "stride_w", "stride_h", "pad_w", "pad_h"),
    *("dilation_w", "dilation_h", "act_min", "act_max"),
)
_PoolParams = _record(
    "_PoolParams", "stride_w", "stride_h", "pad_w", "pad_h", "act_min", "act_max"
)
_FullyConnectedParams = _record(
    "_FullyConnectedParams", "input_offset", "filter_offset", "output_offset", "act_min", "act_max"
)


class _QuantParams(ctypes.Structure):
    _fields_ = [
        ("multiplier", ctypes.c_void_p),
        ("shift", ctypes.c_void_p),
        ("is_per_channel", ctypes.c_int32),  # absent in the per-channel struct: never read there
    ]


class _Tensor(ctypes.Structure):
    """ink_tensor_t."""

    _fields_ = [
        ("dtype", ctypes.c_uint8),
        ("rank", ctypes.c_uint8),
        ("place", ctypes.c_uint8),
        ("start", ctypes.c_uint8),
        ("offset", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("dims", ctypes.c_uint32 * 6),
        ("scale", ctypes.c_float),
        ("zero_point", ctypes.c_int32),
        ("name", ctypes.c_uint32),
    ]


_DTYPES = {"int8": 1, "uint8": 2, "float32": 3}


def _tensor(
    shape: Sequence[int], dtype: str = "int8", scale: float = 1.0, zero_point: int = 0
) -> Any:
    dims = (*shape, *[1] * (6 - len(shape)))
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    return ctypes.byref(
        _Tensor(
            dtype=_DTYPES[dtype],
            rank=len(shape),
            size=size,
            dims=(ctypes.c_uint32 * 6)(*dims),
            scale=scale,
            zero_point=zero_point,
        )
    )


def _at(array: Array | None) -> ctypes.c_void_p:
    if array is None:
        return ctypes.c_void_p()
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)


def _packed(*values: int) -> Any:
    return (ctypes.c_int32 * len(values))(*values)


class _Output:
    """An array of `shape` for a kernel to write, with guard bytes on both sides."""

    def __init__(self, shape: Sequence[int], dtype: str, before: Array | None = None) -> None:
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        self._memory = np.full(size + 2 * _GUARD, _GUARD_BYTE, dtype=np.uint8)
        self.array = self._memory[_GUARD : _GUARD + size].view(dtype).reshape(shape)
        if before is not None:
            self.array[...] = before.reshape(shape)

    def checked(self) -> Array:
        assert (self._memory[:_GUARD] == _GUARD_BYTE).all(), "wrote before the output"
        assert (self._memory[-_GUARD:] == _GUARD_BYTE).all(), "wrote behind the output"
        return self.array.copy()


class PortableKernels:
    """Calls the kernels of a shared library. A status other than success is an AssertionError."""

    def __init__(self, library: Path) -> None:
        self.c = ctypes.CDLL(str(library))
        self.c.ink_nn_softmax_s8.restype = None
        for name in (
            *("ink_broadcast_add_s8", "ink_broadcast_sub_s8", "ink_broadcast_mul_s8", "ink_copy"),
            *("ink_lut_s8", "ink_mean_s8", "ink_resize_nearest_s8"),
            *("ink_quantize_f32", "ink_dequantize_f32"),
        ):
            getattr(self.c, name).restype = None

    def conv(self, *arrays: Array | None, **p: Any) -> Array:
        return self._convolution(self.c.ink_nn_conv_s8, False, *arrays, **p)

    def depthwise_conv(self, *arrays: Array | None, **p: Any) -> Array:
        return self._convolution(self.c.ink_nn_depthwise_conv_s8, True, *arrays, **p)

    def _convolution(
        self,
        function: Any,
        depthwise: bool,
        input: Array,
        weights: Array,
        bias: Array | None,
        multiplier: Array,
        shift: Array,
        **p: Any,
    ) -> Array:
        output_shape = p["output_shape"]
        channels = output_shape[3]
        common = {
            **{"input_offset": p["input_offset"], "output_offset": p["output_offset"]},
            **{"stride_w": p["stride_w"], "stride_h": p["stride_h"]},
            **{"pad_w": p["pad_left"], "pad_h": p["pad_top"]},
            **{"dilation_w": p["dilation_w"], "dilation_h": p["dilation_h"]},
            **{"act_min": p["act_min"], "act_max": p["act_max"]},
        }
        factor = p["channel_factor"]
        if depthwise:
            params = _DepthwiseParams(ch_mult=factor, **common)
            filter_dims = _Dims(1, p["kernel_h"], p["kernel_w"], channels)
        else:
            params = _ConvParams(**common)
            filter_dims = _Dims(channels, p["kernel_h"], p["kernel_w"], input.shape[3] // factor)
        output = _Output(output_shape, "int8")
        status = function(
            ctypes.byref(_Context()),
            ctypes.byref(params),
            ctypes.byref(_QuantParams(_at(multiplier), _at(shift), 1)),
            ctypes.byref(_Dims(*input.shape)),
            _at(input),
            ctypes.byref(filter_dims),
            _at(weights),
            ctypes.byref(_Dims(1, 1, 1, channels)),
            _at(bias),
            ctypes.byref(_Dims(*output_shape)),
            _at(output.array),
        )
        assert status == 0
        return output.checked()

    def fully_connected(
        self,
        input: Array,
        weights: Array,
        bias: Array | None,
        multiplier: Array,
        shift: Array,
        **p: Any,
    ) -> Array:
        depth, units = p["depth"], p["units"]
        rows = input.size // depth
        params = _FullyConnectedParams(
            *(
                p["input_offset"],
                p["filter_offset"],
                p["output_offset"],
                p["act_min"],
                p["act_max"],
            )
        )
        output = _Output(p["output_shape"], "int8")
        status = self.c.ink_nn_fully_connected_s8(
            ctypes.byref(_Context()),
            ctypes.byref(params),
            ctypes.byref(_QuantParams(_at(multiplier), _at(shift), p["per_channel"])),
            ctypes.byref(_Dims(rows, 1, 1, depth)),
            _at(input),
            ctypes.byref(_Dims(depth, 1, 1, units)),
            _at(weights),
            ctypes.byref(_Dims(1, 1, 1, units)),
            _at(bias),
            ctypes.byref(_Dims(rows, 1, 1, units)),
            _at(output.array),
        )
        assert status == 0
        return output.checked()

    def average_pool(self, input: Array, **p: Any) -> Array:
        return self._pool(self.c.ink_nn_average_pool_s8, input, **p)

    def max_pool(self, input: Array, **p: Any) -> Array:
        return self._pool(self.c.ink_nn_max_pool_s8, input, **p)

    def _pool(self, function: Any, input: Array, **p: Any) -> Array:
        params = _PoolParams(
            *(
                p["stride_w"],
                p["stride_h"],
                p["pad_left"],
                p["pad_top"],
                p["act_min"],
                p["act_max"],
            )
        )
        output = _Output(p["output_shape"], "int8")
        status = function(
            ctypes.byref(_Context()),
            ctypes.byref(params),
            ctypes.byref(_Dims(*input.shape)),
            _at(input),
            ctypes.byref(_Dims(1, p["kernel_h"], p["kernel_w"], 1)),
            ctypes.byref(_Dims(*p["output_shape"])),
            _at(output.array),
        )
        assert status == 0
        return output.checked()

    def softmax(self, input: Array, **p: Any) -> Array:
        size = input.shape[-1]
        output = _Output(p["output_shape"], "int8")
        numbers = (input.size // size, size, p["multiplier"], p["shift"], p["diff_min"])
        self.c.ink_nn_softmax_s8(_at(input), *numbers, _at(output.array))
        return output.checked()

    def add(self, input0: Array, input1: Array, *, in_place: bool = False, **p: Any) -> Array:
        output = _Output(p["output_shape"], "int8", input0 if in_place else None)
        status = self.c.ink_nn_add_s8(
            _at(output.array if in_place else input0),
            _at(input1),
            *(p["input0_offset"], p["input0_multiplier"], p["input0_shift"]),
            *(p["input1_offset"], p["input1_multiplier"], p["input1_shift"]),
            p["left_shift"],
            _at(output.array),
            *(p["output_offset"], p["output_multiplier"], p["output_shift"]),
            *(p["act_min"], p["act_max"], output.array.size),
        )
        assert status == 0
        return output.checked()

    def mul(self, input0: Array, input1: Array, *, in_place: bool = False, **p: Any) -> Array:
        output = _Output(p["output_shape"], "int8", input0 if in_place else None)
        status = self.c.ink_nn_mul_s8(
            _at(output.array if in_place else input0),
            _at(input1),
            *(p["input0_offset"], p["input1_offset"]),
            _at(output.array),
            *(p["output_offset"], p["output_multiplier"], p["output_shift"]),
            *(p["act_min"], p["act_max"], output.array.size),
        )
        assert status == 0
        return output.checked()

    def broadcast_add(self, input0: Array, input1: Array, **p: Any) -> Array:
        return self._broadcast(self.c.ink_broadcast_add_s8, input0, input1, **p)

    def broadcast_sub(self, input0: Array, input1: Array, **p: Any) -> Array:
        return self._broadcast(self.c.ink_broadcast_sub_s8, input0, input1, **p)

    def broadcast_mul(self, input0: Array, input1: Array, **p: Any) -> Array:
        return self._broadcast(self.c.ink_broadcast_mul_s8, input0, input1, **p)

    def _broadcast(
        self,
        function: Any,
        input0: Array,
        input1: Array,
        *,
        output_shape: tuple[int, ...],
        **params: int,
    ) -> Array:
        output = _Output(output_shape, "int8")
        function(
            _packed(*params.values()),
            *(_tensor(input0.shape), _at(input0), _tensor(input1.shape), _at(input1)),
            *(_tensor(output_shape), _at(output.array)),
        )
        return output.checked()

    def lut(
        self,
        input: Array,
        table: Array,
        *,
        output_shape: tuple[int, ...],
        output_dtype: str = "int8",
        in_place: bool = False,
    ) -> Array:
        output = _Output(output_shape, output_dtype)
        if in_place:
            output.array.view(np.uint8)[...] = input.view(np.uint8).reshape(output_shape)
        source = output.array if in_place else input
        self.c.ink_lut_s8(_at(table), _at(source), _at(output.array), input.size)
        return output.checked()

    def copy(
        self,
        input: Array,
        before: Array | None = None,
        *,
        output_shape: tuple[int, ...],
        **p: Any,
    ) -> Array:
        before = np.zeros(output_shape, input.dtype) if before is None else before
        output = _Output(output_shape, input.dtype.name, before)
        params = _packed(
            *(p["element_size"], *p["count"], p["input_start"], *p["input_stride"]),
            *(p["output_start"], *p["output_stride"], p["fill"], p["fill_value"]),
        )
        self.c.ink_copy(params, _at(input), _at(output.array), output.array.nbytes)
        return output.checked()

    def mean(self, input: Array, *, output_shape: tuple[int, ...], **params: int) -> Array:
        output = _Output(output_shape, "int8")
        self.c.ink_mean_s8(
            *(_packed(*params.values()), _tensor(input.shape), _at(input), _at(output.array))
        )
        return output.checked()

    def resize_nearest(
        self, input: Array, rows: Array, columns: Array, *, output_shape: tuple[int, ...]
    ) -> Array:
        output = _Output(output_shape, "int8")
        self.c.ink_resize_nearest_s8(
            *(_at(rows), _at(columns), _tensor(input.shape), _at(input)),
            *(_tensor(output_shape), _at(output.array)),
        )
        return output.checked()

    def quantize(self, input: Array, **p: Any) -> Array:
        output = _Output(p["output_shape"], p["output_dtype"])
        tensor = _tensor(p["output_shape"], p["output_dtype"], p["scale"], p["zero_point"])
        self.c.ink_quantize_f32(tensor, _at(input), _at(output.array), input.size)
        return output.checked()

    def dequantize(self, input: Array, **p: Any) -> Array:
        output = _Output(p["output_shape"], "float32")
        tensor = _tensor(input.shape, input.dtype.name, p["scale"], p["zero_point"])
        self.c.ink_dequantize_f32(tensor, _at(input), _at(output.array), input.size)
        return output.checked()
