"""docs/blob-format.md and the kernels' cards say the same."""

from __future__ import annotations

import re

import numpy as np
import pytest
from blob_document import (
    DOCUMENT,
    DocumentBlock,
    DocumentKernel,
    dimensions,
    document_blocks,
    document_kernels,
)

from host_tools.blob.layout import MAX_RANK, MAX_WORK
from host_tools.kernels import KERNELS
from host_tools.kernels.card import Card
from host_tools.kernels.layer import Layer

TYPES = {"i8": "int8", "u8": "uint8", "u16": "uint16", "i32": "int32"}


def test_the_document_has_every_kernel_with_its_fields() -> None:
    cards = {}
    for name, card in KERNELS.items():
        fields = [
            f"{field}[{i}]" if field in card.vectors else field
            for field in card.params
            for i in range(MAX_RANK if field in card.vectors else 1)
        ]
        fields += [block.name for block in card.blocks]
        sliding = card.slide is not Card.slide
        cards[name] = DocumentKernel(
            name, card.number, tuple(fields), card.record.size, card.in_place, sliding
        )
    assert document_kernels() == cards


def test_the_document_has_every_data_block_with_its_type() -> None:
    said = [(block.kernel, block.name, TYPES[block.type]) for block in document_blocks()]
    kept = [(name, b.name, b.dtype) for name, card in KERNELS.items() for b in card.blocks]
    assert sorted(said) == sorted(kept)


@pytest.mark.parametrize("block", document_blocks(), ids=lambda b: f"{b.kernel}-{b.name}")
def test_the_document_and_the_host_count_the_same_elements(block: DocumentBlock) -> None:
    rng = np.random.default_rng(1)
    card = KERNELS[block.kernel]
    (elements,) = (each.elements for each in card.blocks if each.name == block.name)
    for _ in range(200):
        params = {name: int(rng.integers(1, 12)) for name in card.params}
        if "per_channel" in params:
            params["per_channel"] = int(rng.integers(0, 2))
        # divisions come out
        channels = params.get("channel_factor", params.get("groups", 1)) * int(rng.integers(1, 9))
        source = (*(int(n) for n in rng.integers(1, 40, 3)), channels)
        output = (*(int(n) for n in rng.integers(1, 40, 3)), channels * int(rng.integers(1, 9)))
        wanted = block.elements({**params, **dimensions(source, output)})
        assert elements(Layer(params, (source,) * card.inputs, output)) == wanted


def test_the_document_has_the_rates_of_every_kernel_s_work_and_how_right_it_is() -> None:
    said = {}
    table = DOCUMENT.read_text("utf8").split("### Work")[1]
    for number, name, row in re.findall(r"^\| (\d+) (\w+) \|(.*)\|$", table, re.MULTILINE):
        _, _, *rates, share = row.split(" | ")
        least, most = map(float, share.split(" to "))
        assert 0.5 <= least <= most <= 2, name
        said[name] = (int(number), tuple(map(int, rates)))
    assert said == {name: (card.number, card.rates) for name, card in KERNELS.items()}


@pytest.mark.parametrize("name", KERNELS)
def test_steps_and_rows_that_do_not_fit_are_more_work_than_is_allowed(name: str) -> None:
    """The board has 2^32 - 1 in their place: each that has a rate must be refused so."""
    step, _, row, _ = KERNELS[name].rates
    for rate in (step, row):
        assert rate == 0 or rate**2 * (2**32 - 1) >> 6 > MAX_WORK
