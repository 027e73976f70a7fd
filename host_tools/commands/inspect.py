"""host_tools inspect: show the plan and the arena of a blob."""

from __future__ import annotations

import argparse
import dataclasses
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from host_tools import fits
from host_tools.arena.occupancy import Occupant, live_bytes, occupants
from host_tools.arena.svg import svg_drawing
from host_tools.arena.terminal import terminal_picture
from host_tools.blob.layout import BGR, CHANNEL_TABLES, FRONT_END, picture_ways
from host_tools.blob.reader import Blob, BlobTensor, read_blob, total_weight_bytes, weight_bytes
from host_tools.board_options import add_board, add_place, board_of, place_of
from host_tools.byte_count import add_limits, limits
from host_tools.cycles.lines import machine_of
from host_tools.files import write_whole
from host_tools.pack import load_plan
from host_tools.plan.explain import NOT_KNOWN, Choice, choices, reason
from host_tools.tensor_text import (
    audio_summary,
    audio_text,
    channels_first_text,
    images_text,
    short_name,
    tensor_text,
)
from host_tools.text import LEAST_WIDTH, json_text, text_table, wrapped
from host_tools.virtual_board.profiling import Cost, profile_on_virtual_board, random_inputs

EXAMPLE = "host_tools inspect net.ink --svg net.svg"

LEGEND = """\
The arena while each operator runs: which operator wrote what lies there,
`in` for a network's input, `::` for scratch, `.` for free."""

COSTS = """\
What each operator costs on a Cortex-M7 as the packer predicts it, why its
kernel was taken, and what others of its shape would cost: cycles, and bytes of
weights more or less."""
UNTOLD = """\
A blob does not say what a faster kernel was given up for: inspect the .tflite
file, with the --flash and --ram that it was packed for."""
MEASURED = "`measured` is what they took on the virtual board; cycles are an estimate there."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", type=Path, metavar="MODEL", help="a blob, or a .tflite file to be packed for this"
    )
    add_limits(parser)
    add_board(parser, "pack a .tflite file for this board, and say whether it fits")
    add_place(parser)
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the arena into this file")
    parser.add_argument(
        "--measure",
        action="store_true",
        help="run it on the virtual board too, as profile does: measured costs beside predicted",
    )
    parser.add_argument("--json", action="store_true", help="print all of it as JSON")


def run(args: argparse.Namespace) -> int:
    board = board_of(args)
    place = place_of(args, board)
    data, plan = load_plan(args.model, *limits(args), board, place)
    blob = read_blob(data, str(args.model))
    place = place_of(args, board, blob.for_ram)
    machine = machine_of(board, place, blob.size, blob.arena_size)
    measured = _measure(data) if args.measure else {}
    found = occupants(blob)
    costs = [choices(blob, operator, machine) for operator in blob.operators]
    reasons = [reason(one) for one in costs] if plan is None else [o.why for o in plan.operators]
    if args.svg:
        write_whole(args.svg, svg_drawing(blob, found).encode())
    fit = fits.fits(board, blob.size, blob.arena_size, place) if board else []
    if args.json:
        report = _report(blob, found, costs, reasons, measured)
        if board:
            report["fit"] = fits.report(board, fit)
        print(json_text(report))
    else:
        print(wrapped(_text(blob, found, costs, reasons, measured)))
        if board:
            print(wrapped("\n".join(["", *fits.lines(board, fit)])))
    return 0


def _measure(blob: bytes) -> dict[int, Cost]:
    """What each operator took on the virtual board, by its index."""
    costs = profile_on_virtual_board(blob, random_inputs(blob), cycles=True)
    return {cost.index: cost for cost in costs if cost.index is not None}


def _report(
    blob: Blob,
    found: list[Occupant],
    costs: Sequence[list[Choice]],
    reasons: Sequence[str],
    measured: Mapping[int, Cost],
) -> dict[str, Any]:
    return {
        "name": blob.name,
        "target": blob.target,
        "for_ram": blob.for_ram,
        "blob_bytes": blob.size,
        "arena_bytes": blob.arena_size,
        "state_bytes": blob.state_bytes,
        "weight_bytes": total_weight_bytes(blob),
        "macs": sum(operator.macs for operator in blob.operators),
        "labels": blob.labels,
        "inputs": [
            {
                **_tensor(blob, index),
                "takes_images": table != 0,
                "image_channel_tables": bool(flags & CHANNEL_TABLES),
                "image_order": "bgr" if flags & BGR else "rgb",
                "image_fit": picture_ways(flags)[0],
                "image_scaling": picture_ways(flags)[1],
                "takes_sound": flags == FRONT_END,
            }
            for index, table, flags in zip(
                blob.inputs, blob.image_tables, blob.image_flags, strict=True
            )
        ],
        "audio": audio_summary(blob.front_end.numbers) if blob.front_end else None,
        "outputs": [
            {**_tensor(blob, index), "labels": labels}
            for index, labels in zip(blob.outputs, blob.output_labels, strict=True)
        ],
        "operators": [
            {
                "index": index,
                "source_index": operator.source_index,
                "name": operator.name,
                "kernel": operator.kernel,
                "inputs": [_tensor(blob, tensor) for tensor in operator.inputs],
                "output": _tensor(blob, operator.output),
                "params": operator.params,
                "macs": operator.macs,
                "weight_bytes": weight_bytes(operator),
                "scratch_offset": operator.scratch_offset,
                "scratch_bytes": operator.scratch_size,
                "live_bytes": live_bytes(found, index),
                **_cost(costs[index], reasons[index]),
                **_measured(measured, index),
            }
            for index, operator in enumerate(blob.operators)
        ],
        "arena": [dataclasses.asdict(occupant) for occupant in found],
    }


