"""A trunk with a layer for new classes, in torch: as it trains, and as it is deployed."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from host_tools.teach.trunk import Step, Trunk

# what pixels are less and divided by while they train, so that the first layer's steps are those
# of the others
MEAN, DEVIATION = 120.0, 64.0


class Network(nn.Module):
    """Takes float pixels [N, channels, height, width] of 0 to 255; gives logits [N, classes]."""

    def __init__(self, trunk: Trunk, classes: int) -> None:
        super().__init__()
        self.steps, self.input = trunk.steps, trunk.input
        self.layers = nn.ModuleDict()
        for step in trunk.steps:
            if step.weights is not None:
                self.layers[str(step.output)] = _convolution(step)
        self.classify = nn.Linear(trunk.features, classes)
        self.deployed = False
        with torch.no_grad():
            nn.init.zeros_(self.classify.weight)
            nn.init.zeros_(self.classify.bias)
            first = self._first()
            first.bias += first.weight.sum((1, 2, 3)) * MEAN
            first.weight *= DEVIATION

    def _first(self) -> nn.Conv2d:
        layer = self.layers[str(self.steps[0].output)]
        assert isinstance(layer, nn.Conv2d)
        return layer

    def forward(self, pixels: Tensor) -> Tensor:
        logits: Tensor = self.classify(self.features(pixels))
        return functional.softmax(logits, dim=1) if self.deployed else logits

    def features(self, pixels: Tensor) -> Tensor:
        """What the trunk makes of pictures: [N, features]."""
        values = pixels if self.deployed else (pixels - MEAN) / DEVIATION
        black = 0.0 if self.deployed else -MEAN / DEVIATION
        known = {self.input: values}
        for step in self.steps:
            values = self._step(step, known, black if step is self.steps[0] else 0.0)
            known[step.output] = values
        return values

    def _step(self, step: Step, known: Mapping[int, Tensor], black: float) -> Tensor:
        values = known[step.inputs[0]]
        if step.kind == "conv":
            top, bottom, left, right = step.padding
            layer = self.layers[str(step.output)]
            assert isinstance(layer, nn.Conv2d)
            if black or not _is_even(step):
                values = functional.pad(values, [left, right, top, bottom], value=black)
                values = functional.conv2d(
                    values, layer.weight, layer.bias, step.stride, groups=step.groups
                )
            else:
                values = layer(values)
        elif step.kind == "pool":
            values = functional.max_pool2d(values, step.size, step.stride, ceil_mode=step.ceil)
        elif step.kind == "add":
            values = values + known[step.inputs[1]]
        elif step.kind == "mean":
            values = values.permute(0, 2, 3, 1).mean((1, 2))
        else:
            values = values.permute(0, 2, 3, 1).flatten(1)
        if step.activation == "RELU6":
            return functional.relu6(values)
        return functional.relu(values) if step.activation == "RELU" else values

    def as_deployed(self) -> Network:
        """The same function with the first layer on pixels, and softmax at its end."""
        made = copy.deepcopy(self).eval()
        with torch.no_grad():
            first = made._first()
            first.weight /= DEVIATION
            first.bias -= first.weight.sum((1, 2, 3)) * MEAN
        made.deployed = True
        return made


def _is_even(step: Step) -> bool:
    return len({*step.padding[:2]}) == len({*step.padding[2:]}) == 1


def _convolution(step: Step) -> nn.Conv2d:
    assert step.weights is not None and step.bias is not None
    channels, inputs, height, width = step.weights.shape
    padding = (step.padding[0], step.padding[2]) if _is_even(step) else 0
    layer = nn.Conv2d(
        inputs * step.groups,
        channels,
        (height, width),
        step.stride,
        padding,
        groups=step.groups,
    )
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(step.weights))
        layer.bias.copy_(torch.from_numpy(step.bias))
    return layer
