"""Instructions on the board: those of an operator beside the work that its blob is taken to be,
those between two of its look-ups, and those of verification.

Ctrl-C waits for the next look-up (firmware_module/runtime/ink_rest.h).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import guarded
import networks
import pytest
from extremes import extremes
from layers import Operator, sample
from small_blobs import small_blobs

from host_tools.blob.reader import read_blob
from host_tools.host_runtime import HostModel
from host_tools.kernels import KERNELS
from host_tools.pack import pack

# between two look-ups: a tenth of a second at 216 MHz
MOST = 21_600_000
# of the parts of a kernel's shapes one in so many
EVERY = int(os.environ.get("INKLING_GUARDED_EVERY", "4"))
# of the extremes of a kernel that fill the arena most
LARGEST = 2 if EVERY == 1 else 1
# instructions of what is compared with its work
COMPARED = 1 << 22


def largest(kernel: str) -> Iterator[tuple[str, Operator]]:
    # so that every kernel's tensors may fill the arena
    step, output, *_ = KERNELS[kernel].rates
    work = (step**2 + output**2) // 64 << 20
    found = {
        operator.key(): (name, operator)
        for name, operator in extremes(sample(small_blobs().values(), kernel, work), 1)
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
    for (name, _), count in zip(made, outcome.counts, strict=True):
        print(f"{kernel}: {name}: {count}")
        assert count.longest <= MOST, f"{name}: {count}"


@pytest.mark.parametrize("kernel", KERNELS)
def test_work_is_what_a_run_takes_within_a_factor_of_two(guarded_image: Path, kernel: str) -> None:
    made = list(extremes(sample(small_blobs().values(), kernel, COMPARED), EVERY))
    outcome = guarded.start(guarded_image, guarded.COUNT, [each.blob() for _, each in made])
    assert not outcome.faults, outcome.faults
    assert len(outcome.counts) == len(made)
    for (name, operator), count in zip(made, outcome.counts, strict=True):
        print(f"{kernel}: {name}: {count.work / count.ran:.2f} {count} {operator.key()}")
    for (name, operator), count in zip(made, outcome.counts, strict=True):
        read = read_blob(operator.blob())
        assert count.work == KERNELS[kernel].work(read.layer(read.operators[0])), name
        assert count.ran <= 2 * count.work <= 4 * count.ran, f"{name}: {count}"


def test_verification_takes_so_many_instructions_a_byte(guarded_image: Path) -> None:
    """Records, tables of entries and inputs written long ago take the most, weights the least."""
    named = [*small_blobs().items(), ("chain", pack(networks.first_again(280), target="portable"))]
    outcome = guarded.start(guarded_image, guarded.COUNT, [blob for _, blob in named])
    assert not outcome.faults, outcome.faults
    assert len(outcome.counts) == len(named)
    for (name, blob), count in zip(named, outcome.counts, strict=True):
        assert count.verified <= 64 * len(blob), f"{name}: {count.verified / len(blob):.1f} a byte"
