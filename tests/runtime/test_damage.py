"""Damaged blobs: cut, changed, mutated at random with the check sum repaired."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from oracle import real_model

from host_tools.host_runtime import BlobError, HostModel
from host_tools.pack import pack

MUTATIONS = int(os.environ.get("INKLING_MUTATIONS", "100000"))
SEED = os.environ.get("INKLING_SEED", "1")


def test_a_blob_cut_at_any_length_is_refused(every_kernel: bytes, two_inputs: bytes) -> None:
    for blob in (every_kernel, two_inputs):
        for size in range(len(blob)):
            with pytest.raises(BlobError, match="too short to be a blob|cut off"):
                HostModel(blob[:size])


def test_a_blob_with_bytes_added_is_refused(two_inputs: bytes) -> None:
    for more in (1, 4, 4096):
        with pytest.raises(
            BlobError, match=f"cut off, or with bytes too many: .* {len(two_inputs)}$"
        ):
            HostModel(two_inputs + bytes(more))


def test_a_blob_with_any_byte_changed_is_refused(every_kernel: bytes, two_inputs: bytes) -> None:
    for blob in (every_kernel, two_inputs):
        for at in range(len(blob)):
            for flip in (0x01, 0x80, 0xFF):
                changed = bytearray(blob)
                changed[at] ^= flip
                with pytest.raises(BlobError):
                    HostModel(bytes(changed))


def test_a_large_blob_cut_or_changed_anywhere_is_refused() -> None:
    blob = pack(real_model("vww_96_int8"))
    rng = np.random.default_rng(3)
    for at in rng.integers(0, len(blob), 200):
        with pytest.raises(BlobError, match="too short|cut off"):
            HostModel(blob[:at])
        changed = bytearray(blob)
        changed[at] ^= int(rng.integers(1, 256))
        with pytest.raises(BlobError):
            HostModel(bytes(changed))


def test_noise_is_refused() -> None:
    rng = np.random.default_rng(4)
    for size in range(200):
        noise = rng.bytes(size)
        for blob in (noise, b"INKL" + noise):
            with pytest.raises(BlobError):
                HostModel(blob)


def test_a_mutated_blob_with_its_check_sum_repaired_is_refused_or_runs(
    fuzz_blob: Path, blob_files: list[Path]
) -> None:
    # the networks of every kernel weigh as much as all single operators together
    files = [*blob_files, *blob_files[:7] * 5]
    seen = _fuzz(fuzz_blob, SEED, "0", str(MUTATIONS), *files)
    assert sum(seen.values()) == MUTATIONS
    assert seen["no error"] > MUTATIONS // 20
    for reason in (
        "cut off, or with bytes too many",
        "packed for a target that this runtime does not know",
        "bad header",
        "bad string",
        "bad tensor record",
        "tensor out of the arena or the blob",
        "bad input or output record",
        "bad operator record",
        "kernel that this runtime does not have",
        "parameter out of its range",
        "tensors that the kernel does not take",
        "data out of the blob",
        "overlap in the arena",
        "read of what is not there",
    ):
        assert seen[reason] > MUTATIONS // 2000, reason


def test_a_blob_with_any_byte_changed_and_its_check_sum_repaired_is_refused_or_runs(
    fuzz_blob: Path, blob_files: list[Path]
) -> None:
    seen = _fuzz(fuzz_blob, "sweep", *blob_files)
    assert seen["no error"] > 1000
    assert seen["damaged: the check sum does not fit"] == 0


def _fuzz(program: Path, *words: str | Path) -> dict[str, int]:
    """How often each status came."""
    result = subprocess.run([program, *words], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr[-5000:]
    counts = [line.split(" ", 1) for line in result.stdout.splitlines()]
    return {sentence: int(count) for count, sentence in counts}
