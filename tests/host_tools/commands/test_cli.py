"""The command line itself: verbs, help, versions and exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from oracle import ROOT

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
    for verb in VERBS:
        assert f"  {verb.NAME:<12}{verb.HELP}" in lines


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.NAME)
def test_help_of_a_verb_has_an_example(verb, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(verb.NAME, "--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"example: {verb.EXAMPLE}" in said


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
