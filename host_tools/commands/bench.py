"""host_tools bench: what models cost on the virtual board: the real ones beside CMSIS-NN, any."""

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
from host_tools.files import in_folder
from host_tools.pack import DEFAULT_TARGET, load_blob, pack
from host_tools.places import ROOT
from host_tools.text import json_text, plain, text_table, wrapped
from host_tools.virtual_board import default_firmware
from host_tools.virtual_board.front_ends import FrontEndCost, front_end_costs
from host_tools.virtual_board.picture_costs import SIDES, PictureCost, picture_costs
from host_tools.virtual_board.profiling import Cost, profile_on_virtual_board, random_inputs

EXAMPLE = "host_tools bench --models folder"

BASELINE = Path(__file__).resolve().parents[1] / "baselines" / "cmsis_nn.json"


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
# instructions a multiply-accumulate that 19 in 20 larger layers of real models keep below
USUAL = {"CONV_2D": 2.5, "DEPTHWISE_CONV_2D": 5.0, "FULLY_CONNECTED": 2.5}
# of all instructions, what a layer must take to be worth a mark
SHARE = 1 / 100


@dataclass(frozen=True)
class Row:
    """What an operator or a network costs: ours, and instructions of the baseline.

    `index` is the operator's, None for the whole and the conversions of input and output. `above`
    the usual: an operator that takes more a multiply-accumulate than its kind usually does, and a
    good part of the whole.
    """

    name: str
    kernel: str
    macs: int
    instructions: int
    cycles: int | None
    cmsis_nn: int | None
    plain_c: int | None
    index: int | None = None
    above: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--models",
        type=Path,
        metavar="FOLDER",
        help="each layer of the .tflite and .ink files there, or of one such file; "
        "default: MLPerf Tiny's int8 models (data/models in $INKLING_SHARED) and our own",
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
    left_out: dict[str, str] = {}
    networks = baseline["networks"]
    report = _given(args, left_out) if args.models else _real(args, networks, left_out)
    size = code_size(default_firmware(), args.stock) if args.stock else None
    sounds = [] if args.models else front_end_costs()
    pictures = [] if args.models else picture_costs()
    if args.json:
        rows = {name: [asdict(row) for row in rows] for name, rows in report.items()}
        made: dict[str, Any] = {"networks": rows, "code_size": asdict(size) if size else None}
        made["front_ends"] = [asdict(cost) for cost in sounds]
        made["pictures"] = [asdict(cost) for cost in pictures]
        print(json_text({**made, "left_out": left_out}))
        return 0
    if args.models:
        _print_given(report, args)
    else:
        _print_real(report, args, baseline["what"])
        print(f"\n{_front_ends_table(sounds)}\n\n{_pictures_table(pictures)}\n")
    for name, why in left_out.items():
        print(f"{plain(name)}: {why}" if args.models else f"{name}: not in {_shared_models()}")
    if size:
        print(wrapped(size.text()))
    return 0


def _front_ends_table(costs: list[FrontEndCost]) -> str:
    """What makes an input from sound costs a frame."""
    header = ["front end", "input", "instructions a frame", "bytes of RAM"]
    cells = [
        [c.kind, f"{c.frames}x{c.coefficients}", f"{c.instructions:,}", f"{c.ram:,}"]
        for c in costs
    ]
    return text_table(header, cells)


def _pictures_table(costs: list[PictureCost]) -> str:
    """What makes an input from a picture costs, by kind and scaling and by the input's side."""
    header = [
        "picture of 320x240, scaling",
        *(f"to {side}x{side}, instructions" for side in SIDES),
    ]
    cells: dict[str, list[str]] = {}
    for cost in costs:
        row = cells.setdefault(f"{cost.kind}, {cost.scaling}", [])
        row.append(f"{cost.instructions:,}")
    return text_table(header, [[name, *row] for name, row in cells.items()])


def _shared_models() -> Path:
    return Path(os.environ.get("INKLING_SHARED", ROOT.parent / "shared")) / "data" / "models"


def _real(
    args: argparse.Namespace, measured: dict[str, Any], left_out: dict[str, str]
) -> dict[str, list[Row]]:
    """The rows of NETWORKS by title; `left_out` gets the models that are not there."""
    report: dict[str, list[Row]] = {}
    for network in NETWORKS:
        path = find_model(network.model)
        if path is None:
            left_out[network.model] = "missing"
            continue
        blob = pack(path, target=args.target, **network.options)
        costs = profile_on_virtual_board(blob, random_inputs(blob), cycles=args.cycles)
        report[network.title] = compare(costs, measured.get(network.baseline or ""))
    return report


