"""Damaged models are refused in a sentence, or make blobs that the board's verifier takes."""

from __future__ import annotations

import random

import numpy as np
import pytest
import tflite_builder
from single_operators import KINDS, random_model
from test_fold_dilations import LINE, SAME, VALID, dilated
from test_fold_shapes import SHAPES
from test_fuse_tables import ACTIVATIONS
from test_random_graphs import random_graph

from host_tools.errors import CommandError
from host_tools.host_runtime import HostModel
from host_tools.pack import pack

MUTATIONS = 400


def damaged(source: random.Random, model: bytes) -> bytes:
    data = bytearray(model)
    for _ in range(source.choice([1, 1, 2, 3])):
        place = source.randrange(len(data))
        flipped = data[place] ^ (1 << source.randrange(8))
        data[place] = source.choice([0, 1, 2, 127, 128, 255, flipped, source.randrange(256)])
    return bytes(data)


@pytest.mark.parametrize("what", ["single operators", "what is folded", "random networks"])
def test_damaged_models_are_refused_or_packed_into_blobs_that_can_be_opened(what: str) -> None:
    source = random.Random(what)
    rng = np.random.default_rng(0)
    if what == "single operators":
        models = [random_model(kind, rng) for kind in KINDS for _ in range(5)]
    elif what == "what is folded":
        models = [make().build() for make in ACTIVATIONS] + [make() for make in SHAPES]
        models += [dilated(*shapes) for shapes in (SAME, VALID, LINE)]
    else:
        models = [tflite_builder.build(random_graph(seed)) for seed in range(60)]
    refused = 0
    for _ in range(MUTATIONS):
        try:
            blob = pack(damaged(source, source.choice(models)))
        except CommandError:
            refused += 1
            continue
        HostModel(blob)
    assert MUTATIONS // 4 < refused < MUTATIONS
