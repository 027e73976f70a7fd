"""A network as it trains and as it is deployed, in torch, from its layers; no training here."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.cifar10.family import CLASSES, Layer, Network, Residual, sides
from models.cifar10.train import DEVIATION, MEAN

BLACK = -MEAN / DEVIATION


class Unit(nn.Module):
    """One Layer as it trains; `last` ones have no ReLU, because an addition follows.

    Normalization and ReLU stand after the pooling here, where they cost a quarter; both grow with
    their input (the factors are taken absolute), so that `deployed` may move them before it.
    """

    def __init__(self, layer: Layer, before: int, first: bool, last: bool) -> None:
        super().__init__()
        self.layer, self.first, self.last = layer, first, last
        padding = 0 if first else layer.kernel // 2
        groups = before if layer.depthwise else 1
        self.convolution = nn.Conv2d(
            before, layer.channels, layer.kernel, layer.stride, padding, groups=groups, bias=False
        )
        self.norm = nn.BatchNorm2d(layer.channels)

    def forward(self, values: Tensor) -> Tensor:
        if self.first:  # Pad with black, not with the mean: the deployed network pads with zeros.
            values = functional.pad(values, [self.layer.kernel // 2] * 4, value=BLACK)
        values = pool(self.convolution(values), self.layer.pool)
        norm = self.norm
        values = functional.batch_norm(
            values,
            norm.running_mean,
            norm.running_var,
            norm.weight.abs(),
            norm.bias,
            norm.training,
        )
        return values if self.last else functional.relu(values)

    def deployed(self) -> nn.Module:
        """Return the same function as convolution, ReLU and pooling; the first on raw pixels."""
        factor = self.norm.weight.abs() / torch.sqrt(self.norm.running_var + self.norm.eps)
        weight = self.convolution.weight * factor[:, None, None, None]
        bias = self.norm.bias - self.norm.running_mean * factor
        if self.first:
            bias = bias - weight.sum((1, 2, 3)) * MEAN / DEVIATION
            weight = weight / DEVIATION
        old, layer = self.convolution, self.layer
        sizes = (old.in_channels, layer.channels, layer.kernel, layer.stride, layer.kernel // 2)
        folded = nn.Conv2d(*sizes, groups=old.groups)
        folded.weight.data, folded.bias.data = weight.detach(), bias.detach()
        return nn.Sequential(
            folded,
            *([] if self.last else [nn.ReLU()]),
            *([Pool(layer.pool)] if layer.pool else []),
        )


class Pool(nn.Module):
    """`pool` as a module."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, values: Tensor) -> Tensor:
        return pool(values, self.size)


class Sum(nn.Module):
    """A Residual: ReLU of its input and its body's output, added."""

    def __init__(self, body: nn.Sequential) -> None:
        super().__init__()
        self.body = body

    def forward(self, values: Tensor) -> Tensor:
        return functional.relu(values + self.body(values))

    def deployed(self) -> nn.Module:
        """Return the same with its body deployed."""
        return Sum(nn.Sequential(*(unit.deployed() for unit in self.body)))


class Student(nn.Module):
    """A network while it trains: with batch normalization, without softmax.

    Takes float pictures [N, colours, 32, 32], normalized by MEAN and DEVIATION; gives logits
    [N, 10].
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.flat, self.colours = network.flat, network.colours
        self.trunk = nn.Sequential()
        before = network.colours
        for layer in network.layers:
            residual = isinstance(layer, Residual)
            units = nn.Sequential()
            for part in layer.layers if isinstance(layer, Residual) else (layer,):
                last = residual and part is layer.layers[-1]
                first = not self.trunk and not units
                units.append(Unit(part, before, first, last))
                before = part.channels
            self.trunk.append(Sum(units) if residual else units[0])
        side = sides(network)[-1]
        self.classify = nn.Linear(before * side * side if network.flat else before, CLASSES)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.classify(self.join(self.trunk(pictures)))

    def join(self, values: Tensor) -> Tensor:
        """Return what is classified: all values, the channels last, or each channel's mean."""
        values = values.permute(0, 2, 3, 1)
        return values.flatten(1) if self.flat else values.mean((1, 2))


class Deployed(nn.Module):
    """The same function on raw pixels: normalizations folded into the weights, softmax added.

    Takes float pictures [N, 32, 32, colours] of pixels 0 to 255; gives probabilities [N, 10].
    """

    def __init__(self, student: Student) -> None:
        super().__init__()
        self.join, self.colours = student.join, student.colours
        self.trunk = nn.Sequential(*(part.deployed() for part in student.trunk))
        self.classify = student.classify

    def forward(self, pixels: Tensor) -> Tensor:
        values = self.join(self.trunk(pixels.permute(0, 3, 1, 2)))
        return functional.softmax(self.classify(values), dim=1)


def pool(values: Tensor, size: int) -> Tensor:
    """Take the maximum at stride 2, if size; ceil_mode makes it TensorFlow's SAME, without PAD."""
    return functional.max_pool2d(values, size, 2, ceil_mode=True) if size else values
