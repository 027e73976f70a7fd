"""The environments in which networks train and are converted, apart from the project's own.

Plain Python.
"""

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
LIBRARIES = ("torch", "litert-torch", "litert-quantizer", "tflite", "numpy")
# Lists of packages beside this file, and the folder in build/ that each is installed in.
TRAINING, KERAS = "requirements.txt", "keras.txt"
FOLDERS = {TRAINING: "train-venv", KERAS: "keras-venv"}


def need_project() -> None:
    """Exit with a sentence unless the project's own environment is there."""
    if not PROJECT.exists():
        raise SystemExit("recipe: the project's environment is missing: run `make setup` first")


def run(*command: str | Path) -> None:
    """Run a command in the project's root and exit with its code when it fails."""
    code = subprocess.run([str(part) for part in command], cwd=ROOT).returncode
    if code != 0:
        raise SystemExit(code)


def environment(packages: str = TRAINING) -> Path:
    """Return the Python of an environment, made from its list of packages if there is none."""
    folder = ROOT / "build" / FOLDERS[packages]
    python = folder / "bin" / "python"
    wanted = Path(__file__).with_name(packages)
    installed = folder / packages
    if not installed.exists() or installed.read_text() != wanted.read_text():
        print(f"making the environment build/{folder.name} (about 2 GB)", flush=True)
        venv.create(folder, with_pip=True, clear=True)
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
