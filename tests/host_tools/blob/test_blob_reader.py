"""What reads a blob lets the verifier decide first, with a C compiler and without one."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from oracle import ROOT

from host_tools import host_build, host_runtime
from host_tools.blob.reader import read_blob
from host_tools.blob.writer import write_blob
from host_tools.errors import CommandError
from host_tools.pack import pack
from host_tools.plan_types import Plan, PlanTensor


@pytest.fixture(scope="module")
def blob() -> bytes:
    return pack(ROOT / "models" / "cifar10" / "cifar10.tflite")


@pytest.fixture(params=["C", "Python"])
def verifier(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The one that decides."""
    if request.param == "Python":
        monkeypatch.setattr(host_build, "BUILD", tmp_path)
        monkeypatch.setenv("CC", str(tmp_path / "none"))
        host_runtime._default_library.cache_clear()
        with pytest.raises(host_build.NoCompilerError):
            host_runtime.refusal(b"")
    yield
    host_runtime._default_library.cache_clear()


@pytest.mark.usefixtures("verifier")
def test_a_bad_blob_is_refused_in_the_verifiers_words(blob: bytes) -> None:
    for bad, message in (
        (b"", "too short to be a blob: its size is 0, allowed 64 or more"),
        (b"INKK" + blob[4:], "not a blob: it does not begin with INKL"),
        (blob[:-1], f"cut off, or with bytes too many: its size is {len(blob) - 1}"),
        (blob[:-1] + b"\xff", "damaged: the check sum does not fit: crc32 is "),
    ):
        with pytest.raises(CommandError) as caught:
            read_blob(bad, "net.ink")
        assert str(caught.value).startswith(f"net.ink: {message}")


@pytest.mark.usefixtures("verifier")
def test_labels_that_share_a_string_are_read_once() -> None:
    tensor = PlanTensor("x", (1, 2000), "int8", 1.0, 0, offset=0)
    plan = Plan("labels", "portable", [tensor], [], (0,), (0,), [None], 2000)
    blob = write_blob(plan, ["a" * 20_000] * 2000)
    read_blob(blob)  # what is made once, such as what calls C
    tracemalloc.start()
    try:
        labels = read_blob(blob).labels
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert labels == ["a" * 20_000] * 2000
    assert len(blob) < 40_000
    assert peak < 10 * len(blob)
