"""What the commands print fits a terminal of 80 columns."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from oracle import ROOT

from host_tools.boards import board_names
from host_tools.cli import VERBS, main
from host_tools.text import wrapped

NETWORKS = sorted((ROOT / "models").rglob("*.ink"))
BEST = str(ROOT / "models/cifar10/best/best.ink")


def widest(capsys: pytest.CaptureFixture[str]) -> str:
    return max(capsys.readouterr().out.splitlines(), key=len)


@pytest.fixture(autouse=True)
def _columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("verb", VERBS)
def test_help_fits(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    line = widest(capsys)
    assert len(line) <= 80, line


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_what_is_told_of_our_networks_fits(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(path), "--board", "openmv-h7"]) == 0
    line = widest(capsys)
    assert len(line) <= 80, line
    monkeypatch.chdir(tmp_path)
    Path("net.tflite").write_bytes(path.with_suffix(".tflite").read_bytes())
    assert main(["pack-model", "net.tflite", "--board", "nucleo-h743zi"]) == 0
    line = widest(capsys)
    assert len(line) <= 80, line


@pytest.mark.parametrize("words", [[], *([name] for name in board_names())], ids=str)
def test_what_is_told_of_boards_fits(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for more in ([], ["--fits", BEST]):
        assert main(["boards", *words, *more]) == 0
        line = widest(capsys)
        assert len(line) <= 80, line


def test_an_error_is_broken_between_words_on_a_terminal_and_whole_elsewhere() -> None:
    command = [sys.executable, "-m", "host_tools", "boards", "none"]
    own, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, 50, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    subprocess.run(command, cwd=ROOT, env=environment, stderr=terminal, stdout=terminal)
    os.close(terminal)
    said = os.read(own, 4096).decode()
    os.close(own)
    lines = said.replace("\r\n", "\n").splitlines()
    whole = subprocess.run(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE).stderr
    assert len(lines) > 3 and max(map(len, lines)) <= 50
    assert " ".join(line.strip() for line in lines) == whole.decode().rstrip("\n")


def test_a_broken_line_goes_on_below_its_text() -> None:
    assert wrapped("  a\nname:   one two three\n  some words more", 14) == (
        "  a\nname:   one\n        two\n        three\n  some words\n    more"
    )
