"""CMSIS_NN=<prefix> puts another library's functions in place of our ink_nn_*, and nothing else.

Arm's own library is not ours to build, so prefixes are made of our portable kernels: as they are,
as demanding as Arm's, and with a function that fails.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from oracle import REAL_MODELS, random_inputs, real_model
from portable_kernels import INCLUDES, KERNELS, ROOT, WARNINGS
from single_operators import KINDS, random_model

from host_tools import tflite
from host_tools.blob.layout import TARGETS
from host_tools.blob.reader import read_blob
from host_tools.host_build import build_library
from host_tools.host_runtime import BlobError, HostModel
from host_tools.pack import pack

HERE = Path(__file__).resolve().parent
# Arm's headers as far as we call them; with them our kernels compile under Arm's names
INTERFACE = HERE / "cmsis_nn" / "include"
ARM = ["-DINK_CMSIS_NN", f"-I{INTERFACE}"]
BUILD = ROOT / "build" / "cmsis_nn_prefixes"

# what demanding_prefix.c puts itself in front of
DEMANDING = {
    ("ink_nn_conv_s8", "arm_convolve_wrapper_s8"): "plain_convolve",
    ("ink_nn_depthwise_conv_s8", "arm_depthwise_conv_wrapper_s8"): "plain_depthwise",
    ("ink_nn_average_pool_s8", "arm_avgpool_s8"): "plain_average",
}


def make_library(sources: dict[Path, list[str]], archive: str) -> Path:
    """A host library on a prefix of C files, each compiled with flags of its own.

    Kept under a name that holds a digest of what went in, as the objects that need it are.
    """
    digest = hashlib.sha256(archive.encode())
    for path in [*sources, *sorted(KERNELS.rglob("*.h")), *sorted(INTERFACE.glob("*.h"))]:
        digest.update(path.read_bytes() + repr(sources.get(path)).encode())
    prefix = BUILD / digest.hexdigest()[:20]
    if not prefix.is_dir():
        BUILD.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILD) as folder:
            made = Path(folder, "prefix")
            _fill_prefix(made, sources, archive)
            with contextlib.suppress(OSError):  # another run was first
                made.rename(prefix)
    return build_library(prefix)


def _fill_prefix(prefix: Path, sources: dict[Path, list[str]], archive: str) -> None:
    shutil.copytree(INTERFACE, prefix / "include")
    objects = []
    for source, flags in sources.items():
        objects.append(prefix / f"{source.stem}.o")
        command = ["cc", "-O2", "-fPIC", "-c", *ARM, *WARNINGS, *INCLUDES, *flags, str(source)]
        subprocess.run([*command, "-o", str(objects[-1])], check=True, timeout=60)
    (prefix / archive).parent.mkdir(exist_ok=True)
    command = ["ar", "rcs", str(prefix / archive), *map(str, objects)]
    subprocess.run(command, check=True, timeout=60)


def portable_sources() -> dict[Path, list[str]]:
    return {path: [] for path in sorted(KERNELS.glob("ink_nn_*.c"))}


@pytest.fixture(scope="module")
def plain() -> Path:
    """A host library with our portable kernels from a prefix."""
    return make_library(portable_sources(), "lib/libcmsis-nn.a")


@pytest.fixture(scope="module")
def demanding() -> Path:
    """A host library with kernels from a prefix that demands what Arm's does."""
    sources = portable_sources()
    for (kernel, name), renamed in DEMANDING.items():
        sources[KERNELS / f"{kernel}.c"] = [
            f"-D{name}={renamed}",
            f"-D{name}_get_buffer_size={renamed}_get_buffer_size",
        ]
    return make_library({**sources, HERE / "demanding_prefix.c": []}, "libcmsis-nn.a")


@pytest.fixture(scope="module")
def deviating() -> Path:
    """A host library with kernels from a prefix whose softmax and max pooling are not ours."""
    sources = portable_sources()
    del sources[KERNELS / "ink_nn_softmax_s8.c"], sources[KERNELS / "ink_nn_max_pool_s8.c"]
    return make_library({**sources, HERE / "deviating_prefix.c": []}, "lib/libcmsis-nn.a")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", ["plain", "demanding"])
def test_a_prefix_of_portable_kernels_gives_the_same_bytes(
    kind: str, library: str, request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue(library)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        model = random_model(kind, rng)
        blob = pack(model, target=list(TARGETS)[seed % 2])
        inputs = random_inputs(tflite.read_model(model), rng)
        expected = HostModel(blob).run(inputs)
        for found, output in zip(HostModel(blob, library=path).run(inputs), expected, strict=True):
            np.testing.assert_array_equal(found, output, err_msg=f"seed {seed}")


def test_fewer_pixels_than_the_input_has_are_computed_row_by_row(demanding: Path) -> None:
    found = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        model = random_model("TRANSPOSE_CONV", rng)
        blob = pack(model, target="portable")
        inputs = random_inputs(tflite.read_model(model), rng)
        expected = HostModel(blob).run(inputs)
        given = HostModel(blob, library=demanding).run(inputs)
        np.testing.assert_array_equal(given[0], expected[0], err_msg=f"seed {seed}")
        plan = read_blob(blob)
        found += sum(
            plan.tensors[operator.inputs[0]].shape[1:3] != plan.tensors[operator.output].shape[1:3]
            for operator in plan.operators
            if operator.kernel == "conv_s8"
            and {operator.params[name] for name in ("kernel_h", "kernel_w")} == {1}
        )
    assert found > 3


@pytest.mark.parametrize("name", REAL_MODELS)
def test_real_models_run_on_a_demanding_library(name: str, demanding: Path) -> None:
    graph = tflite.read_model(real_model(name))
    blob = pack(graph)
    for seed in range(3):
        inputs = random_inputs(graph, np.random.default_rng(seed))
        expected = HostModel(blob).run(inputs)
        found = HostModel(blob, library=demanding).run(inputs)
        np.testing.assert_array_equal(found[0], expected[0], err_msg=f"seed {seed}")


def test_the_prefix_is_what_is_called(deviating: Path) -> None:
    opened, inputs = _single("SOFTMAX", deviating)
    [found] = opened.run(inputs)
    assert (found == 42).all()


def test_a_kernel_that_fails_ends_in_its_name(deviating: Path) -> None:
    opened, inputs = _single("MAX_POOL_2D", deviating)
    with pytest.raises(BlobError, match="max_pool_s8"):
        opened.run(inputs)


def test_a_blob_with_less_scratch_than_the_library_asks_for_is_refused(demanding: Path) -> None:
    rng = np.random.default_rng(1)
    blob = pack(random_model("AVERAGE_POOL_2D", rng))
    opened = HostModel(blob, library=demanding)
    assert opened.n_operators == 1
    with pytest.raises(BlobError, match="scratch"):
        HostModel(without_scratch(blob), library=demanding)


def _single(kind: str, library: Path) -> tuple[HostModel, list[np.ndarray]]:
    rng = np.random.default_rng(1)
    model = random_model(kind, rng)
    return HostModel(pack(model), library=library), random_inputs(tflite.read_model(model), rng)


def without_scratch(blob: bytes) -> bytes:
    """`blob`, whose first operator has no scratch any more, with its CRC repaired."""
    (operators,) = struct.unpack_from("<I", blob, 36)
    changed = bytearray(blob)
    struct.pack_into("<I", changed, operators + 28, 0)
    struct.pack_into("<I", changed, 12, zlib.crc32(changed[16:]))
    return bytes(changed)
