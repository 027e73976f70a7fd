"""A keyword network's card as Markdown, from the values of its card.json; measures nothing."""

from __future__ import annotations

from typing import Any

from models.keywords.family import LABELS, Conv, Layer, Mean, Network, Recurrent
from models.training.card import confusion_text

CLOCKS_MHZ = (216, 400, 480)


def milliseconds(card: dict[str, Any]) -> str:
    """Return the time of an inference that the board's estimated cycles take at each clock."""
    return ", ".join(f"{card['board_cycles'] / mhz / 1e3:.1f} at {mhz} MHz" for mhz in CLOCKS_MHZ)


def layer_text(layer: Layer) -> str:
    """Return one layer in words."""
    if isinstance(layer, Mean):
        return "means of {}x{}".format(*layer.size)
    if isinstance(layer, Recurrent):
        return f"{layer.kind.upper()} of {layer.units}" + (", its last output" * layer.last)
    if not isinstance(layer, Conv):
        return f"fully connected to {layer.units}" + ("" if layer.relu else " without ReLU")
    kernel = "{}x{}".format(*layer.kernel)
    stride = "" if layer.stride == (1, 1) else " of stride {}x{}".format(*layer.stride)
    return (
        f"depthwise {kernel}{stride}"
        if layer.depthwise
        else (f"{kernel} to {layer.channels}{stride}")
    )


def training_text(card: dict[str, Any]) -> str:
    """Return how the network was trained."""
    plan = card["training"]
    arithmetic = " in bfloat16" if plan["bfloat16"] else ""
    return (
        f"AdamW (rate {plan['rate']} on a cosine, weight decay {plan['decay']}, batches of "
        f"{plan['batch']}, label smoothing {plan['smoothed']}) on {plan['words']:,} training "
        "words an epoch, rarer labels drawn more often, moved, louder or softer, with noise, "
        f"partly blanked: {plan['epochs']} epochs, seed {plan['seed']}, {plan['seconds']:,} s on "
        f"{plan['threads']} thread{'s' * (plan['threads'] > 1)}{arithmetic}. The weights are "
        f"averaged over the steps, {plan['average']:.4g} of the past staying. "
        f"{teacher_text(card)} The validation set was held out for all choices; the float network "
        f"is right on {card['held_out_accuracy']} % of it, the int8 one on "
        f"{card['held_out_int8_accuracy']} %. The last epoch's weights are the "
        "result: no test clip served a choice."
    )


def teacher_text(card: dict[str, Any]) -> str:
    """Return what the network learned from beside the labels."""
    plan, teacher = card["training"], card["teacher"]
    if teacher is None:
        return "It learned from the labels alone."
    return (
        f"{plan['distilled']:.0%} of the loss is the distance from what two larger networks say "
        f"of the same word, shown in the same of {plan['views']} ways; their mean is right on "
        f"{teacher['held_out_accuracy']} % of the words held out."
    )


def own_or_ours(card: dict[str, Any]) -> dict[str, Any]:
    """Return what differs between a network of a user's recordings and one of ours."""
    if "labels" in card:
        labels = [label.replace("|", r"\|") for label in card["labels"]]
        return {
            "labels": labels,
            "says": f"Says which label a second of sound has: {', '.join(labels)}.",
            "count": f"{len(labels)}",
            "data": "A folder of recordings, split by a hash of the speakers' or files' names.",
            "limits": "It was tested on recordings like those that it learned from; in other "
            "voices, rooms and\nmicrophones it may be right less often. Words that it did not "
            "learn are taken for one of the labels.",
        }
    return {
        "labels": LABELS,
        "says": "Says which of ten words is in a second of sound, or another word, or none; the "
        "names are in\n`../labels.txt`.",
        "count": "twelve",
        "data": "Speech Commands v0.02 by Pete Warden, CC BY 4.0; none of it is here.",
        "limits": "English words, one a second, from many speakers near a microphone. Words that "
        "it did\nnot learn are to be `unknown`, and are not always.",
    }


def markdown(card: dict[str, Any], network: Network) -> str:
    """Return the card."""
    versions = ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    clips = sum(map(sum, card["confusion"]))
    layers = ", ".join(layer_text(layer) for layer in network.layers)
    end = "each channel's mean" if network.mean else "all"
    said = own_or_ours(card)
    count = said["count"]
    return f"""\
# Keyword network `{card["name"]}`

{said["says"]}

| | |
|---|---|
| accuracy, float | {card["float_accuracy"]:.2f} % of {clips} test clips |
| accuracy, int8 | {card["int8_accuracy"]:.2f} %, by the board's C runtime |
| multiply-accumulates | {card["multiply_accumulates"]:,} |
| weights and biases | {card["weights"]:,} |
| blob | {card["blob_bytes"]:,} bytes of flash |
| arena | {card["arena_bytes"]:,} bytes of RAM |
| instructions | {card["instructions"]:,} an inference, counted on the virtual board |
| cycles | {card["cycles"]:,} of a Cortex-M7's pipeline, an estimate |
| cycles of a board | {card["board_cycles"]:,} with caches and branches: an estimate |
| milliseconds | {milliseconds(card)}: estimates |
| energy | {card["millijoules"]:.2f} mJ an inference on an STM32H743: an estimate |
| `{card["name"]}.tflite` | {card["bytes"]:,} bytes, sha256 `{card["sha256"]}` |
| trained | {card["date"]} with {versions} |

**Network.** {layers}; {end} fully connected to the {count} labels; softmax. ReLU follows each
convolution.

**Input.** int8 [1, 98, 40, 1], scale 1, zero point -128: the log-mel feature - 128, 98 frames of
10 ms, 40 bands.
**Output.** int8 [1, {network.classes}], scale 1/256, zero point -128: probabilities.

**Training.** {training_text(card)}

**Confusion.** Of the test clips of each label (a row), how many were taken for which:

{confusion_text(card["confusion"], said["labels"])}

**Data.** {said["data"]}

**Limits.** {said["limits"]}
"""
