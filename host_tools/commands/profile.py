"""host_tools profile: what a model costs on the virtual board, operator by operator."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from host_tools.blob.reader import read_blob
from host_tools.files import read_whole
from host_tools.pack import pack
from host_tools.profiling import Cost, profile_on_board, random_inputs

NAME = "profile"
HELP = "count the instructions of each operator on the virtual board"
EXAMPLE = "host_tools profile net.tflite --on sim"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, help="a model (.tflite) or a blob (.ink)")
    parser.add_argument(
        "--on", choices=["sim"], default="sim", help="where: the virtual board (sim)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    blob = read_whole(args.model) if args.model.suffix == ".ink" else pack(args.model)
    read = read_blob(blob, str(args.model))
    costs = profile_on_board(blob, random_inputs(blob))
    if args.json:
        print(json.dumps(_report(read.name, read.target, costs), indent=2))
    else:
        print(f"{read.name}: instructions on the virtual board (target {read.target})")
        print_table(costs)
    return 0


def total(costs: list[Cost]) -> Cost:
    """A whole prediction."""
    instructions = sum(cost.instructions for cost in costs)
    return Cost(None, "total", "", instructions, sum(cost.macs for cost in costs))


def _instructions_per_mac(cost: Cost) -> float | None:
    return round(cost.instructions / cost.macs, 2) if cost.macs else None


def _entry(cost: Cost) -> dict[str, object]:
    return {
        "index": cost.index,
        "name": cost.name,
        "kernel": cost.kernel,
        "instructions": cost.instructions,
        "macs": cost.macs,
        "instructions_per_mac": _instructions_per_mac(cost),
    }


def _report(name: str, target: str, costs: list[Cost]) -> dict[str, object]:
    whole = _entry(total(costs))
    return {
        "name": name,
        "target": target,
        "board": "virtual",
        "operators": [_entry(cost) for cost in costs],
        "total": {key: whole[key] for key in ("instructions", "macs", "instructions_per_mac")},
    }


def print_table(costs: list[Cost]) -> None:
    whole = total(costs)
    print(f"{'':>4} {'operator':26} {'kernel':20} {'instructions':>14} {'%':>5} ", end="")
    print(f"{'MACs':>12} {'instr/MAC':>9}")
    for cost in [*costs, whole]:
        index = "" if cost.index is None else cost.index
        share = 100 * cost.instructions / max(1, whole.instructions)
        ratio = _instructions_per_mac(cost)
        print(
            f"{index:>4} {cost.name:26} {cost.kernel:20} {cost.instructions:>14,} {share:>5.1f} "
            f"{cost.macs:>12,} {'' if ratio is None else f'{ratio:.2f}':>9}"
        )
