"""How far an output may reach over input 0: runtime and twin say the same at each distance.

Of each kernel whose output may start before, or where, its input does, windows, strides, paddings
and sides vary at random, and the output lies at distances around the least that is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from alone import Alone
from blob_editor import BlobEditor
from blob_parts import layer_of

from host_tools import host_runtime
from host_tools.kernels import KERNELS
from host_tools.kernels.card import Card
from host_tools.verifier import twin

LAYERS = 25
SLIDING = [
    name
    for name, card in KERNELS.items()
    if card.slide is not Card.slide or card.in_place or card.may_replace
]


def other_windows(layer: Alone, rng: np.random.Generator) -> Iterator[None]:
    """Lets the layer have other windows over pictures, where it has any."""
    good = bytes(layer.editor.data)
    source, output = (layer.editor.get("operator", 0, field) for field in ("input0", "output"))
    for _ in range(20 * LAYERS):
        layer.editor.data[:] = good
        for axis, side in ((1, "h"), (2, "w")):
            kernel = layer.editor.get("params", 0, f"kernel_{side}")
            stride = int(rng.integers(1, 4))
            if f"stride_{side}" in layer.params and layer.editor.get("params", 0, "stride_h") > 0:
                layer.editor.set("params", 0, f"stride_{side}", stride)
            pad = int(rng.integers(0, kernel))
            layer.editor.set("params", 0, "pad_top" if side == "h" else "pad_left", pad)
            size = int(rng.integers(1, 20))
            layer.editor.set("tensor", source, f"dims[{axis}]", size)
            stride = layer.editor.get("params", 0, f"stride_{side}")
            most = (size - 1 + pad) // stride + 1
            layer.editor.set("tensor", output, f"dims[{axis}]", most - int(rng.integers(0, 2)))
        batches = 1 + int(rng.random() < 0.2)
        for tensor in (source, output):
            layer.editor.set("tensor", tensor, "dims[0]", batches)
            size = int(np.prod(layer.dims(tensor)))
            layer.editor.set("tensor", tensor, "size", size)
        if layer.is_layer():
            yield
    layer.editor.data[:] = good


def distances(layer: Alone) -> Iterator[tuple[int, bytes]]:
    """Bytes by which the output starts before input 0, and the blob."""
    source, output = (layer.editor.get("operator", 0, field) for field in ("input0", "output"))
    start, size = (layer.editor.get("tensor", source, field) for field in ("offset", "size"))
    over = layer.editor.get("tensor", output, "size")
    slide = KERNELS[layer.editor.kernels()[0]].slide(layer_of(layer.editor, 0)) or 0
    near = {slide // 4 * 4 + 4 * step for step in range(-2, 3)} | {0, 4, -4, 8, over // 8 * 4}
    near |= {-(-over // 4) * 4, -(-over // 4) * 4 - 4, size // 4 * -4, -(-size // 4) * -4}
    for before in sorted(near):
        editor = BlobEditor(bytes(layer.editor.data))
        editor.set("tensor", output, "offset", start - before)
        yield before, editor.bytes()


@pytest.mark.parametrize("kernel", SLIDING)
def test_an_output_reaches_over_its_input_as_far_as_the_card_says(
    blobs: dict[str, bytes], kernel: str
) -> None:
    rng = np.random.default_rng(6)
    layer = Alone(blobs, kernel)
    layer.make_room()
    windows = "pad_top" in layer.params
    layers = other_windows(layer, rng) if windows else layer.others(rng, LAYERS)
    taken: set[bool] = set()
    for number, _ in enumerate(layers):
        for before, blob in distances(layer):
            said = twin.refusal(blob)
            assert host_runtime.refusal(blob) == said, (layer_of(layer.editor, 0), before)
            taken.add(said is None)
        if number == LAYERS:
            break
    assert number > 5
    assert taken == {False, True}
