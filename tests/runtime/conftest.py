"""Blobs of small networks, made once, and the C programs that look into them."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_blobs import small_blobs

from host_tools.host_build import build_program

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def every_kernel() -> bytes:
    """A blob of all portable kernels with labels; input 0 takes pictures."""
    return small_blobs()["every_kernel"]


@pytest.fixture(scope="session")
def two_inputs() -> bytes:
    return small_blobs()["two_inputs"]


@pytest.fixture(scope="session")
def blobs() -> dict[str, bytes]:
    """Small blobs for every target that hold every kernel of the format, by name."""
    return small_blobs()


@pytest.fixture(scope="session")
def blob_files(blobs: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The blobs as files, the two networks of every kernel first and often."""
    folder = tmp_path_factory.mktemp("blobs")
    files = []
    for name, blob in blobs.items():
        files.append(folder / f"{name}.ink")
        files[-1].write_bytes(blob)
    return files


@pytest.fixture(scope="session")
def fuzz_blob() -> Path:
    """tests/runtime/fuzz_blob.c with AddressSanitizer and UBSan."""
    return build_program(HERE / "fuzz_blob.c", sanitize=True)


@pytest.fixture(scope="session")
def judge_blobs() -> Path:
    """tests/runtime/judge_blobs.c with AddressSanitizer and UBSan."""
    return build_program(HERE / "judge_blobs.c", sanitize=True)


@pytest.fixture(scope="session")
def dump_blob() -> Path:
    return build_program(HERE / "dump_blob.c")
