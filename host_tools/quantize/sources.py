"""The float32 .tflite of a network in another format, by the converter that is made for it."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.progress import progress
from host_tools.tflite.other_files import format_of

# format -> the module that must be there, and pyproject's extra that brings it
CONVERTERS = {
    "keras": ("tensorflow", "keras"),
    "savedmodel": ("tensorflow", "keras"),
    "onnx": ("onnx2tf", "onnx"),
    "pytorch": ("litert_torch", "pytorch"),
}
# extra -> the first Python that it can be installed with
OLDEST_PYTHON = {"onnx": (3, 12)}


def missing(what: str, module: str, extra: str) -> CommandError:
    """The error where a package is not installed, with the command that installs it."""
    needed, here = OLDEST_PYTHON.get(extra, (3, 10)), sys.version_info[:2]
    version = ""
    if here < needed:
        version, own = (".".join(map(str, numbers)) for numbers in (needed, here))
        version = f"; it takes Python {version} or newer, this is {own}: make a venv with one"
    return CommandError(
        f"{what} needs {module}: .venv/bin/pip install -e '.[{extra}]' in the checkout, or "
        f"pip install 'inkling[{extra}]'{version}"
    )


def converted(path: Path) -> bytes | None:
    """The float32 .tflite of a network in another format; None for any other file.

    Raises CommandError where its converter is not installed, and with the converter's last words
    where that fails.
    """
    kind = format_of(path)
    if kind is None:
        return None
    module, extra = CONVERTERS[kind]
    if importlib.util.find_spec(module) is None:
        raise missing(f"{path}: converting it", module, extra)
    with tempfile.TemporaryDirectory(prefix="inkling-") as folder:
        target = Path(folder) / "float.tflite"
        command = [sys.executable, "-m", "host_tools.quantize.convert"]
        with progress(f"converting {path.name} with {module}", 0):
            ran = subprocess.run(
                [*command, kind, str(path.resolve()), str(target)],
                capture_output=True,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        if ran.returncode:
            raise CommandError(f"{path}: {module} cannot convert it: {_last_words(ran)}")
        return target.read_bytes()


def _last_words(ran: subprocess.CompletedProcess[bytes]) -> str:
    lines = ran.stderr.decode(errors="replace").strip().splitlines()
    last = re.sub(r"\x1b\[[\d;]*m", "", lines[-1]) if lines else ""
    return last or f"it ended with status {ran.returncode} and said nothing"
