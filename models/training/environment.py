"""The environment in which networks train, apart from the project's own; plain Python."""

from __future__ import annotations

import datetime
import platform
import shutil
import subprocess
import venv
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / ".venv" / "bin" / "python"
ENVIRONMENT = ROOT / "build" / "train-venv"
LIBRARIES = ("torch", "litert-torch", "litert-quantizer", "tflite", "numpy")


def need_project() -> None:
    """Exit with a sentence unless the project's own environment is there."""
    if not PROJECT.exists():
        raise SystemExit("recipe: the project's environment is missing: run `make setup` first")


def run(*command: str | Path) -> None:
    """Run a command in the project's root and exit with its code when it fails."""
    code = subprocess.run([str(part) for part in command], cwd=ROOT).returncode
    if code != 0:
        raise SystemExit(code)


def environment() -> Path:
    """Return the training environment's Python, after making it from requirements.txt."""
    python = ENVIRONMENT / "bin" / "python"
    wanted = Path(__file__).with_name("requirements.txt")
    installed = ENVIRONMENT / "requirements.txt"
    if not installed.exists() or installed.read_text() != wanted.read_text():
        print("making the training environment (about 2 GB)", flush=True)
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        run(python, "-m", "pip", "install", "--quiet", "--requirement", wanted)
        shutil.copy(wanted, installed)
    return python


def made() -> dict[str, Any]:
    """Return today's date and the versions of what trains, for a card."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "versions": {
            "python": platform.python_version(),
            **{library: metadata.version(library) for library in LIBRARIES},
        },
    }
