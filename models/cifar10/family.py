"""The family's networks: the layers of each, how long it trains, what it must reach; no torch.

`paper` is that of Lai, Suda and Chandra, "CMSIS-NN: Efficient Neural Network Kernels for Arm
Cortex-M CPUs", 2018, section 4: 5x5 convolutions with 32, 32 and 64 outputs, each with 3x3 pooling
of stride 2, and one fully connected layer. Here ReLU stands before each pooling, and each pooling
takes the maximum. The others are our own, of layers that our kernels run fast: first layers of
stride 2, 3x3 layers of 16 channels for Winograd's algorithm, and separable ones where it would
take too much flash.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.training.promise import Promise

HERE = Path(__file__).resolve().parent
CLASSES = 10
SIDE = 32


@dataclass(frozen=True)
class Layer:
    """A convolution with normalization, ReLU and, with `pool`, maximum pooling of stride 2."""

    channels: int
    kernel: int = 3
    stride: int = 1
    pool: int = 0
    depthwise: bool = False


@dataclass(frozen=True)
class Residual:
    """Layers whose input is added to their output, before the last ReLU."""

    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Network:
    """Layers, then a fully connected one, on all values (flat) or on each channel's mean."""

    layers: tuple[Layer | Residual, ...]
    epochs: int
    promise: Promise
    colours: int = 3
    flat: bool = False
    rate: float = 0.1
    decay: float = 2e-4


def separable(before: int, after: int, pool: int = 0) -> tuple[Layer, Layer]:
    """Return a depthwise 3x3 convolution and a 1x1 one: 3x3 from `before` to `after` channels."""
    return Layer(before, depthwise=True), Layer(after, 1, pool=pool)


def place(name: str) -> Path:
    """Return the path of a network's .tflite file; its blob and card lie beside it."""
    return HERE / "cifar10.tflite" if name == "paper" else HERE / name / f"{name}.tflite"


def separables(before: int, *widths: int) -> tuple[Layer, ...]:
    """Return a chain of `separable` layers."""
    pairs = zip((before, *widths), widths, strict=False)
    return tuple(layer for pair in pairs for layer in separable(*pair))


def convolutions(layers: tuple[Layer | Residual, ...]) -> list[Layer]:
    """Return the layers in the order they run, those of the residuals among them."""
    found: list[Layer] = []
    for layer in layers:
        found += layer.layers if isinstance(layer, Residual) else (layer,)
    return found


def sides(network: Network) -> list[int]:
    """Return the side of each convolution's output, and that of the last pooling's."""
    found, side = [], SIDE
    for layer in convolutions(network.layers):
        side = -(-side // layer.stride)
        found.append(side)
        side = -(-side // 2) if layer.pool else side
    return [*found, side]


def operators(network: Network) -> list[str]:
    """Return the names of the deployed network's operators, as a .tflite file has them.

    The converter takes a convolution of one channel for a depthwise one.
    """
    found = []
    for part in network.layers:
        for layer in part.layers if isinstance(part, Residual) else (part,):
            found += ["PAD"] if layer.stride == 2 else []
            one = network.colours == 1 and not any("CONV" in name for name in found)
            found += ["DEPTHWISE_CONV_2D" if layer.depthwise or one else "CONV_2D"]
            found += ["MAX_POOL_2D"] if layer.pool else []
        found += ["ADD"] if isinstance(part, Residual) else []
    return [*found, "RESHAPE" if network.flat else "MEAN", "FULLY_CONNECTED", "SOFTMAX"]


def shapes(network: Network) -> list[tuple[int, int, int]]:
    """Return (places, weights, channels) of each layer that multiplies, the last one included."""
    found, before = [], network.colours
    for layer, side in zip(convolutions(network.layers), sides(network), strict=False):
        inputs = 1 if layer.depthwise else before
        found.append((side * side, layer.kernel**2 * inputs * layer.channels, layer.channels))
        before = layer.channels
    values = before * (sides(network)[-1] ** 2 if network.flat else 1)
    return [*found, (1, values * CLASSES, CLASSES)]


def multiply_accumulates(network: Network) -> int:
    """Return the deployed network's multiply-accumulates for one picture."""
    return sum(places * kernel for places, kernel, _ in shapes(network))


def weights(network: Network) -> int:
    """Return the deployed network's weights and biases."""
    return sum(kernel + biases for _, kernel, biases in shapes(network))


PAPER = (Layer(32, 5, pool=3), Layer(32, 5, pool=3), Layer(64, 5, pool=3))
TINY = (
    Layer(16, stride=2),
    Layer(16, pool=2),
    *separables(16, 32, 64),
    *separable(64, 64, pool=2),
    *separables(64, 96, 128),
)
SMALL = (
    Layer(16, pool=2),
    Residual((Layer(16), Layer(16))),
    *separable(16, 48, pool=2),
    *separable(48, 96),
    Residual(separable(96, 96)),
    *separable(96, 96, pool=2),
    *separable(96, 128),
    Residual(separable(128, 128)),
)
WIDE = (
    Layer(16, stride=2),
    Layer(16, pool=2),
    Layer(32),
    Residual((Layer(32), Layer(32))),
    Layer(64, 1, pool=2),
    Layer(64),
)
BEST = (
    Layer(32, pool=2),
    *(Residual((Layer(32), Layer(32))), Residual((Layer(32), Layer(32)))),
    Layer(64, pool=2),
    *(Residual((Layer(64), Layer(64))), Residual(separable(64, 64))),
    *separable(64, 160, pool=2),
    Residual(separable(160, 160)),
)
NETWORKS = {
    "paper": Network(
        PAPER,
        epochs=60,
        promise=Promise(86.0, 4_400_000, 0, 34_000),
        flat=True,
        rate=0.05,
        decay=5e-4,
    ),
    "tiny": Network(TINY, epochs=100, promise=Promise(82.0, 1_000_000, 80_000, 20_000)),
    "small": Network(SMALL, epochs=60, promise=Promise(87.0, 3_000_000, 120_000, 0)),
    "wide": Network(WIDE, epochs=120, promise=Promise(84.5, 1_000_000, 0, 20_000)),
    "best": Network(BEST, epochs=110, promise=Promise(90.5, 7_000_000, 800_000, 64_000)),
    "mono": Network(
        PAPER,
        epochs=60,
        promise=Promise(83.0, 4_400_000, 0, 34_000),
        colours=1,
        flat=True,
        rate=0.05,
        decay=5e-4,
    ),
    "tiny-mono": Network(
        TINY, epochs=100, promise=Promise(79.0, 1_000_000, 80_000, 20_000), colours=1
    ),
    "small-mono": Network(
        SMALL, epochs=50, promise=Promise(84.0, 3_000_000, 120_000, 0), colours=1
    ),
}
