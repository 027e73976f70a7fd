"""The float32 .tflite of a network in another format, by the converter that is made for it."""

from __future__ import annotations

import importlib.util
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from host_tools import tflite
from host_tools.errors import CommandError
from host_tools.files import temporary_folder
from host_tools.progress import progress
from host_tools.quantize.litert import LiteRt
from host_tools.tflite.other_files import format_of

# format -> the module that must be there, and pyproject's extra that brings it
CONVERTERS = {
    "keras": ("tensorflow", "keras"),
    "savedmodel": ("tensorflow", "keras"),
    "onnx": ("onnx2tf", "onnx"),
    "pytorch": ("litert_torch", "pytorch"),
}
# what float32 and its sums in another order leave, with much room
MOST_FAR = 0.01
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

    Raises CommandError where its converter is not installed, with the converter's last words where
    that fails, and where the .tflite gives something else than the network.
    """
    kind = format_of(path)
    if kind is None:
        return None
    module, extra = CONVERTERS[kind]
    if importlib.util.find_spec(module) is None:
        raise missing(f"{path}: converting it", module, extra)
    with temporary_folder() as folder:
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
        model = target.read_bytes()
        example = target.with_suffix(".npz")
        if example.exists():
            with np.load(example) as arrays:
                far = how_far(model, arrays["x"], arrays["y"])
            if far > MOST_FAR:
                raise CommandError(
                    f"{path}: {module} makes another network of it: for random inputs the two "
                    f"differ by {100 * far:.2g} % of what it gives; convert it by another way, "
                    "docs/quantize.md#by-hand"
                )
        return model


def how_far(model: bytes, x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]) -> float:
    """How far a .tflite is from what its network gives, relative, by root mean squares.

    Where a converter moved the channels, values are compared in order of size.
    """
    graph = tflite.read_model(model)
    shape = graph.tensors[graph.inputs[0]].shape
    if x.shape != shape and x.ndim == 4:
        x = np.moveaxis(x, 1, -1)
    if x.shape != shape:
        return 0.0
    [found, *_] = LiteRt(model, graph).run([np.ascontiguousarray(x)])
    if found.shape != y.shape:
        found, y = np.sort(found, axis=None), np.sort(y, axis=None)
    if found.shape != y.shape:
        return math.inf
    power = float(np.square(y, dtype=np.float64).sum())
    return math.sqrt(float(np.square(y - found, dtype=np.float64).sum()) / max(power, 1e-30))


def _last_words(ran: subprocess.CompletedProcess[bytes]) -> str:
    lines = ran.stderr.decode(errors="replace").strip().splitlines()
    last = re.sub(r"\x1b\[[\d;]*m", "", lines[-1]) if lines else ""
    return last or f"it ended with status {ran.returncode} and said nothing"
