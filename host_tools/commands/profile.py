"""host_tools profile: what a model costs on the virtual board, operator by operator."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from host_tools import fits
from host_tools.blob.layout import TARGETS
from host_tools.blob.reader import read_blob
from host_tools.board_options import add_board, add_place, board_of, place_of
from host_tools.boards import Board
from host_tools.cycles.bar_chart import Bar, svg_chart
from host_tools.cycles.board_cycles import BoardCost, on_machine
from host_tools.cycles.lines import Lines, machine_of
from host_tools.errors import CommandError
from host_tools.files import write_whole
from host_tools.pack import DEFAULT_TARGET, load_plan
from host_tools.plan.costs import Prediction, predict
from host_tools.text import json_text, text_table, wrapped
from host_tools.virtual_board.profiling import profile_on_virtual_board, random_inputs

EXAMPLE = "host_tools profile net.tflite --board openmv-h7 --svg net.svg"

NOTE = (
    "Instructions are counted; cycles, and what follows from them, are estimates by a model of "
    "the Cortex-M7: its pipeline, lines that its caches miss where blob and arena lie, branches "
    "that it mispredicts. Held against published measurements: docs/cycles.md."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = f"{parser.epilog or ''}\n\n{NOTE}".strip()
    parser.add_argument(
        "model", type=Path, metavar="MODEL", help="a blob (.ink), or a .tflite to pack on the fly"
    )
    parser.add_argument(
        "--on", choices=["sim"], default="sim", help="where: the virtual board (sim)"
    )
    parser.add_argument(
        "--target",
        choices=list(TARGETS),
        default=DEFAULT_TARGET,
        help="what a .tflite file is packed for; default: %(default)s",
    )
    clock = parser.add_mutually_exclusive_group()
    add_board(clock, "also time, at its clock, energy, and whether it fits")
    clock.add_argument("--mhz", type=float, metavar="N", help="also time, at this clock")
    add_place(parser)
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw cycles into this file")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    board = board_of(args)
    mhz = board.clock_mhz if board else args.mhz
    if mhz is not None and not 0 < mhz < 1e6:
        raise CommandError(f"--mhz {mhz:g} is no clock: give megahertz, such as 480")
    place = place_of(args, board)
    blob, _ = load_plan(args.model, board=board, place=place, target=args.target)
    read = read_blob(blob, str(args.model))
    place = place_of(args, board, read.for_ram)
    machine = machine_of(board, place, read.size, read.arena_size)
    costs = on_machine(
        read, profile_on_virtual_board(blob, random_inputs(blob), cycles=True), machine
    )
    predicted = {
        index: predict(operator.kernel, read.layer(operator))
        for index, operator in enumerate(read.operators)
    }
    if args.svg:
        write_whole(args.svg, _chart(f"{read.name} ({read.target})", costs, board, mhz).encode())
    found = fits.fits(board, read.size, read.arena_size, place) if board else []
    if args.json:
        report = _report(read.name, read.target, costs, predicted, board, mhz)
        if board:
            report["fit"] = fits.report(board, found)
        print(json_text(report))
    else:
        print(f"{read.name}, packed for {read.target}, on the virtual board")
        print(_table(costs, predicted, mhz))
        fit = fits.lines(board, found) if board else []
        print(wrapped("\n".join(["", *_summary(costs, board, mhz), *fit, NOTE])))
    return 0


def _total(costs: list[BoardCost]) -> BoardCost:
    """A whole prediction."""
    return BoardCost(
        None,
        "total",
        "",
        sum(cost.instructions for cost in costs),
        sum(cost.macs for cost in costs),
        sum(cost.pipeline for cost in costs),
        sum(cost.mispredictions for cost in costs),
        Lines(sum(cost.lines.blob for cost in costs), sum(cost.lines.arena for cost in costs)),
        sum(cost.cycles for cost in costs),
    )


def _milliseconds(cycles: int, mhz: float) -> float:
    return cycles / mhz / 1000


def _entry(cost: BoardCost, mhz: float | None) -> dict[str, Any]:
    cycles = cost.cycles
    entry: dict[str, Any] = {
        "index": cost.index,
        "name": cost.name,
        "kernel": cost.kernel,
        "instructions": cost.instructions,
        "cycles_estimate": cycles,
        "pipeline_cycles_estimate": cost.pipeline,
        "blob_lines_estimate": round(cost.lines.blob),
        "arena_lines_estimate": round(cost.lines.arena),
        "mispredictions_estimate": cost.mispredictions,
        "macs": cost.macs,
        "instructions_per_mac": round(cost.instructions / cost.macs, 2) if cost.macs else None,
        "cycles_per_mac": round(cycles / cost.macs, 2) if cost.macs else None,
    }
    if mhz:
        entry["milliseconds_estimate"] = round(_milliseconds(cycles, mhz), 4)
    return entry


def _report(
    name: str,
    target: str,
    costs: list[BoardCost],
    predicted: dict[int, Prediction],
    board: Board | None,
    mhz: float | None,
) -> dict[str, Any]:
    whole = _total(costs)
    total = _entry(whole, mhz)
    for key in ("index", "name", "kernel"):
        del total[key]
    report: dict[str, Any] = {"name": name, "target": target, "on": "virtual board"}
    if mhz:
        report |= {"board": board.name if board else None, "mhz": mhz}
    operators = [_entry(cost, mhz) for cost in costs]
    for cost, entry in zip(costs, operators, strict=True):
        if cost.index is not None:
            entry["instructions_predicted"] = predicted[cost.index].instructions
            entry["cycles_predicted"] = predicted[cost.index].cycles
    report |= {"operators": operators, "total": total, "note": NOTE}
    if board:
        report["energy_estimate"] = {
            "millijoules": round(board.run_current.millijoules(whole.cycles), 4),
            "microamperes_per_mhz": board.run_current.microamperes_per_mhz,
            "volts": board.run_current.volts,
            "source": board.run_current.source,
        }
    return report


def _table(costs: list[BoardCost], predicted: dict[int, Prediction], mhz: float | None) -> str:
    whole = _total(costs)
    foreseen = {index: one.cycles for index, one in predicted.items()}
    header = ["", "operator", "kernel", "instructions", "MACs", "instr/MAC"]
    header += ["pipeline", "predicted", "lines", "mistaken", "cycles", "%", "cycles/MAC"]
    header += ["ms"] if mhz else []
    rows = []
    for cost in [*costs, whole]:
        cycles = cost.cycles
        row = ["" if cost.index is None else str(cost.index), cost.name, cost.kernel]
        row += [f"{cost.instructions:,}", f"{cost.macs:,}"]
        row += [f"{cost.instructions / cost.macs:.2f}" if cost.macs else ""]
        row += [f"{cost.pipeline:,}"]
        if cost is whole:
            row += [f"{sum(foreseen.values()):,}"]
        else:
            row += ["" if cost.index is None else f"{foreseen[cost.index]:,}"]
        row += [f"{cost.lines.blob + cost.lines.arena:,.0f}", f"{cost.mispredictions:,}"]
        row += [f"{cycles:,}", f"{100 * cycles / max(1, whole.cycles):.1f}"]
        row += [f"{cycles / cost.macs:.2f}" if cost.macs else ""]
        rows.append(row + ([f"{_milliseconds(cycles, mhz):.3f}"] if mhz else []))
    return text_table(header, rows, keys=2)


def _summary(costs: list[BoardCost], board: Board | None, mhz: float | None) -> list[str]:
    """Time and energy of a prediction, in words."""
    cycles = _total(costs).cycles
    lines = []
    if mhz:
        where = f"{board.title} ({board.part})" if board else "a Cortex-M7"
        milliseconds = _milliseconds(cycles, mhz)
        lines.append(f"{where} at {mhz:g} MHz: about {milliseconds:.2f} ms a prediction.")
    if board:
        current = board.run_current
        lines.append(
            f"Energy, an estimate: {current.millijoules(cycles):.2f} mJ a prediction, "
            f"{current.microamperes_per_mhz:g} microamperes a MHz at {current.volts:g} V "
            f"({current.source})."
        )
    return lines


def _chart(title: str, costs: list[BoardCost], board: Board | None, mhz: float | None) -> str:
    whole = _total(costs)
    total = whole.cycles
    facts = [f"{total:,} cycles", f"{whole.instructions:,} instructions"]
    if whole.macs:
        facts.append(f"{total / whole.macs:.2f} cycles a MAC")
    if mhz:
        where = f"{board.title}, {mhz:g} MHz" if board else f"{mhz:g} MHz"
        facts.append(f"{_milliseconds(total, mhz):.2f} ms ({where})")
    if board:
        facts.append(f"{board.run_current.millijoules(total):.2f} mJ")
    bars = []
    for cost in costs:
        cycles = cost.cycles
        label = cost.name if cost.index is None else f"{cost.index}  {cost.name}"
        figures = [f"{100 * cycles / max(1, total):.1f} %"]
        if cost.macs:
            figures.append(f"{cycles / cost.macs:.2f} a MAC")
        if mhz:
            figures.append(f"{_milliseconds(cycles, mhz):.3f} ms")
        bars.append(Bar(label, cost.kernel, cycles, ", ".join(figures)))
    note = "Estimated cycles of a Cortex-M7, with cache misses and mispredicted branches"
    return svg_chart(title, " · ".join(facts), f"{note}; energy is the part's alone.", bars)
