"""A network as it trains and as it is deployed, in torch, from its layers; no training here."""

from __future__ import annotations

from copy import deepcopy
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.keywords.family import (
    BANDS,
    FRAMES,
    Conv,
    Dense,
    Mean,
    Network,
    Recurrent,
    shapes,
)
from models.keywords.train import DEVIATION, MEAN


class Trained(nn.Module):
    """A network while it trains: with batch normalization, without softmax.

    Takes float features [N, 1, 98, 40], normalized by MEAN and DEVIATION; gives logits
    [N, classes].
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.parts = nn.ModuleList()
        shape: tuple[int, ...] = (FRAMES, BANDS, 1)
        layers = (*network.layers, Dense(network.classes, relu=False))
        for layer, (after, _, _) in zip(layers, shapes(network), strict=True):
            if isinstance(layer, Conv):
                self.parts.append(Convolution(layer, shape[2]))
            elif isinstance(layer, Mean):
                self.parts.append(nn.AvgPool2d(layer.size))
            elif isinstance(layer, Recurrent):
                kind = nn.GRU if layer.kind == "gru" else nn.LSTM
                self.parts.append(kind(prod(shape[1:]), layer.units, batch_first=True))
            else:
                mean = network.mean and len(self.parts) == len(network.layers)
                self.parts.append(nn.Linear(shape[-1] if mean else prod(shape), layer.units))
            shape = after

    def forward(self, values: Tensor) -> Tensor:
        layers = (*self.network.layers, Dense(self.network.classes, relu=False))
        for layer, part in zip(layers, self.parts, strict=True):
            if isinstance(layer, Recurrent):
                values, _ = part(rows(values))
                values = values[:, -1] if layer.last else values
            elif isinstance(layer, Dense):
                mean = self.network.mean and part is self.parts[-1]
                values = part(values.mean((2, 3)) if mean else flat(values))
                values = functional.relu(values) if layer.relu else values
            else:
                values = part(values)
        return values


class Convolution(nn.Module):
    """A Conv as it trains."""

    def __init__(self, layer: Conv, before: int) -> None:
        super().__init__()
        groups = before if layer.depthwise else 1
        self.layer = layer
        self.convolution = nn.Conv2d(
            before, layer.channels, layer.kernel, layer.stride, groups=groups, bias=False
        )
        self.norm = nn.BatchNorm2d(layer.channels)

    def forward(self, values: Tensor) -> Tensor:
        return functional.relu(self.norm(self.convolution(pad(values, self.layer))))

    def deployed(self) -> nn.Module:
        """Return the same function without normalization."""
        old, norm, layer = self.convolution, self.norm, self.layer
        factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        new = nn.Conv2d(
            old.in_channels, layer.channels, layer.kernel, layer.stride, groups=old.groups
        )
        new.weight.data = (old.weight * factor[:, None, None, None]).detach()
        new.bias.data = (norm.bias - norm.running_mean * factor).detach()
        return Padded(new, layer)


class Padded(nn.Module):
    """A folded convolution, padded as TensorFlow's SAME, and ReLU."""

    def __init__(self, convolution: nn.Conv2d, layer: Conv) -> None:
        super().__init__()
        self.convolution, self.layer = convolution, layer

    def forward(self, values: Tensor) -> Tensor:
        return functional.relu(self.convolution(pad(values, self.layer)))


