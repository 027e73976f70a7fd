"""python -m host_tools.calibration: our estimate beside a published measurement of a board."""

from __future__ import annotations

import argparse
import collections
import json
import sys
from pathlib import Path
from typing import Any

from host_tools.calibration.measure import Step, measure_image, measure_network
from host_tools.calibration.networks import mobilenet_v2
from host_tools.cycles.board_cycles import board_cycles
from host_tools.cycles.lines import Machine
from host_tools.errors import CommandError
from host_tools.text import text_table

PUBLISHED = Path(__file__).with_name("published.json")


def main() -> int:
    published = {one["name"]: one for one in json.loads(PUBLISHED.read_text("utf8"))}
    parser = argparse.ArgumentParser(prog="python -m host_tools.calibration", description=__doc__)
    parser.add_argument("name", choices=list(published), nargs="?", help="default: list them")
    parser.add_argument("--image", type=Path, help="an ELF image that runs the measured code")
    parser.add_argument("--firmware", type=Path, help="the virtual board's, with Arm's kernels")
    parser.add_argument("--model", type=Path, help="the network, where it is not made here")
    parser.add_argument("--scratch", type=int, default=0, metavar="BYTES", help="more of it")
    args = parser.parse_args()
    if args.name is None:
        print(_list(list(published.values())))
        return 0
    try:
        print(_compared(published[args.name], _steps(published[args.name], args)))
    except CommandError as error:
        print(f"host_tools.calibration: {error}", file=sys.stderr)
        return 1
    return 0


def _list(published: list[dict[str, Any]]) -> str:
    rows = [[one["name"], one["network"], one["runtime"], one["board"]] for one in published]
    table = text_table(["name", "network", "runtime", "board"], rows)
    return "\n".join([table, "", *(f"{one['name']}: {one['source']}" for one in published)])


def _steps(one: dict[str, Any], args: argparse.Namespace) -> list[Step]:
    if "image" in one:
        if args.image is None:
            raise CommandError(f"{one['name']} needs --image: {one['image']}")
        return measure_image(args.image, one["caller"], one["functions"], one["cache_bytes"])
    if args.firmware is None:
        raise CommandError(
            f"{one['name']} needs --firmware: make firmware-virtual CMSIS_NN=prefix builds it"
        )
    if "model" in one:
        network = mobilenet_v2(**one["model"])
    elif args.model:
        network = args.model
    else:
        raise CommandError(f"{one['name']} needs --model: {one['source']}")
    return measure_network(network, args.firmware, one["cache_bytes"], args.scratch)


def _compared(one: dict[str, Any], steps: list[Step]) -> str:
    machine = Machine(one["cache_bytes"])
    by_name: dict[str, list[Step]] = collections.defaultdict(list)
    for step in steps:
        by_name[step.name].append(step)
    rows = [_row(name, some, machine, None) for name, some in by_name.items()]
    measured = one.get("measured_cycles") or one["measured_milliseconds"] * one["mhz"] * 1000
    for row, name in zip(rows, by_name, strict=True):
        own = one.get("measured_by_function", {}).get(name)
        row[-2:] = _beside(by_name[name], machine, own)
    rows.append(_row("total", steps, machine, measured))
    header = ["", "calls", "instructions", "pipeline", "mispredicted", "flash lines", "RAM lines"]
    table = text_table([*header, "estimate", "measured", "measured / estimate"], rows)
    milliseconds = _estimate(steps, machine) / one["mhz"] / 1000
    return "\n".join(
        [
            f"{one['network']}, {one['runtime']}, {one['board']} ({one['use']})",
            table,
            f"estimate {milliseconds:.1f} ms, measured {measured / one['mhz'] / 1000:.1f} ms",
            one["source"],
        ]
    )


def _row(name: str, steps: list[Step], machine: Machine, measured: float | None) -> list[str]:
    return [
        name,
        str(len(steps)),
        f"{sum(step.instructions for step in steps):,}",
        f"{sum(step.pipeline for step in steps):,}",
        f"{sum(step.mispredictions for step in steps):,}",
        f"{sum(step.lines.blob for step in steps):,.0f}",
        f"{sum(step.lines.arena for step in steps):,.0f}",
        f"{_estimate(steps, machine):,}",
        *_beside(steps, machine, measured),
    ]


def _beside(steps: list[Step], machine: Machine, measured: float | None) -> list[str]:
    if measured is None:
        return ["", ""]
    return [f"{measured:,.0f}", f"{measured / _estimate(steps, machine):.2f}"]


def _estimate(steps: list[Step], machine: Machine) -> int:
    return sum(
        board_cycles(step.pipeline, step.mispredictions, step.lines, machine) for step in steps
    )


if __name__ == "__main__":
    sys.exit(main())
