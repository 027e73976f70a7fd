"""Which layers lose by int8, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from host_tools.quantize.compare import Layer
from host_tools.quantize.ranges import Watched
from host_tools.quantize.samples import Samples
from host_tools.tensor_text import short_name

# below this the noise has a third of the signal's amplitude
BAD_SNR = 10.0
# above this answers stay as they are
FAIR_SNR = 20.0
# a layer is named for noise of which this share is its own; more of it where answers stay
SOME_OF_IT, MOST_OF_IT = 0.2, 0.75
BAD_CLIPPED = 0.01
OUTLIER_CHANNEL = 6.0
ODD_SAMPLE = 4.0


@dataclass(frozen=True)
class Advice:
    """What is wrong with a layer, and what to do."""

    operator: int
    text: str


def advice(
    layers: Sequence[Layer], watched: Mapping[int, Watched], samples: Samples
) -> list[Advice]:
    """Advice for each layer that is bad by itself, in running order; [] where none is."""
    found = []
    for layer in layers:
        if layer.scale is None:
            continue
        lost = layer.snr < BAD_SNR and layer.own_share >= SOME_OF_IT
        lost |= layer.snr < FAIR_SNR and layer.own_share >= MOST_OF_IT
        lost |= layer.channel_snr < BAD_SNR
        if not lost and layer.clipped < BAD_CLIPPED:
            continue
        where = f"operator {layer.operator} ({layer.kind}, {short_name(layer.name)})"
        if layer.operator < 0:
            where = f"the input {short_name(layer.name)}"
        found.append(
            Advice(layer.operator, f"{where}: {_reason(layer, watched[layer.tensor], samples)}")
        )
    return found


def _reason(layer: Layer, watched: Watched, samples: Samples) -> str:
    low, high = watched.range
    span = f"its range is {low:.4g} to {high:.4g}"
    if layer.clipped >= BAD_CLIPPED:
        return (
            f"{100 * layer.clipped:.1f} % of its values are clipped; {span} in the samples "
            "calibrated with: take more samples, and such as occur at work"
        )
    reach = np.maximum(np.abs(watched.low), np.abs(watched.high))
    middle = float(np.median(reach))
    if len(reach) > 2 and reach.max() > OUTLIER_CHANNEL * max(middle, 1e-30):
        return (
            f"{span}, of which channel {int(reach.argmax())} takes {reach.max():.4g} and the "
            f"median channel {middle:.4g}: one scale must serve both. Train with weight decay or "
            "with ReLU6 here, or divide that channel's weights and bias here and multiply the "
            "next layer's by the same"
        )
    reaches = np.array(watched.reaches)
    usual = float(np.median(reaches))
    if reaches.max() > ODD_SAMPLE * max(usual, 1e-30):
        name = samples.name(watched.samples[int(reaches.argmax())])
        return (
            f"{span}; {name} alone reaches {reaches.max():.4g}, the median sample {usual:.4g}: "
            "calibrate without it if the like does not occur at work"
        )
    if layer.channel_snr < FAIR_SNR:
        return (
            f"{span}, while most values lie close together: train with weight decay, batch "
            "normalization or ReLU6 here, so that the range narrows"
        )
    return (
        f"{span}, which holds its values well ({layer.channel_snr:.0f} dB): its weights or the "
        "sums of its inputs lose. Train further with quantization in the loop (quantization-aware "
        "training), or give the layer more channels"
    )
