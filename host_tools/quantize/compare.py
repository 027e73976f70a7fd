"""Layer by layer, what int8 adds to a network: its values beside those of float32.

Both run in LiteRT on the same samples, int8 by the reference kernels. The signal-to-noise ratio of
a tensor is 10 log10(sum of f^2 / sum of (f - q)^2) in dB, f of the float32 network and q of the
int8 one; it has the errors of all layers before. Beside it stand that of f stored in the tensor's
own scale and zero point, which no layer can exceed, and what the layer would have alone, were its
inputs exact: a layer hands on about the share of noise that it is given, so that its own share is
what is left of 10^(-SNR/10) less the same of its noisiest input, and storing at least where it
stores anew.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.graph import Graph, Tensor
from host_tools.kernels.quantize import dequantize, stored
from host_tools.progress import progress
from host_tools.quantize.litert import LiteRt
from host_tools.quantize.ranges import computed
from host_tools.quantize.samples import Samples
from host_tools.tflite.tensors import exact_names

Array = npt.NDArray[Any]

# noise of less power than this share of the signal's is float32's own
ROUNDING = 1e-12


@dataclass(frozen=True)
class Layer:
    """A tensor of the float network beside the same one in int8.

    `operator` is its maker's index in the float network, -1 for an input. `snr` and `store_snr`
    in dB, infinite where both agree but for float32's rounding; `channel_snr` is `store_snr` of
    the median channel, which one that reaches far cannot hide; `own_snr` is an estimate of what
    `snr` would be with exact inputs, infinite where the layer adds no noise. `clipped` is the
    share of values more than a step outside what `scale` and `zero_point` can tell apart, 0 to 1.
    Where the tensor stays in float32, `scale` is None.
    """

    operator: int
    kind: str
    tensor: int
    name: str
    dtype: str
    scale: float | None
    zero_point: int
    snr: float
    store_snr: float
    channel_snr: float
    own_snr: float
    clipped: float

    @property
    def own_share(self) -> float:
        """How much of the noise is the layer's own, 0 to 1."""
        return _share(self.own_snr) / _share(self.snr) if math.isfinite(self.own_snr) else 0.0


@dataclass
class _Sums:
    """Sums of squares over all samples, [channels] of the last dimension."""

    signal: Array | float = 0.0
    noise: Array | float = 0.0
    store_noise: Array | float = 0.0
    outside: int = 0
    seen: int = 0


def compare(
    models: tuple[bytes, bytes],
    graphs: tuple[Graph, Graph],
    samples: Samples,
    taken: Sequence[int],
) -> list[Layer]:
    """A layer for each computed tensor, in running order; `models`, `graphs`: float32, int8."""
    real = LiteRt(models[0], graphs[0], every=True)
    whole = LiteRt(models[1], graphs[1], every=True, reference=True)
    pairs = _pairs(models, graphs)
    sums = {tensor.index: _Sums() for tensor, _ in pairs}
    with progress("comparing layer by layer", len(taken)) as update:
        for number, sample in enumerate(taken):
            inputs = samples.read(sample)
            real.run(inputs)
            whole.run(stored_inputs(graphs[1], inputs))
            for tensor, twin in pairs:
                values = real.tensor(tensor.index).astype(np.float32, copy=False)
                _add(sums[tensor.index], values, whole.tensor(twin.index), twin)
            update(number + 1)
    return _layers(graphs[0], pairs, sums)


def stored_inputs(graph: Graph, inputs: Sequence[Array]) -> list[Array]:
    """Real values as the inputs of an int8 network store them."""
    tensors = [graph.tensors[index] for index in graph.inputs]
    return [
        stored(array, tensor.dtype, *_scale(tensor))
        for array, tensor in zip(inputs, tensors, strict=True)
    ]


def _scale(tensor: Tensor) -> tuple[float, int]:
    quantization = tensor.quantization
    if quantization is None:
        return 1.0, 0
    return float(quantization.scale[0]), int(quantization.zero_point[0])


def _pairs(
    models: tuple[bytes, bytes], graphs: tuple[Graph, Graph]
) -> list[tuple[Tensor, Tensor]]:
    """Each computed float tensor with the int8 one that stands for it; by name, as they keep it.

    Where a part stays in float32, QUANTIZE behind it makes a tensor of a longer name: the shorter
    one counts.
    """
    real, whole = graphs
    names, twins = map(exact_names, models)
    written = {i for operator in whole.operators for i in operator.outputs} | {*whole.inputs}
    by_name = {twins[index]: whole.tensors[index] for index in written}
    return [(t, by_name[names[t.index]]) for t in computed(real) if names[t.index] in by_name]


def _add(sums: _Sums, values: Array, twin: Array, tensor: Tensor) -> None:
    scale, zero_point = _scale(tensor)
    shape = values.shape
    q, kept = twin, values
    if tensor.dtype != "float32":
        q = dequantize(twin, scale=scale, zero_point=zero_point, output_shape=shape)
        kept = dequantize(
            stored(values, tensor.dtype, scale, zero_point),
            scale=scale,
            zero_point=zero_point,
            output_shape=shape,
        )
        limits = np.iinfo(tensor.dtype)
        # SOFTMAX and LOGISTIC end a step below 1 by definition
        low = scale * (limits.min - zero_point - 1)
        high = scale * (limits.max - zero_point + 1)
        sums.outside += int(((values < low) | (values > high)).sum())
    wide = values.astype(np.float64)
    sums.signal += _by_channel(wide**2)
    sums.noise += _by_channel((wide - q) ** 2)
    sums.store_noise += _by_channel((wide - kept) ** 2)
    sums.seen += values.size


def _by_channel(squares: Array) -> Array:
    return squares.reshape(-1, squares.shape[-1] if squares.ndim > 1 else 1).sum(0)


def _decibels(signal: float, noise: float) -> float:
    if noise <= signal * ROUNDING:
        return math.inf
    ratio = signal / noise
    return 10 * math.log10(ratio) if ratio else -math.inf


def _share(decibels: float) -> float:
    """Noise in the signal's power: 0 where nothing is lost."""
    return 10 ** (-decibels / 10)


def _layers(
    graph: Graph, pairs: Sequence[tuple[Tensor, Tensor]], sums: dict[int, _Sums]
) -> list[Layer]:
    makers = {index: operator for operator in graph.operators for index in operator.outputs}
    found: dict[int, float] = {}
    twins = {tensor.index: twin for tensor, twin in pairs}
    layers = []
    for tensor, twin in pairs:
        sum_ = sums[tensor.index]
        signal, noise = np.asarray(sum_.signal), np.asarray(sum_.store_noise)
        snr = _decibels(signal.sum(), np.sum(sum_.noise))
        channels = [_decibels(*pair) for pair in zip(signal, noise, strict=True) if pair[0]]
        maker = makers.get(tensor.index)
        before = [i for i in maker.inputs if i in found] if maker else []
        scale, zero_point = _scale(twin)
        store = _decibels(signal.sum(), noise.sum())
        own = max(0.0, _share(snr) - max((_share(found[i]) for i in before), default=0.0))
        if all(_scale(twins[i]) != (scale, zero_point) for i in before):
            own = max(own, min(_share(store), _share(snr)))
        found[tensor.index] = snr
        layers.append(
            Layer(
                maker.index if maker else -1,
                maker.kind if maker else "INPUT",
                tensor.index,
                tensor.name,
                twin.dtype,
                scale if twin.quantization else None,
                zero_point,
                snr,
                store,
                float(np.median(channels)) if channels else math.inf,
                _decibels(1.0, own),
                sum_.outside / max(sum_.seen, 1),
            )
        )
    return layers
