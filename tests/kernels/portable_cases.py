"""Random calls of the kernels: shapes, strides, paddings, offsets, multipliers, shifts, extremes.

`CASES[kernel](rng)` returns (arrays, keyword arguments) for the function of that name in
`host_tools.kernels`. Every parameter is within what the blob allows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import quantize_multiplier

Array = npt.NDArray[Any]
Call = tuple[tuple[Array, ...], dict[str, Any]]
Generator = np.random.Generator


def pick(rng: Generator, *choices: Any) -> Any:
    """One of `choices`."""
    return choices[int(rng.integers(len(choices)))]


def between(rng: Generator, low: int, high: int) -> int:
    """A number from `low` to `high`; the ends more often than chance has it."""
    return pick(rng, low, high, *[int(rng.integers(low, high + 1)) for _ in range(6)])


def int8_values(rng: Generator, shape: tuple[int, ...]) -> Array:
    """int8 of all kinds: random, small, constant at either end, alternating between the ends."""
    random = rng.integers(-128, 128, shape)
    values = pick(
        rng,
        *[random] * 4,
        random // 16,
        np.full(shape, -128),
        np.full(shape, 127),
        np.where(random < 0, -128, 127),
    )
    return np.array(values, dtype=np.int8)


def multipliers(rng: Generator, count: int, size: float) -> tuple[Array, Array]:
    """`count` multipliers and shifts: most bring a sum of about `size` into int8, some extreme."""
    multiplier = rng.integers(1 << 30, 1 << 31, count)
    multiplier[rng.random(count) < 0.1] = 1 << 30
    multiplier[rng.random(count) < 0.1] = (1 << 31) - 1
    fitting = -round(math.log2(max(size, 1) / 64))
    shift = np.clip(rng.integers(fitting - 2, fitting + 3, count), -31, 30)
    extreme = rng.random(count) < 0.15
    shift[extreme] = rng.choice([-31, -30, -1, 0, 1, 29, 30], int(extreme.sum()))
    nothing = rng.random(count) < 0.03
    multiplier[nothing] = 0
    shift[nothing] = 0
    return multiplier.astype(np.int32), shift.astype(np.int32)


def activation(rng: Generator) -> dict[str, int]:
    """act_min and act_max."""
    bounds = sorted((between(rng, -128, 127), between(rng, -128, 127)))
    low, high = pick(rng, (-128, 127), (-128, 127), bounds)
    return {"act_min": low, "act_max": high}


def biases(rng: Generator, count: int, size: float) -> Array:
    """int32: none, fitting to sums of `size`, or extreme."""
    fitting = rng.integers(-int(size) - 1, int(size) + 1, count)
    extreme = rng.choice([-(1 << 31), (1 << 31) - 1, 0, 1, -1], count)
    return pick(rng, np.zeros(count), fitting, fitting, extreme).astype(np.int32)


def _axis(rng: Generator, dilations: bool) -> dict[str, int]:
    """An axis whose windows all touch the input."""
    size, kernel = between(rng, 1, 9), between(rng, 1, 5)
    dilation = pick(rng, 1, 1, 2, 3) if dilations else 1
    stride, pad = pick(rng, 1, 1, 2, 3, 7), between(rng, 0, (kernel - 1) * dilation)
    output = between(rng, 1, min(6, (size - 1 + pad) // stride + 1))
    return {
        **{"size": size, "kernel": kernel, "dilation": dilation},
        **{"stride": stride, "pad": pad, "output": output},
    }


def _window(height: dict[str, int], width: dict[str, int]) -> dict[str, int]:
    return {
        **{"kernel_h": height["kernel"], "kernel_w": width["kernel"]},
        **{"stride_h": height["stride"], "stride_w": width["stride"]},
        **{"pad_top": height["pad"], "pad_left": width["pad"]},
    }


def _offsets(rng: Generator) -> dict[str, int]:
    return {
        "input_offset": -between(rng, -128, 127),
        "output_offset": between(rng, -128, 127),
    }


def _convolution(rng: Generator, depthwise: bool) -> Call:
    height, width = _axis(rng, True), _axis(rng, True)
    batch = pick(rng, 1, 1, 2)
    if depthwise:
        factor = pick(rng, 1, 1, 1, 2, 3, 5)
        channels = between(rng, 1, 9)
        units = channels * factor
        weight_shape = (height["kernel"], width["kernel"], units)
        terms = height["kernel"] * width["kernel"]
    else:
        factor = pick(rng, 1, 1, 1, 2, 3)
        depth = between(rng, 1, 9)
        channels, units = depth * factor, factor * between(rng, 1, 9)
        weight_shape = (units, height["kernel"], width["kernel"], depth)
        terms = height["kernel"] * width["kernel"] * depth
    size = 5000.0 * math.sqrt(terms)
    arrays = (
        int8_values(rng, (batch, height["size"], width["size"], channels)),
        int8_values(rng, weight_shape),
        biases(rng, units, size),
        *multipliers(rng, units, size),
    )
    return arrays, {
        **_window(height, width),
        **{"dilation_h": height["dilation"], "dilation_w": width["dilation"]},
        **{"channel_factor": factor, **_offsets(rng), **activation(rng)},
        "output_shape": (batch, height["output"], width["output"], units),
    }


def conv(rng: Generator) -> Call:
    return _convolution(rng, False)


def depthwise_conv(rng: Generator) -> Call:
    return _convolution(rng, True)


def fully_connected(rng: Generator) -> Call:
    rows, depth, units = pick(rng, 1, 1, 2, 5), between(rng, 1, 70), between(rng, 1, 19)
    per_channel = pick(rng, 0, 1)
    size = 5000.0 * math.sqrt(depth)
    arrays = (
        int8_values(rng, (rows, depth)),
        int8_values(rng, (units, depth)),
        biases(rng, units, size),
        *multipliers(rng, units if per_channel else 1, size),
    )
    return arrays, {
        **{"depth": depth, "units": units, "per_channel": per_channel},
        **{**_offsets(rng), "filter_offset": pick(rng, 0, 0, -between(rng, -128, 127))},
        **{**activation(rng), "output_shape": (rows, units)},
    }


def pool(rng: Generator) -> Call:
    height, width = _axis(rng, False), _axis(rng, False)
    batch, channels = pick(rng, 1, 1, 2), between(rng, 1, 9)
    arrays = (int8_values(rng, (batch, height["size"], width["size"], channels)),)
    return arrays, {
        **_window(height, width),
        **activation(rng),
        "output_shape": (batch, height["output"], width["output"], channels),
    }


def _sum_parameters(rng: Generator) -> dict[str, int]:
    # an input's multiplier is at most 1, and the sum's undoes the shift to the left
    names = ("input0", "input1")
    scales = {name: multipliers(rng, 1, 64.0) for name in names}
    output_multiplier, output_shift = multipliers(rng, 1, 64.0 * (1 << 20))
    fields: dict[str, int] = {}
    for name in names:
        multiplier, shift = scales[name]
        fields[f"{name}_offset"] = -between(rng, -128, 127)
        fields[f"{name}_multiplier"] = int(multiplier[0])
        fields[f"{name}_shift"] = int(shift[0])
    return {
        **{**fields, "left_shift": 20, "output_offset": between(rng, -128, 127)},
        **{"output_multiplier": int(output_multiplier[0]), "output_shift": int(output_shift[0])},
        **activation(rng),
    }


def _product_parameters(rng: Generator) -> dict[str, int]:
    multiplier, shift = multipliers(rng, 1, 5000.0)
    return {
        **{"input0_offset": -between(rng, -128, 127), "input1_offset": -between(rng, -128, 127)},
        **{"output_offset": between(rng, -128, 127)},
        **{"output_multiplier": int(multiplier[0]), "output_shift": int(shift[0])},
        **activation(rng),
    }


def _flat(rng: Generator, parameters: dict[str, int]) -> Call:
    shape = (between(rng, 1, 200),)
    return (int8_values(rng, shape), int8_values(rng, shape)), {
        **parameters,
        "output_shape": shape,
    }


def add(rng: Generator) -> Call:
    return _flat(rng, _sum_parameters(rng))


def mul(rng: Generator) -> Call:
    return _flat(rng, _product_parameters(rng))


def _broadcast(rng: Generator, parameters: dict[str, int]) -> Call:
    shape = tuple(pick(rng, 1, 2, 3, 5) for _ in range(between(rng, 0, 6)))

    def part() -> Array:
        dropped = pick(rng, 0, 0, int(rng.integers(len(shape) + 1)))
        kept = shape[dropped:]
        return int8_values(rng, tuple(dim if rng.random() < 0.6 else 1 for dim in kept))

    return (part(), part()), {**parameters, "output_shape": shape}


def broadcast_sum(rng: Generator) -> Call:
    parameters = _sum_parameters(rng)
    # the verifier takes no shift to the left here
    for name in ("input0_shift", "input1_shift", "output_shift"):
        parameters[name] = min(parameters[name], 0)
    return _broadcast(rng, parameters)


def broadcast_mul(rng: Generator) -> Call:
    return _broadcast(rng, _product_parameters(rng))


def softmax(rng: Generator) -> Call:
    shape = (pick(rng, 1, 2, 3), pick(rng, 1, 2, 10, 100, 600, 5000))
    if rng.random() < 0.8:
        # as TensorFlow Lite prepares it, for scales from 2^-20 to 2^5
        real = min(
            2.0 ** pick(rng, rng.uniform(-20, 5), rng.uniform(-6, -2)) * (1 << 26), 2.0**31 - 1
        )
        multiplier, shift = quantize_multiplier(real)
        lowest = -math.floor(31.0 * (1 << 26) / 2.0**shift)
        return (int8_values(rng, shape),), {
            **{"multiplier": multiplier, "shift": min(shift, 30)},
            **{"diff_min": max(lowest, -(1 << 31)), "output_shape": shape},
        }
    any_multiplier, any_shift = multipliers(rng, 1, 1.0)
    return (int8_values(rng, shape),), {
        **{"multiplier": int(any_multiplier[0]), "shift": int(any_shift[0])},
        **{"diff_min": -between(rng, 0, 256), "output_shape": shape},
    }


def lut(rng: Generator) -> Call:
    shape = (between(rng, 1, 300),)
    dtype = pick(rng, "int8", "uint8")
    return (
        int8_values(rng, shape).view(dtype),
        rng.integers(0, 256, 256, dtype=np.uint8),
    ), {"output_shape": shape, "output_dtype": pick(rng, "int8", "uint8")}


def _box(rng: Generator, count: list[int], steps: list[int]) -> tuple[int, int, list[int]]:
    """A tensor that holds a strided box, its axes in any order: (elements, start, strides)."""
    strides = [0] * len(count)
    start, size = 0, 1
    for axis in rng.permutation(len(count)):
        reach = (count[axis] - 1) * abs(steps[axis]) + 1
        before = int(rng.integers(2))
        start += before * size
        if steps[axis] < 0:
            start += (reach - 1) * size
        strides[axis] = steps[axis] * size
        size *= before + reach + int(rng.integers(2))
    return size, start, strides


def copy(rng: Generator) -> Call:
    count = [pick(rng, 1, 1, 2, 3, 4) for _ in range(5)] + [pick(rng, 1, 3, 4, 8, 31, 32, 44, 96)]
    input_size, input_start, input_stride = _box(
        rng, count, [pick(rng, 1, 1, 2, -1, -3) for _ in count]
    )
    output_size, output_start, output_stride = _box(
        rng, count, [pick(rng, 1, 1, 1, 2) for _ in count]
    )
    element_size = pick(rng, 1, 4)
    fill = pick(rng, 0, 1) if element_size == 1 else 0
    dtype = "int8" if element_size == 1 else "float32"
    source, before = (
        rng.integers(0, 256, size * element_size, dtype=np.uint8)
        for size in (input_size, output_size)
    )
    return (source.view(dtype), before.view(dtype)), {
        **{"element_size": element_size, "count": count},
        **{"input_start": input_start, "input_stride": input_stride},
        **{"output_start": output_start, "output_stride": output_stride},
        **{"fill": fill, "fill_value": between(rng, -128, 127), "output_shape": (output_size,)},
    }


def mean(rng: Generator) -> Call:
    shape = tuple(pick(rng, 1, 2, 3, 5) for _ in range(between(rng, 1, 6)))
    axes = int(rng.integers(1 << len(shape)))
    kept = tuple(dim for axis, dim in enumerate(shape) if not axes >> axis & 1)
    count = math.prod(shape) // math.prod(kept)
    multiplier, shift = multipliers(rng, 1, 64.0 * count)
    small = rng.random() < 0.3
    return (int8_values(rng, shape),), {
        **{"axes": axes, **_offsets(rng)},
        "multiplier": int(rng.integers(1 << 30)) if small else int(multiplier[0]),
        **{"shift": int(shift[0]), "output_shape": kept},
    }


def resize_nearest(rng: Generator) -> Call:
    shape = tuple(between(rng, 1, 6) for _ in range(4))
    height, width = between(rng, 1, 9), between(rng, 1, 9)
    rows = rng.integers(0, shape[1], height, dtype=np.uint16)
    columns = rng.integers(0, shape[2], width, dtype=np.uint16)
    return (int8_values(rng, shape), rows, columns), {
        "output_shape": (shape[0], height, width, shape[3])
    }


def quantize(rng: Generator) -> Call:
    dtype = pick(rng, "int8", "uint8")
    low = -128 if dtype == "int8" else 0
    scale = pick(rng, 1.0, 2.0**-7, float(np.float32(10.0 ** rng.uniform(-12, 12))), 1e-38, 3e38)
    steps = rng.integers(-600, 600, 60) / 2
    special = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 3.4e38, -3.4e38]
    with np.errstate(over="ignore"):
        values = np.concatenate([steps * scale, steps + 0.25, special]).astype(np.float32)
    return (values,), {
        **{"scale": scale, "zero_point": between(rng, low, low + 255)},
        **{"output_shape": values.shape, "output_dtype": dtype},
    }


def dequantize(rng: Generator) -> Call:
    dtype = pick(rng, "int8", "uint8")
    low = -128 if dtype == "int8" else 0
    values = np.arange(256, dtype=np.uint8).view(dtype)
    return (values,), {
        **{"scale": float(np.float32(10.0 ** rng.uniform(-30, 30)))},
        **{"zero_point": between(rng, low, low + 255), "output_shape": values.shape},
    }


CASES: dict[str, Callable[[Generator], Call]] = {
    "conv": conv,
    "depthwise_conv": depthwise_conv,
    "fully_connected": fully_connected,
    "average_pool": pool,
    "max_pool": pool,
    "softmax": softmax,
    "add": add,
    "mul": mul,
    "broadcast_add": broadcast_sum,
    "broadcast_sub": broadcast_sum,
    "broadcast_mul": broadcast_mul,
    "lut": lut,
    "copy": copy,
    "mean": mean,
    "resize_nearest": resize_nearest,
    "quantize": quantize,
    "dequantize": dequantize,
}
