"""The board's own code on QEMU, where what lies around blob, arena and stack faults."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from pathlib import Path

import guarded
from blob_document import document_kernels
from extremes import extremes
from layers import sample
from small_blobs import small_blobs

from host_tools.host_build import build_program
from host_tools.kernels import KERNELS

MUTATIONS = int(os.environ.get("INKLING_GUARDED", "2000"))
# instructions of a run; tests/runtime/run_blob.h leaves out what has more than 2^24
WORK = int(os.environ.get("INKLING_GUARDED_WORK", str(1 << 19)))
# of the parts of a kernel's shapes one in so many
EVERY = int(os.environ.get("INKLING_GUARDED_EVERY", "4"))
# an operator's own scratch is what our kernels ask for
ARMS_SCRATCH = 1 << 14 if os.environ.get("CMSIS_NN") else 0
SEED = int(os.environ.get("INKLING_SEED", "1"))

WRONG = [
    ("1 past the end of the blob", "1 before the start of the blob"),
    ("1 past the end of the arena", "1 before the start of the arena"),
    ("1 past the end of the arena", "1 before the start of the arena"),
    ("a write to the blob", "a write to the blob"),
    ("a null pointer", "a null pointer"),
    ("a write to code", "a write to code"),
    ("elsewhere", "elsewhere"),
    ("below the stack", "below the stack"),
    ("code in data", "code in data"),
]


def test_what_must_not_be_touched_faults(guarded_image: Path) -> None:
    """Reads and writes one byte beyond, writes to what is read only, a stack that is too small."""
    faults = guarded.start(guarded_image, guarded.PROVOKE, [], count=len(WRONG)).faults
    assert [re.split("; |, ", fault)[-2] for fault in faults] == [
        place for pair in WRONG for place in pair
    ]


def test_each_kernel_keeps_to_its_memory_at_the_extremes_of_its_shapes(
    guarded_image: Path,
) -> None:
    """Each part of a shape as small and as large as its rule and memory allow, everything that it
    reads and writes in turn at the end of its memory, and at the start."""
    small = small_blobs()
    made: list[tuple[str, bytes]] = []
    for kernel in document_kernels():
        for name, operator in extremes(sample(small.values(), kernel, WORK), EVERY):
            operator.scratch += ARMS_SCRATCH
            made += [(f"{kernel}: {name}", blob) for blob in operator.blobs()]
    ran: dict[str, int] = {}
    for part in guarded.parts(made):
        outcome = guarded.start(guarded_image, guarded.RUN, [blob for _, blob in part])
        named = (f"{part[int(fault.split()[1])][0]}: {fault}" for fault in outcome.faults)
        assert not outcome.faults, "\n".join(named)
        assert outcome.statuses["no error"] == 2 * len(part), outcome.statuses
        for kernel, runs in outcome.kernels.items():
            ran[kernel] = ran.get(kernel, 0) + runs
    for kernel in KERNELS:
        assert ran.get(kernel, 0) >= 4, f"{kernel} has run {ran.get(kernel, 0)} times"


def test_mutated_blobs_keep_to_their_memory(guarded_image: Path, tmp_path: Path) -> None:
    """Whole networks, and each kernel's operator alone, its tensors and blocks in turn at the end
    of their memory. What is refused is what the computer's
    runtime refuses."""
    small = small_blobs()
    alone = (sample(small.values(), kernel, WORK).blobs() for kernel in KERNELS)
    blobs = [*small.values(), *itertools.chain.from_iterable(alone)]
    files = []
    for number, blob in enumerate(blobs):
        files.append(tmp_path / f"{number:03}.ink")
        files[-1].write_bytes(blob)
    outcome = guarded.start(guarded_image, guarded.MUTATE, blobs, SEED, 0, MUTATIONS)
    assert not outcome.faults, "\n".join(outcome.faults)
    for kernel in KERNELS:
        assert outcome.kernels.get(kernel, 0) > 0, f"{kernel} has not run"
    fuzz = build_program(guarded.ROOT / "tests" / "runtime" / "fuzz_blob.c", sanitize=True)
    words = [str(word) for word in (fuzz, SEED, 0, MUTATIONS, *files)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=True)
    for line in done.stdout.splitlines():
        count, status = line.split(" ", 1)
        assert outcome.statuses[status] == 2 * int(count), status