def _given(args: argparse.Namespace, left_out: dict[str, str]) -> dict[str, list[Row]]:
    """The rows of the models in a folder by file name; `left_out` gets those that do not run.

    Raises CommandError where there is none that does.
    """
    found = [args.models]
    if args.models.is_dir():
        found = [p for p in in_folder(args.models) if p.suffix in (".tflite", ".ink")]
        if not found:
            raise CommandError(f"{args.models}: there is no .tflite or .ink file in it")
    report: dict[str, list[Row]] = {}
    for path in found:
        try:
            blob = load_blob(path, args.target)
            costs = profile_on_virtual_board(blob, random_inputs(blob), cycles=args.cycles)
        except CommandError as error:
            left_out[path.name] = error.message.removeprefix(plain(f"{path}: "))
            continue
        report[path.name] = compare(costs, None)
    if not report:
        reasons = "\n".join(f"{plain(name)}: {why}" for name, why in left_out.items())
        raise CommandError(f"{args.models}: none of its models runs", reasons)
    return report


def _print_given(report: dict[str, list[Row]], args: argparse.Namespace) -> None:
    for name, rows in report.items():
        named = [(_numbered(row), row) for row in [*rows[1:], rows[0]]]
        print(f"{plain(name)}\n{_table(named, beside=False)}\n")
    _print_what(args)
    usual = ", ".join(f"{most} in {name}" for name, most in USUAL.items())
    print(
        wrapped(
            f"Usual instructions a multiply-accumulate: at most {usual}.\n"
            f"Layers that take more, and more than {SHARE:.0%} of their network, are marked; "
            "inspect says why they have their kernel."
        )
    )


def _numbered(row: Row) -> str:
    return row.name if row.index is None else f"{row.index:>3} {row.name}"


def _print_real(report: dict[str, list[Row]], args: argparse.Namespace, what: str) -> None:
    if args.layers:
        for name, rows in report.items():
            print(f"{name}\n{_table([(row.name, row) for row in [*rows[1:], rows[0]]])}\n")
    else:
        print(_table([(name, rows[0]) for name, rows in report.items()]) + "\n")
    _print_what(args)
    print(wrapped(f"CMSIS-NN and plain C, instructions: {what}."))


def _print_what(args: argparse.Namespace) -> None:
    print(
        wrapped(
            f"Executed instructions of one prediction on the virtual board, target {args.target}."
        )
    )
    if args.cycles:
        print("Cycles are estimates for a Cortex-M7, without caches, flash waits and")
        print("mispredictions.")


def find_model(name: str) -> Path | None:
    """The file of a network of NETWORKS: one of ours, or of $INKLING_SHARED; None if missing."""
    for folder in (ROOT / "models" / name, _shared_models()):
        path = folder / f"{name}.tflite"
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
    total = sum(cost.instructions for cost in costs)
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
                cost.index,
                _is_above(cost, total),
            )
        )
    left = [layer["index"] for queue in layers.values() for layer in queue]
    if left:
        raise CommandError(f"layers {left} of the baseline are not in this model")
    whole_row = Row(
        "total",
        "",
        sum(row.macs for row in rows),
        total,
        None if costs[0].cycles is None else sum(cost.cycles or 0 for cost in costs),
        network["cmsis_nn_instructions"] if network else None,
        network["plain_c_instructions"] if network else None,
    )
    return [whole_row, *rows]


def _is_above(cost: Cost, total: int) -> bool:
    usual = USUAL.get(cost.name, float("inf"))
    return cost.instructions > max(usual * cost.macs, SHARE * total)


def _table(rows: list[tuple[str, Row]], beside: bool = True) -> str:
    """Rows under their names; with the baseline's figures `beside` them, or marks."""
    header = ["", "kernel", "MACs", "instructions", "per MAC"]
    cells = [_cells(name, row) for name, row in rows]
    if beside:
        header += ["CMSIS-NN", "x", "plain C", "x"]
        for line, (_, row) in zip(cells, rows, strict=True):
            line += [*_beside(row.cmsis_nn, row.instructions)]
            line += [*_beside(row.plain_c, row.instructions)]
    else:
        header += ["above the usual"]
        for line, (_, row) in zip(cells, rows, strict=True):
            line += [f"<- {USUAL[row.name]} is usual" if row.above else ""]
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
    ]


def _beside(theirs: int | None, ours: int) -> tuple[str, str]:
    """Their count, and how many times ours it is."""
    return ("", "") if theirs is None else (f"{theirs:,}", f"{theirs / max(1, ours):.2f}")
