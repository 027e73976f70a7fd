"""Writes small networks of PyTorch, quantized by litert-quantizer, into a folder.

Run by the Python of that tool's environment: networks.py FOLDER. Inputs are channels first, as
PyTorch has them, but for one network.
"""

from __future__ import annotations

import sys
from pathlib import Path

import litert_torch
import numpy as np
import torch
from litert_quantizer import quantizer, recipe
from torch import nn


class Residual(nn.Module):
    """What its input and another module make of it, added."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inner(x)


class ChannelsLast(nn.Module):
    """A network whose input is channels last."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x.permute(0, 3, 1, 2))


class UNet(nn.Module):
    """A U-Net of one skip, with what makes the picture twice as large."""

    def __init__(self, grow: nn.Module) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
        self.inner = nn.Sequential(
            nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), grow
        )
        self.last = nn.Conv2d(24, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skip = self.first(x)
        return torch.sigmoid(self.last(torch.cat([self.inner(skip), skip], 1)))


class Shuffle(nn.Module):
    """A split, a channel shuffle, a pixel shuffle and its inverse."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 1)
        self.left = nn.Conv2d(4, 4, 3, padding=1, groups=4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        left, right = self.conv(x).chunk(2, 1)
        x = nn.functional.channel_shuffle(torch.cat([self.left(left), right], 1), 2)
        return nn.functional.pixel_unshuffle(nn.functional.pixel_shuffle(x, 2), 2)


class Attention(nn.Module):
    """Two heads of attention over eight tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(16, 48)
        self.out = nn.Linear(16, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (part.reshape(1, 8, 2, 8).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        weights = torch.softmax(q @ k.transpose(-1, -2) * 8**-0.5, -1)
        return self.out((weights @ v).transpose(1, 2).reshape(1, 8, 16))


class ChannelNorm(nn.Module):
    """Layer normalization over the channels of a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def block(source: int, to: int) -> nn.Sequential:
    """MobileNet's: a depthwise and a pointwise convolution."""
    return nn.Sequential(
        nn.Conv2d(source, source, 3, 1, 1, groups=source, bias=False),
        nn.BatchNorm2d(source),
        nn.ReLU6(),
        nn.Conv2d(source, to, 1, bias=False),
        nn.BatchNorm2d(to),
        nn.ReLU6(),
    )


def convolutions() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 2, 1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        block(16, 24),
        nn.MaxPool2d(2),
        Residual(block(24, 24)),
        nn.Conv2d(24, 32, 3, padding=2, dilation=2),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1, groups=4),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(32, 10),
    )


def between(act: nn.Module) -> nn.Module:
    """Two convolutions, an activation behind each, and the largest value of each channel."""
    return nn.Sequential(
        nn.Conv2d(4, 8, 3), act, nn.Conv2d(8, 8, 3), act, nn.Conv2d(8, 8, 1), nn.MaxPool2d(8)
    )


ACTIVATIONS = {
    "elu": nn.ELU(),
    "gelu": nn.GELU(),
    "gelu_tanh": nn.GELU(approximate="tanh"),
    "group_normalization": nn.GroupNorm(2, 8),
    "hard_sigmoid": nn.Hardsigmoid(),
    "hard_swish": nn.Hardswish(),
    "instance_normalization": nn.InstanceNorm2d(8, affine=True),
    "layer_normalization": ChannelNorm(),
    "leaky_relu": nn.LeakyReLU(0.1),
    "mish": nn.Mish(),
    "prelu": nn.PReLU(8),
    "silu": nn.SiLU(),
    "softplus": nn.Softplus(),
}
BILINEAR = {"scale_factor": 2, "mode": "bilinear", "align_corners": True}
NETWORKS = {
    "attention": (Attention, (1, 8, 16)),
    "channels_last": (lambda: ChannelsLast(convolutions()), (1, 32, 32, 3)),
    "convolutions": (convolutions, (1, 3, 32, 32)),
    "shuffle": (Shuffle, (1, 8, 8, 8)),
    "u_net_bilinear": (lambda: UNet(nn.Upsample(**BILINEAR)), (1, 3, 16, 16)),
    "u_net_nearest": (lambda: UNet(nn.Upsample(scale_factor=2)), (1, 3, 16, 16)),
    "u_net_transposed": (lambda: UNet(nn.ConvTranspose2d(16, 16, 2, 2)), (1, 3, 16, 16)),
    **{
        name: ((lambda act=act: between(act)), (1, 4, 12, 12)) for name, act in ACTIVATIONS.items()
    },
}


def quantized(model: nn.Module, shape: tuple[int, ...], path: Path) -> bytes:
    """The network in int8, calibrated with random inputs; `path` gets it in float32."""
    rng = np.random.default_rng(1)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.2)
                module.running_var.uniform_(0.5, 1.5)
    litert_torch.convert(model.eval(), (torch.zeros(shape),)).export(str(path))
    make = quantizer.Quantizer(str(path), recipe.static_wi8_ai8())
    samples = [{"args_0": rng.normal(0, 1, shape).astype(np.float32)} for _ in range(32)]
    ranges = make.calibrate({"serving_default": samples}, num_threads=1)
    return bytes(make.quantize(ranges).quantized_model)


def main(folder: Path) -> None:
    for name, (make, shape) in NETWORKS.items():
        torch.manual_seed(7)
        path = folder / f"{name}.tflite"
        path.write_bytes(quantized(make(), shape, path))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
