"""The network of the CMSIS-NN paper, as it trains and as it is deployed; no training here.

Lai, Suda and Chandra, "CMSIS-NN: Efficient Neural Network Kernels for Arm Cortex-M CPUs", 2018,
section 4: 5x5 convolutions with 32, 32 and 64 outputs, each with 3x3 pooling of stride 2, and one
fully connected layer. Here ReLU stands before each pooling, and each pooling takes the maximum.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = (32, 32, 64)
KERNEL = 5
CLASSES = 10
MEAN, DEVIATION = 120.0, 64.0  # Of CIFAR-10's pixels, rounded; one value for all colours.
BLACK = -MEAN / DEVIATION


def pool(values: Tensor) -> Tensor:
    """Take the maximum of 3x3 at stride 2; ceil_mode makes it TensorFlow's SAME, without PAD."""
    return functional.max_pool2d(values, 3, 2, ceil_mode=True)


class Student(nn.Module):
    """The network while it trains: with batch normalization, without softmax.

    Normalization and ReLU stand after the pooling here, where they cost a quarter; both grow with
    their input (the factors are taken absolute), so they may be moved before it, see Deployed.
    Takes float pictures [N, 3, 32, 32], normalized by MEAN and DEVIATION; gives logits [N, 10].
    """

    def __init__(self) -> None:
        super().__init__()
        inputs = (3, *CHANNELS)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, KERNEL, padding=0 if before == 3 else KERNEL // 2, bias=False)
            for before, after in zip(inputs[:-1], CHANNELS, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for channels in CHANNELS)
        self.classify = nn.Linear(CHANNELS[-1] * 4 * 4, CLASSES)

    def forward(self, pictures: Tensor) -> Tensor:
        # Pad with black, not with the mean: the deployed network pads its pixels with zeros.
        values = functional.pad(pictures, [KERNEL // 2] * 4, value=BLACK)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            values = functional.batch_norm(
                pool(convolution(values)),
                norm.running_mean,
                norm.running_var,
                norm.weight.abs(),
                norm.bias,
                self.training,
            )
            values = functional.relu(values)
        return self.classify(values.permute(0, 2, 3, 1).flatten(1))


class Deployed(nn.Module):
    """The same function on raw pixels: normalizations folded into the weights, softmax added.

    Takes float pictures [N, 32, 32, 3] of pixels 0 to 255; gives probabilities [N, 10].
    """

    def __init__(self, student: Student) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList()
        for index, (convolution, norm) in enumerate(
            zip(student.convolutions, student.norms, strict=True)
        ):
            factor = norm.weight.abs() / torch.sqrt(norm.running_var + norm.eps)
            weight = convolution.weight * factor[:, None, None, None]
            bias = norm.bias - norm.running_mean * factor
            if index == 0:
                bias = bias - weight.sum((1, 2, 3)) * MEAN / DEVIATION
                weight = weight / DEVIATION
            folded = nn.Conv2d(weight.shape[1], weight.shape[0], KERNEL, padding=KERNEL // 2)
            folded.weight.data, folded.bias.data = weight.detach(), bias.detach()
            self.convolutions.append(folded)
        self.classify = student.classify

    def forward(self, pixels: Tensor) -> Tensor:
        values = pixels.permute(0, 3, 1, 2)
        for convolution in self.convolutions:
            values = pool(functional.relu(convolution(values)))
        values = values.permute(0, 2, 3, 1).flatten(1)
        return functional.softmax(self.classify(values), dim=1)


def multiply_accumulates() -> int:
    """Return the deployed network's multiply-accumulates for one picture."""
    total, side, before = 0, 32, 3
    for channels in CHANNELS:
        total += side * side * channels * KERNEL * KERNEL * before
        side, before = side // 2, channels
    return total + side * side * before * CLASSES
