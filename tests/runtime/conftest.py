"""Blobs of small networks, made once, and the C programs that look into them."""

from __future__ import annotations

import zlib
from pathlib import Path

import networks
import numpy as np
import pytest
from single_operators import KINDS, random_model
from slopes import slopes

from host_tools.blob.reader import read_blob
from host_tools.host_build import build_program
from host_tools.kernels import KERNELS
from host_tools.pack import pack

HERE = Path(__file__).parent

# what the packer would not take for networks as small as these
PACKED = tuple(name for name, card in KERNELS.items() if card.packs)


def kernels(blob: bytes) -> set[str]:
    return {operator.kernel for operator in read_blob(blob).operators}


def forced(kernel: str) -> bytes:
    """A blob of a packed kernel."""
    small = (networks.separable(), networks.two_inputs(), networks.pools(), networks.large_sums())
    small += (networks.dilated(groups=True), networks.dilated(groups=False))
    seeds = {kind: zlib.crc32(kind.encode()) for kind in KINDS}
    models = (random_model(kind, np.random.default_rng(seed)) for kind, seed in seeds.items())
    for model in (*small, *models):
        blob = pack(model, target="cortex-m7", force=(kernel, *PACKED))
        if kernel in kernels(blob):
            return blob
    raise AssertionError(f"no small model has {kernel}: add one to networks.py")


@pytest.fixture(scope="session")
def every_kernel() -> bytes:
    """A blob of all portable kernels with labels; input 0 takes pictures."""
    return pack(networks.every_kernel(), labels=networks.LABELS, name="every kernel")


@pytest.fixture(scope="session")
def two_inputs() -> bytes:
    return pack(networks.two_inputs(), name="two inputs")


@pytest.fixture(scope="session")
def blobs(every_kernel: bytes, two_inputs: bytes) -> dict[str, bytes]:
    """Small blobs for every target that hold every kernel of the format, by name."""
    made = {
        "every_kernel": every_kernel,
        "two_inputs": two_inputs,
        "slopes": pack(slopes()),
    }
    for network in (networks.every_kernel, networks.two_inputs, networks.separable):
        made[f"{network.__name__}_m7"] = pack(network(), target="cortex-m7", force=PACKED)
    for kind in KINDS:
        rng = np.random.default_rng(zlib.crc32(kind.encode()))
        made[kind] = pack(random_model(kind, rng))
    made |= {f"{kernel}_m7": forced(kernel) for kernel in PACKED}
    assert set().union(*map(kernels, made.values())) == set(KERNELS)
    return made


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
def dump_blob() -> Path:
    return build_program(HERE / "dump_blob.c")
