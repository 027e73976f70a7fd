"""What reads a blob lets the verifier decide first, with a C compiler and without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from oracle import ROOT

from host_tools import host_build, host_runtime
from host_tools.blob.reader import read_blob
from host_tools.errors import CommandError
from host_tools.pack import pack


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
