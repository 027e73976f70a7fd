"""Instructions on the board: between two looks of an operator, and those of verification.

Ctrl-C waits for the next look-up (firmware_module/runtime/ink_rest.h).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import guarded
import pytest
from extremes import extremes
from layers import Operator, sample
from small_blobs import small_blobs

from host_tools.host_runtime import HostModel
from host_tools.kernels import KERNELS

# between two look-ups: a tenth of a second at 216 MHz
MOST = 21_600_000
# so that every kernel's tensors may fill the arena; convolutions end at 2^22 multiplications
WORK = 1 << 22
# of the extremes of a kernel that fill the arena most
LARGEST = 2 if os.environ.get("INKLING_GUARDED_EVERY") == "1" else 1


def largest(kernel: str) -> Iterator[tuple[str, Operator]]:
    found = {
        operator.key(): (name, operator)
        for name, operator in extremes(sample(small_blobs().values(), kernel, WORK), 1)
    }
    filled = sorted(found.values(), key=lambda each: HostModel(each[1].blob()).arena_size)
    yield from filled[-LARGEST:]


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_operator_that_fills_a_megabyte_looks_up_within_a_tenth_of_a_second(
    guarded_image: Path, kernel: str
) -> None:
    made = list(largest(kernel))
    outcome = guarded.start(guarded_image, guarded.COUNT, [each.blob() for _, each in made])
    assert not outcome.faults, outcome.faults
    assert len(outcome.counts) == len(made)
    for (name, _), (_, ran, longest) in zip(made, outcome.counts, strict=True):
        print(f"{kernel}: {name}: {ran} instructions, at most {longest} without a look")
        assert longest <= MOST, f"{name}: {ran} instructions"


def test_verification_takes_so_many_instructions_a_byte(guarded_image: Path) -> None:
    """Records and tables of entries take the most, weights the least."""
    named = list(small_blobs().items())
    outcome = guarded.start(guarded_image, guarded.COUNT, [blob for _, blob in named])
    assert not outcome.faults, outcome.faults
    assert len(outcome.counts) == len(named)
    for (name, blob), (verified, _, _) in zip(named, outcome.counts, strict=True):
        assert verified <= 64 * len(blob), f"{name}: {verified / len(blob):.1f} a byte"