class Steps(nn.Module):
    """A GRU or LSTM layer, a step after the other; the same weights as torch's."""

    def __init__(self, trained: nn.GRU | nn.LSTM, last: bool) -> None:
        super().__init__()
        self.units, self.last = trained.hidden_size, last
        self.step = self.gru if isinstance(trained, nn.GRU) else self.lstm
        gates = len(trained.bias_ih_l0)
        self.inputs = nn.Linear(trained.input_size, gates)
        self.state = nn.Linear(self.units, gates)
        for layer, end in ((self.inputs, "ih"), (self.state, "hh")):
            layer.weight.data = self.ordered(getattr(trained, f"weight_{end}_l0").data)
            layer.bias.data = self.ordered(getattr(trained, f"bias_{end}_l0").data)

    def ordered(self, parts: Tensor) -> Tensor:
        """Return a GRU's update before its reset, as the packer wants what it makes one kernel."""
        if self.step != self.gru:
            return parts
        reset, update, new = parts.chunk(3)
        return torch.cat((update, reset, new))

    def forward(self, values: Tensor | list[Tensor]) -> Tensor | list[Tensor]:
        """Take the steps, or what rows() makes them of; return the last state, or a list of all.

        Stacked between two layers they would be copied, and be more than tflite-micro takes.
        """
        if isinstance(values, Tensor):
            values = rows(values)
            values = [values[:, step] for step in range(values.shape[1])]
        state = cell = torch.zeros(len(values[0]), self.units)
        if self.step == self.gru:
            # zeros that the converter does not fold, so that the first step is as the others
            first = values[0][:, :1] + self.state.bias[: self.units]
            state = first - first
        found = []
        for given in values:
            state, cell = self.step(self.inputs(given), self.state(state), state, cell)
            found.append(state)
        return state if self.last else found

    def gru(
        self, given: Tensor, kept: Tensor, state: Tensor, cell: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the new state; the cell is not used."""
        given, kept = given.chunk(3, dim=1), kept.chunk(3, dim=1)
        update = torch.sigmoid(given[0] + kept[0])
        reset = torch.sigmoid(given[1] + kept[1])
        new = torch.tanh(given[2] + reset * kept[2])
        return update * state + (1 - update) * new, cell

    def lstm(
        self, given: Tensor, kept: Tensor, state: Tensor, cell: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the new state and cell."""
        take, keep, new, show = (given + kept).chunk(4, dim=1)
        cell = torch.sigmoid(keep) * cell + torch.sigmoid(take) * torch.tanh(new)
        return torch.sigmoid(show) * torch.tanh(cell), cell


class Deployed(nn.Module):
    """The same function on raw features: normalizations folded into the weights, softmax added.

    Takes float features [1, 98, 40, 1] of 0 to 255; gives probabilities [1, classes].
    """

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        self.network = trained.network
        self.parts = nn.ModuleList()
        raw = True  # Whether the values here are not normalized yet.
        for layer, part in zip((*self.network.layers, None), trained.parts, strict=True):
            if isinstance(layer, Conv):
                part = part.deployed()
                fold(part.convolution, raw)
            elif isinstance(layer, Recurrent):
                part = Steps(part, layer.last)
                fold(part.inputs, raw)
            elif not isinstance(layer, Mean):
                part = deepcopy(part)
                fold(part, raw)
            raw = raw and isinstance(layer, Mean)
            self.parts.append(part)

    def forward(self, values: Tensor) -> Tensor:
        values = values.permute(0, 3, 1, 2)
        layers = (*self.network.layers, Dense(self.network.classes, relu=False))
        for layer, part in zip(layers, self.parts, strict=True):
            if isinstance(layer, Dense):
                mean = self.network.mean and part is self.parts[-1]
                values = values.permute(0, 2, 3, 1).mean((1, 2)) if mean else flat(values)
                values = part(values)
                values = functional.relu(values) if layer.relu else values
            else:
                values = part(values)
        return functional.softmax(values, dim=1)

    def weights(self) -> list[Tensor]:
        """Return what twin.py gives the layers of Keras, whose matrices are [inputs, outputs]."""
        found = []
        for part in self.parts:
            if isinstance(part, Steps):
                bias = part.inputs.bias + part.state.bias
                found += [part.inputs.weight.T, part.state.weight.T, bias]
            elif isinstance(part, nn.Linear):
                found += [part.weight.T, part.bias]
        return [values.detach() for values in found]


def fold(layer: nn.Conv2d | nn.Linear, raw: bool) -> None:
    """Make a layer take raw features instead of normalized ones, if `raw`."""
    if raw:
        weight = layer.weight.data
        layer.bias.data = layer.bias.data - weight.flatten(1).sum(1) * MEAN / DEVIATION
        layer.weight.data = weight / DEVIATION


def pad(values: Tensor, layer: Conv) -> Tensor:
    """Pad [n, channels, frames, bands] as TensorFlow's SAME does, if the layer is such."""
    if not layer.same:
        return values
    around: list[int] = []
    for side, kernel, stride in zip(values.shape[2:], layer.kernel, layer.stride, strict=True):
        missing = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        around = [missing // 2, missing - missing // 2, *around]
    return functional.pad(values, around)


def rows(values: Tensor) -> Tensor:
    """Turn [n, channels, frames, bands] into [n, frames, bands * channels]; leave rows."""
    return values.permute(0, 2, 3, 1).flatten(2) if values.ndim == 4 else values


def flat(values: Tensor) -> Tensor:
    """Turn [n, channels, frames, bands] into rows of all values, the channels last."""
    return values.permute(0, 2, 3, 1).flatten(1) if values.ndim == 4 else values.flatten(1)
