"""Small blobs that together hold every kernel of the format."""

from __future__ import annotations

import functools
import zlib

import networks
import numpy as np
from front_ends import listening_blob
from single_operators import KINDS, random_model
from slopes import slopes
from unrolled_gru import unrolled_gru

from host_tools.audio import KINDS as FRONT_ENDS
from host_tools.blob.reader import read_blob
from host_tools.kernels import KERNELS
from host_tools.pack import pack
from host_tools.plan.image_tables import Pictures

# what the packer would not take for networks as small as these
PACKED = tuple(name for name, card in KERNELS.items() if card.packs)


def kernels(blob: bytes) -> set[str]:
    return {operator.kernel for operator in read_blob(blob).operators}


def forced(kernel: str) -> bytes:
    """A blob of a packed kernel."""
    small = (networks.separable(), networks.two_inputs(), networks.pools(), networks.large_sums())
    small += (networks.dilated(groups=True), networks.dilated(groups=False))
    small += (networks.large_windows(),)
    seeds = {kind: zlib.crc32(kind.encode()) for kind in KINDS}
    models = (random_model(kind, np.random.default_rng(seed)) for kind, seed in seeds.items())
    for model in (*small, *models):
        blob = pack(model, target="cortex-m7", force=(kernel, *PACKED))
        if kernel in kernels(blob):
            return blob
    raise AssertionError(f"no small model has {kernel}: add one to networks.py")


@functools.cache
def small_blobs() -> dict[str, bytes]:
    """The blobs by name, for every target."""
    made = {
        "every_kernel": pack(networks.every_kernel(), labels=networks.LABELS, name="every kernel"),
        "two_inputs": pack(networks.two_inputs(), name="two inputs"),
        "slopes": pack(slopes()),
        "unrolled_gru": pack(unrolled_gru()),
        "fitted": pack(networks.separable(), pictures=Pictures(fit="border", scaling="bilinear")),
    }
    for network in (networks.every_kernel, networks.two_inputs, networks.separable):
        made[f"{network.__name__}_m7"] = pack(network(), target="cortex-m7", force=PACKED)
    for kind in KINDS:
        rng = np.random.default_rng(zlib.crc32(kind.encode()))
        made[kind] = pack(random_model(kind, rng))
    made |= {kind: listening_blob("portable", kind) for kind in FRONT_ENDS}
    made |= {f"{kernel}_m7": forced(kernel) for kernel in PACKED}
    missing = set(KERNELS).difference(*map(kernels, made.values()))
    assert not missing, f"no small blob has {', '.join(sorted(missing))}: add a network of it"
    return made
