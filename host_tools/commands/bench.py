"""host_tools bench: instructions of the real models on the virtual board, beside CMSIS-NN's."""

from __future__ import annotations

import argparse
import json
import os
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from host_tools.blob.layout import TARGETS
from host_tools.errors import CommandError
from host_tools.pack import pack
from host_tools.profiling import Cost, profile_on_board, random_inputs
from host_tools.text_table import text_table

NAME = "bench"
HELP = "count the instructions of the real models, beside CMSIS-NN's"
EXAMPLE = "host_tools bench --layers"

ROOT = Path(__file__).resolve().parents[2]
BASELINE = ROOT / "host_tools" / "baselines" / "cmsis_nn.json"
# a model's file name -> its network in the baseline, None where nobody measured one
NETWORKS: dict[str, str | None] = {
    "cifar10": None,
    "pretrainedResnet_quant": "ic",
    "kws_ref_model": "kws",
    "vww_96_int8": "vww",
    "ad01_int8": "ad",
}
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
    """Instructions of an operator or of a network, ours and those of the baseline."""

    name: str
    kernel: str
    macs: int
    instructions: int
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
    parser.add_argument("--target", choices=list(TARGETS), default="cortex-m7")
    parser.add_argument("--json", action="store_true", help="print JSON, each operator in it")


def run(args: argparse.Namespace) -> int:
    baseline = json.loads(BASELINE.read_text(encoding="utf8"))
    report, missing = {}, []
    for name, network in NETWORKS.items():
        path = _find(name, args.models)
        if path is None:
            missing.append(name)
            continue
        blob = pack(path, target=args.target)
        costs = profile_on_board(blob, random_inputs(blob))
        report[name] = compare(costs, baseline["networks"][network] if network else None)
    if args.json:
        print(json.dumps({name: [asdict(row) for row in rows] for name, rows in report.items()}))
        return 0
    if args.layers:
        for name, rows in report.items():
            print(f"{name}\n{_table([(row.name, row) for row in [*rows[1:], rows[0]]])}\n")
    else:
        print(_table([(name, rows[0]) for name, rows in report.items()]) + "\n")
    print(f"Executed instructions of one prediction on the virtual board, target {args.target}.")
    print(f"CMSIS-NN and plain C: {baseline['what']}.")
    if missing:
        print(f"Not in {args.models}: {', '.join(missing)}.")
    return 0


def _find(name: str, models: Path) -> Path | None:
    for path in (ROOT / "models" / name / f"{name}.tflite", models / f"{name}.tflite"):
        if path.is_file():
            return path
    return None


def compare(costs: list[Cost], network: dict[str, Any] | None) -> list[Row]:
    """The whole prediction's row, then one for each operator that ran.

    `network` is one of the baseline's: its layers are found again by operator and
    multiply-accumulates, in order. Raises CommandError when the network has other layers.
    """
    layers = defaultdict(list)
    for layer in network["layers"] if network else []:
        layers[KINDS[layer["operator"]], layer["macs"]].append(layer)
    rows = []
    for cost in costs:
        queue = layers[cost.name, cost.macs]
        layer = queue.pop(0) if queue else {}
        rows.append(
            Row(
                cost.name,
                cost.kernel,
                cost.macs,
                cost.instructions,
                layer.get("cmsis_nn_instructions"),
                layer.get("plain_c_instructions"),
            )
        )
    left = [layer["index"] for queue in layers.values() for layer in queue]
    if left:
        raise CommandError(f"layers {left} of the baseline are not in this model")
    whole = Row(
        "total",
        "",
        sum(row.macs for row in rows),
        sum(row.instructions for row in rows),
        network["cmsis_nn_instructions"] if network else None,
        network["plain_c_instructions"] if network else None,
    )
    return [whole, *rows]


def _table(rows: list[tuple[str, Row]]) -> str:
    header = ("", "kernel", "MACs", "instructions", "per MAC", "CMSIS-NN", "x", "plain C", "x")
    return text_table(header, [_cells(name, row) for name, row in rows])


def _cells(name: str, row: Row) -> tuple[str, ...]:
    return (
        name,
        row.kernel,
        f"{row.macs:,}",
        f"{row.instructions:,}",
        f"{row.instructions / row.macs:.2f}" if row.macs else "",
        *_beside(row.cmsis_nn, row.instructions),
        *_beside(row.plain_c, row.instructions),
    )


def _beside(theirs: int | None, ours: int) -> tuple[str, str]:
    """Their count, and how many times ours it is."""
    return ("", "") if theirs is None else (f"{theirs:,}", f"{theirs / max(1, ours):.2f}")
