"""The command line itself: verbs, help, versions and exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from oracle import ROOT
from PIL import Image

from host_tools import commands
from host_tools.cli import VERBS, main


def ended(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code


@pytest.mark.parametrize(
    "arguments", [[], ["unpack-model"], ["pack-model"], ["inspect", "a", "b"]]
)
def test_a_wrong_command_line_ends_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(*arguments) == 2
    assert capsys.readouterr().err.startswith("usage: host_tools")


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--help") == 0
    lines = capsys.readouterr().out.splitlines()
    for verb, what in VERBS.items():
        assert f"  {verb:<12}{what}" in lines
    modules = {path.stem for path in Path(commands.__file__).parent.glob("[a-z]*.py")}
    assert {verb.replace("-", "_") for verb in VERBS} == modules


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_has_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(verb, "--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"example: host_tools {verb} " in said


def test_help_imports_no_verb() -> None:
    """Or it would take ten times as long."""
    command = [sys.executable, "-X", "importtime", "-m", "host_tools", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    imported = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines()]
    assert "host_tools.cli" in imported
    assert not {name for name in imported if name == "numpy" or "host_tools.commands." in name}


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "host_tools", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_module_runs_as_a_command() -> None:
    done = run_command("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Inkling 0.")


def test_an_error_goes_to_stderr_with_exit_code_1() -> None:
    done = run_command("inspect", "no-such-file.ink")
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr == "host_tools: no-such-file.ink: cannot be read: No such file or directory\n"
    )


def test_a_reader_that_stops_early_is_no_error_of_ours() -> None:
    model = "models/cifar10/cifar10.tflite"
    command = f"{sys.executable} -m host_tools inspect {model} --json | head -n 1"
    done = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("{\n", "")


# what fits a pipe's buffer and what does not
@pytest.mark.parametrize(
    "arguments", [["--help"], ["boards"], ["inspect", "models/cifar10/cifar10.tflite", "--json"]]
)
def test_output_that_nobody_can_read_ends_with_1(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "host_tools", *arguments],
            cwd=ROOT,
            stdout=writing,
            stderr=subprocess.PIPE,
            env=buffered,
            timeout=60,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


# what is written at once and what at the end
@pytest.mark.parametrize("arguments", [["--help"], ["boards"], ["boards", "openmv-h7"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_on_a_full_disk_is_told_in_one_line(arguments: list[str], unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "host_tools", *arguments],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            text=True,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (
        1,
        "host_tools: what is printed cannot be written: No space left on device\n",
    )


def test_output_that_has_no_place_to_go_is_dropped() -> None:
    command = f"{sys.executable} -m host_tools inspect models/cifar10/small/small.ink >&- 2>&-"
    assert subprocess.run(command, shell=True, cwd=ROOT, timeout=60).returncode == 0
    command = f"{sys.executable} -m host_tools inspect no-such-file.ink >&- 2>&-"
    assert subprocess.run(command, shell=True, cwd=ROOT, timeout=60).returncode == 1


@pytest.mark.parametrize(
    ("encoding", "name"), [("ascii", rb"\xfc\u732b.png"), ("latin-1", b"\xfc\\u732b.png")]
)
def test_what_the_output_has_no_letters_for_is_escaped(
    encoding: str, name: bytes, tmp_path: Path
) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "ü猫.png")
    blob = str(ROOT / "models/cifar10/small/small.ink")
    done = subprocess.run(
        [sys.executable, "-m", "host_tools", "classify", blob, "ü猫.png"],
        cwd=tmp_path,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.endswith(name + b"\n")


INTERRUPTED_IMPORT = """
import sys

class CtrlC:
    def find_spec(self, name, *rest):
        if name == "numpy":
            raise KeyboardInterrupt

sys.meta_path.insert(0, CtrlC())
sys.argv = ["host_tools", "inspect", "net.ink"]
from host_tools.__main__ import main
main()
"""


def test_ctrl_c_while_the_command_starts_ends_it_silently() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize("verb", ["inspect", "profile"])
def test_a_damaged_ink_file_is_called_no_blob(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "net.ink"
    damaged.write_bytes(bytes(100))
    assert main([verb, str(damaged)]) == 1
    assert capsys.readouterr().err == (
        f"host_tools: {damaged}: not a blob: it does not begin with INKL "
        "(host_tools pack-model makes one)\n"
    )


def test_what_a_terminal_would_obey_or_hide_is_shown_escaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = tmp_path / "a\x1b]0;b\x07\u202ec\u200b\u2066.ink"
    hostile.write_bytes(bytes(100))
    assert main(["inspect", str(hostile)]) == 1
    assert capsys.readouterr().err == (
        rf"host_tools: {tmp_path}/a\x1b]0;b\x07\u202ec\u200b\u2066.ink: not a blob: it does not "
        "begin with INKL (host_tools pack-model makes one)\n"
    )
    assert ended("inspect", "--\x1b[31m", "x") == 2
    assert r"--\x1b[31m" in capsys.readouterr().err


def test_a_model_without_a_name_is_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pack-model", ""]) == 1
    assert capsys.readouterr().err == "host_tools: .: not a file: give a .tflite model\n"
