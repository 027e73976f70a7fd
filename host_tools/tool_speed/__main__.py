"""Times the host tools: `make bench-tools`, or `python -m host_tools.tool_speed [--json]`.

Commands are timed as processes of their own, runs as predictions a second of one thread. Seconds
are of the processor, which hardly change where others use the computer too, and of the clock.
Nothing passes or fails by them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from host_tools.blob.layout import TARGETS
from host_tools.commands.bench import NETWORKS, find_model
from host_tools.commands.validate import random_arrays
from host_tools.errors import CommandError
from host_tools.files import temporary_folder
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.places import ROOT
from host_tools.text import text_table

TIMES = 3
MANY = 10_000
# of a run whose predictions are counted
SECONDS = 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args()
    models = {
        name: path
        for name in dict.fromkeys(network.model for network in NETWORKS)
        if (path := find_model(name)) is not None
    }
    try:
        report = measure(models)
    except CommandError as error:
        sys.exit(f"host_tools: {error}")
    print(json.dumps(report, indent=2) if args.json else text(report))


def measure(models: dict[str, Path]) -> dict[str, Any]:
    """Seconds of each command, and predictions a second of each model and target."""
    commands: dict[str, dict[str, float]] = {"host_tools --help": _timed(["--help"], TIMES)}
    runs: dict[str, dict[str, float]] = {}
    with temporary_folder() as folder:
        output = Path(folder) / "net.ink"
        for name, path in models.items():
            words = ["pack-model", str(path), "-o", str(output)]
            commands[f"pack-model {name}"] = _timed(words, TIMES)
            blobs = {target: pack(path, target=target) for target in TARGETS}
            runs[name] = {target: _a_second(blob) for target, blob in blobs.items()}
        if "pretrainedResnet_quant" in models:
            path = models["pretrainedResnet_quant"]
            x, y = Path(folder) / "x.npy", Path(folder) / "y.npy"
            np.save(x, random_arrays(pack(path), 1, 0)[0].repeat(MANY, 0))
            words = ["run", str(path), "--input", str(x), "--output", str(y)]
            commands[f"run pretrainedResnet_quant, {MANY:,} pictures"] = _timed(words, 1)
    return {"commands": commands, "predictions_a_second": runs}


def _timed(words: Sequence[str], times: int) -> dict[str, float]:
    """The median seconds of a command, after one that warms up where it runs several times."""
    processor, clock = [], []
    for number in range(times if times == 1 else times + 1):
        before, start = os.times(), time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "host_tools", *words],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        after = os.times()
        if number or times == 1:
            clock.append(time.perf_counter() - start)
            processor.append(
                after.children_user
                + after.children_system
                - before.children_user
                - before.children_system
            )
    return {
        "processor_seconds": round(statistics.median(processor), 3),
        "seconds": round(statistics.median(clock), 3),
    }


def _a_second(blob: bytes) -> float:
    """Predictions a second of the processor, in one thread."""
    model = HostModel(blob)
    inputs = [array[0] for array in random_arrays(blob, 1, 0)]
    model.run(inputs)
    start, count = time.process_time(), 0
    while (spent := time.process_time() - start) < SECONDS:
        model.run(inputs)
        count += 1
    return round(count / spent, 1)


def text(report: dict[str, Any]) -> str:
    """Two tables."""
    commands = [
        [name, f"{seconds['processor_seconds']:.2f}", f"{seconds['seconds']:.2f}"]
        for name, seconds in report["commands"].items()
    ]
    runs = [
        [name, *(f"{targets[target]:,.0f}" for target in TARGETS)]
        for name, targets in report["predictions_a_second"].items()
    ]
    return "\n".join(
        [
            text_table(["seconds of a command", "processor", "clock"], commands),
            "",
            text_table(["predictions a second of a core, packed for", *TARGETS], runs),
        ]
    )


if __name__ == "__main__":
    main()
