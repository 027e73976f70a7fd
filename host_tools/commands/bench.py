"""host_tools bench: what the real models cost on the virtual board, beside CMSIS-NN."""

from __future__ import annotations

import argparse
import json
import os
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from host_tools.blob.layout import TARGETS
from host_tools.code_size import code_size
from host_tools.errors import CommandError
from host_tools.pack import DEFAULT_TARGET, pack
from host_tools.text_table import text_table
from host_tools.virtual_board import default_firmware
from host_tools.virtual_board.profiling import Cost, profile_on_virtual_board, random_inputs

NAME = "bench"
HELP = "count the instructions of the real models, beside CMSIS-NN's, and the code's size"
EXAMPLE = "host_tools bench --layers"

ROOT = Path(__file__).resolve().parents[2]
BASELINE = ROOT / "host_tools" / "baselines" / "cmsis_nn.json"


@dataclass(frozen=True)
class Network:
    """A row: a model's file name, its network in the baseline if measured, how it is packed."""

    title: str
    model: str
    baseline: str | None = None
    options: dict[str, Any] = field(default_factory=dict)


NETWORKS = (
    Network("CIFAR-10, ours", "cifar10"),
    Network("ResNet-8", "pretrainedResnet_quant", "ic"),
    Network("ResNet-8, within 300 KB", "pretrainedResnet_quant", "ic", {"flash": 300 * 1024}),
    Network("ResNet-8, within 95 KB", "pretrainedResnet_quant", "ic", {"flash": 95 * 1024}),
    Network("DS-CNN", "kws_ref_model", "kws"),
    Network(
        "visual wake words, constant channels kept",
        "vww_96_int8",
        "vww",
        {"drop_constants": False},
    ),
    Network("visual wake words, constant channels dropped", "vww_96_int8", "vww"),
    Network("autoencoder", "ad01_int8", "ad"),
)
# the baseline's operators in TensorFlow Lite's words
KINDS = {
    "conv": "CONV_2D",
    "dw": "DEPTHWISE_CONV_2D",
    "add": "ADD",
    "avg": "AVERAGE_POOL_2D",
    "max": "MAX_POOL_2D",
    "fc": "FULLY_CONNECTED",
    "softmax": "SOFTMAX",
}