def _cost(found: list[Choice], why: str) -> dict[str, Any]:
    own, *others = found
    return {
        **_predicted(own),
        "why": why,
        "alternatives": [
            {"kernel": other.kernel, "weight_bytes": other.weight_bytes, **_predicted(other)}
            for other in others
        ],
    }


def _predicted(choice: Choice) -> dict[str, int]:
    return {
        "instructions_predicted": choice.cost.instructions,
        "cycles_predicted": choice.cost.cycles,
    }


def _measured(measured: Mapping[int, Cost], index: int) -> dict[str, int | None]:
    if index not in measured:
        return {}
    return {
        "instructions": measured[index].instructions,
        "cycles_estimate": measured[index].cycles,
    }


def _tensor(blob: Blob, index: int) -> dict[str, Any]:
    return {"tensor": index, **dataclasses.asdict(blob.tensors[index])}


def _text(
    blob: Blob,
    found: list[Occupant],
    costs: Sequence[list[Choice]],
    reasons: Sequence[str],
    measured: Mapping[int, Cost],
) -> str:
    header = (
        f"{short_name(blob.name)}: blob of {blob.size:,} bytes for {blob.target}"
        f"{', to be copied to RAM' if blob.for_ram else ''}, "
        f"arena of {blob.arena_size:,} bytes"
    )
    lines = [header]
    for number, index in enumerate(blob.inputs):
        flags = blob.image_flags[number]
        images = images_text(
            blob.image_tables[number] != 0,
            bool(flags & CHANNEL_TABLES),
            bool(flags & BGR),
            *picture_ways(flags),
        )
        if flags == FRONT_END and blob.front_end is not None:
            images = audio_text(blob.front_end.numbers)
        tensor = blob.tensors[index]
        text = tensor_text(tensor, images, channels_first_text(tensor.shape))
        lines.append(f"  input {number}: {text}")
    for number, index in enumerate(blob.outputs):
        lines.append(f"  output {number}: {tensor_text(blob.tensors[index])}")
        if labels := blob.output_labels[number]:
            lines.append(f"    labels: {', '.join(map(short_name, labels))}")
    lines += ["", _plan_table(blob, found), "", COSTS, *([MEASURED] if measured else [])]
    lines += [_cost_table(costs, reasons, measured)]
    if any(NOT_KNOWN in one for one in reasons):
        lines += ["", UNTOLD]
    if blob.operators and blob.arena_size:
        width = shutil.get_terminal_size((LEAST_WIDTH, 24)).columns
        picture = terminal_picture(found, blob.arena_size, len(blob.operators), width)
        lines += ["", LEGEND, picture]
    return "\n".join(lines)


def _plan_table(blob: Blob, found: list[Occupant]) -> str:
    rows = []
    for index, operator in enumerate(blob.operators):
        inputs = [blob.tensors[tensor] for tensor in operator.inputs]
        output = blob.tensors[operator.output]
        rows.append(
            [
                str(index),
                operator.name,
                operator.kernel,
                " + ".join(_shape(tensor) for tensor in inputs),
                _shape(output),
                f"{operator.macs:,}",
                f"{weight_bytes(operator):,}",
                " + ".join(_place(tensor) for tensor in inputs),
                _place(output),
                f"{operator.scratch_offset:,}" if operator.scratch_size else "-",
                f"{live_bytes(found, index):,}",
            ]
        )
    total = sum(operator.macs for operator in blob.operators)
    rows.append(
        ["", "total", "", "", "", f"{total:,}", f"{total_weight_bytes(blob):,}"] + [""] * 4
    )
    header = "# operator kernel input output MACs weights in-at out-at scratch-at live"
    return text_table([name.replace("-", " ") for name in header.split()], rows, keys=2)


def _cost_table(
    costs: Sequence[list[Choice]], reasons: Sequence[str], measured: Mapping[int, Cost]
) -> str:
    rows = []
    for index, found in enumerate(costs):
        own, *others = found
        beside = [
            f"{other.kernel} {_short(other.cost.cycles)}, "
            f"{other.weight_bytes - own.weight_bytes:+,}"
            for other in others
        ]
        figures = [f"{own.cost.instructions:,}", f"{own.cost.cycles:,}"]
        if measured:
            cost = measured[index]
            figures[1:1] = [f"{cost.instructions:,}"]
            figures += [f"{cost.cycles:,}"]
        rows.append([str(index), own.kernel, *figures, reasons[index], "; ".join(beside)])
    total = [
        f"{sum(found[0].cost.instructions for found in costs):,}",
        f"{sum(found[0].cost.cycles for found in costs):,}",
    ]
    header = ["instructions", "cycles"]
    if measured:
        total[1:1] = [f"{sum(cost.instructions for cost in measured.values()):,}"]
        total += [f"{sum(cost.cycles or 0 for cost in measured.values()):,}"]
        header = ["instructions", "measured", "cycles", "measured"]
    rows.append(["", "total", *total, "", ""])
    return text_table(["#", "kernel", *header, "why", "others"], rows, keys=2)


def _short(cycles: int) -> str:
    return f"{cycles / 1e6:.2f} M" if cycles >= 100_000 else f"{cycles / 1e3:.1f} K"


def _shape(tensor: BlobTensor) -> str:
    return "x".join(str(size) for size in tensor.shape) or "scalar"


def _place(tensor: BlobTensor) -> str:
    return "const" if tensor.place == "blob" else f"{tensor.offset:,}"
