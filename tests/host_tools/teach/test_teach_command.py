"""host_tools teach without PyTorch: what it refuses before it begins."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from small_trunk import put

from host_tools.cli import main


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What teach says on stderr when it ends with exit code 1."""
    assert main(["teach", *map(str, arguments)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    return err.removeprefix("host_tools: ").removesuffix("\n")


def test_the_command_that_installs_pytorch_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if importlib.util.find_spec("torch"):
        pytest.skip("torch is installed here")
    folder = put(tmp_path / "pictures", {"green": 5, "red": 5})
    assert refused(capsys, folder) == (
        "teaching needs torch: .venv/bin/pip install -e '.[teach]' in the checkout, or pip "
        "install 'inkling[teach]'"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


def test_options_that_cannot_be_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--rounds must be 2 or more" in refused(capsys, tmp_path, "--rounds", 1)
    missing = tmp_path / "missing" / "mine.ink"
    assert refused(capsys, tmp_path, "-o", missing) == (
        f"{missing}: there is no folder {missing.parent} to write it into"
    )
    page = tmp_path / "mine.html"
    said = refused(capsys, tmp_path, "-o", page)
    assert said == f"two of {page}, {page} are the same file"
    assert "--flash 'much' is no number of bytes" in refused(capsys, tmp_path, "--flash", "much")
