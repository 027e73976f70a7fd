"""Blobs of small networks, made once, and the C programs that look into them."""

from __future__ import annotations

import zlib
from pathlib import Path

import networks
import numpy as np
import pytest
from single_operators import KINDS, random_model

from host_tools.blob.reader import read_blob
from host_tools.host_build import build_program
from host_tools.kernels import KERNELS
from host_tools.pack import pack

HERE = Path(__file__).parent

# what the packer would not take for networks as small as these
PACKED = (
    "conv_packed_s8",
    "depthwise_3x3_s8",
    "fully_connected_packed_s8",
    "add_table_s8",
    "max_pool_simd_s8",
    "average_pool_simd_s8",
)


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
    made = {"every_kernel": every_kernel, "two_inputs": two_inputs}
    for network in (networks.every_kernel, networks.two_inputs, networks.separable):
        made[f"{network.__name__}_m7"] = pack(network(), target="cortex-m7", force=PACKED)
    for tile in (2, 4):
        force = (f"winograd_f{tile}_s8", *PACKED)
        blob = pack(networks.separable(), target="cortex-m7", force=force)
        made[f"winograd_{tile}_m7"] = blob
    blob = pack(networks.separable(), target="cortex-m7", force=("depthwise_packed_s8", *PACKED))
    made["depthwise_packed_m7"] = blob
    for kind in KINDS:
        rng = np.random.default_rng(zlib.crc32(kind.encode()))
        made[kind] = pack(random_model(kind, rng))
    rng = np.random.default_rng(1)
    made["max_pool_m7"] = pack(random_model("MAX_POOL_2D", rng), target="cortex-m7", force=PACKED)
    used = {operator.kernel for blob in made.values() for operator in read_blob(blob).operators}
    assert used == set(KERNELS)
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