@dataclass(frozen=True)
class Row:
    """What an operator or a network costs: ours, and instructions of the baseline."""

    name: str
    kernel: str
    macs: int
    instructions: int
    cycles: int | None
    cmsis_nn: int | None
    plain_c: int | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--models",
        type=Path,
        metavar="FOLDER",
        default=Path(os.environ.get("INKLING_SHARED", ROOT.parent / "shared")) / "data" / "models",
        help="where MLPerf Tiny's int8 models are (default: data/models in $INKLING_SHARED)",
    )
    parser.add_argument("--layers", action="store_true", help="each operator, not only the total")
    parser.add_argument(
        "--cycles", action="store_true", help="also estimate cycles: some seconds a network"
    )
    parser.add_argument(
        "--stock",
        type=Path,
        metavar="FIRMWARE",
        help="firmware without our module (make firmware-virtual STOCK=1), to measure our code by",
    )
    parser.add_argument(
        "--target",
        choices=list(TARGETS),
        default=DEFAULT_TARGET,
        help="what they are packed for; default: %(default)s",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, each operator in it")


def run(args: argparse.Namespace) -> int:
    baseline = json.loads(BASELINE.read_text(encoding="utf8"))
    report: dict[str, list[Row]] = {}
    missing: list[str] = []
    for network in NETWORKS:
        path = _find(network.model, args.models)
        if path is None:
            missing.append(network.model)
            continue
        blob = pack(path, target=args.target, **network.options)
        costs = profile_on_virtual_board(blob, random_inputs(blob), cycles=args.cycles)
        layers = baseline["networks"][network.baseline] if network.baseline else None
        report[network.title] = compare(costs, layers)
    size = code_size(default_firmware(), args.stock) if args.stock else None
    if args.json:
        networks = {name: [asdict(row) for row in rows] for name, rows in report.items()}
        print(json.dumps({"networks": networks, "code_size": asdict(size) if size else None}))
    else:
        _print(report, args, baseline["what"], missing)
        if size:
            print(size.text())
    return 0


def _print(
    report: dict[str, list[Row]], args: argparse.Namespace, what: str, missing: list[str]
) -> None:
    if args.layers:
        for name, rows in report.items():
            print(f"{name}\n{_table([(row.name, row) for row in [*rows[1:], rows[0]]])}\n")
    else:
        print(_table([(name, rows[0]) for name, rows in report.items()]) + "\n")
    print(f"Executed instructions of one prediction on the virtual board, target {args.target}.")
    if args.cycles:
        print("Cycles are estimates for a Cortex-M7, without caches, flash waits, mispredictions.")
    print(f"CMSIS-NN and plain C, instructions: {what}.")
    if missing:
        print(f"Not in {args.models}: {', '.join(dict.fromkeys(missing))}.")


def _find(name: str, models: Path) -> Path | None:
    for path in (ROOT / "models" / name / f"{name}.tflite", models / f"{name}.tflite"):
        if path.is_file():
            return path
    return None


def compare(costs: list[Cost], network: dict[str, Any] | None) -> list[Row]:
    """The whole prediction's row, then one for each operator that ran.

    `network` is one of the baseline's: its layers are found again by operator and, where no
    channels were dropped, multiply-accumulates, in order. Raises CommandError when the network
    has other layers.
    """
    measured = network["layers"] if network else []
    whole = sum(layer["macs"] for layer in measured) == sum(cost.macs for cost in costs)
    layers = defaultdict(list)
    for layer in measured:
        layers[KINDS[layer["operator"]], layer["macs"] if whole else 0].append(layer)
    rows = []
    for cost in costs:
        queue = layers[cost.name, cost.macs if whole else 0]
        layer = queue.pop(0) if queue else {}
        rows.append(
            Row(
                cost.name,
                cost.kernel,
                cost.macs,
                cost.instructions,
                cost.cycles,
                layer.get("cmsis_nn_instructions"),
                layer.get("plain_c_instructions"),
            )
        )
    left = [layer["index"] for queue in layers.values() for layer in queue]
    if left:
        raise CommandError(f"layers {left} of the baseline are not in this model")
    total = Row(
        "total",
        "",
        sum(row.macs for row in rows),
        sum(row.instructions for row in rows),
        None if costs[0].cycles is None else sum(cost.cycles or 0 for cost in costs),
        network["cmsis_nn_instructions"] if network else None,
        network["plain_c_instructions"] if network else None,
    )
    return [total, *rows]


def _table(rows: list[tuple[str, Row]]) -> str:
    header = ["", "kernel", "MACs", "instructions", "per MAC", "CMSIS-NN", "x", "plain C", "x"]
    cells = [_cells(name, row) for name, row in rows]
    if any(row.cycles is not None for _, row in rows):
        header[5:5] = ["cycles", "per MAC"]
        for line, (_, row) in zip(cells, rows, strict=True):
            line[5:5] = [f"{row.cycles:,}", _ratio(row.cycles, row.macs)]
    return text_table(header, cells)


def _ratio(count: int | None, macs: int) -> str:
    return f"{count / macs:.2f}" if count is not None and macs else ""


def _cells(name: str, row: Row) -> list[str]:
    return [
        name,
        row.kernel,
        f"{row.macs:,}",
        f"{row.instructions:,}",
        _ratio(row.instructions, row.macs),
        *_beside(row.cmsis_nn, row.instructions),
        *_beside(row.plain_c, row.instructions),
    ]


def _beside(theirs: int | None, ours: int) -> tuple[str, str]:
    """Their count, and how many times ours it is."""
    return ("", "") if theirs is None else (f"{theirs:,}", f"{theirs / max(1, ours):.2f}")
