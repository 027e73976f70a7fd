"""host_tools pack-model: make a blob of a model."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from host_tools import audio_options, fits, picture_options, tflite
from host_tools.blob.layout import TARGETS
from host_tools.blob.reader import read_blob, total_weight_bytes
from host_tools.board_options import add_board, add_place, board_of, place_of
from host_tools.byte_count import add_limits, limits
from host_tools.cycles.lines import Machine
from host_tools.errors import CommandError
from host_tools.files import same_place, write_whole
from host_tools.graph import Graph
from host_tools.kernels.groups import GROUPS
from host_tools.labels import read_output_labels
from host_tools.pack import DEFAULT_TARGET, for_machine, plan_model, write_labelled
from host_tools.plan.channels_last import channels_last
from host_tools.plan.image_tables import Pictures
from host_tools.plan.memory import most_tensor_bytes
from host_tools.plan_types import Plan
from host_tools.tensor_text import (
    audio_summary,
    audio_text,
    channels_first_text,
    has_channels_first,
    images_text,
    labels_text,
    tensor_text,
)
from host_tools.text import json_text, wrapped

EXAMPLE = "host_tools pack-model net.tflite -o net.ink --labels labels.txt"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, metavar="MODEL", help="a .tflite file of int8")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="BLOB", help="default: the model's path with .ink"
    )
    parser.add_argument(
        "--labels",
        action="append",
        default=[],
        metavar="[OUTPUT=]FILE",
        help="a text file, one label a line, for output 0 or the one with that name or index; "
        "once for each output",
    )
    parser.add_argument("--name", help="the network's name; default: the model's file name")
    parser.add_argument(
        "--target", choices=list(TARGETS), default=DEFAULT_TARGET, help="default: %(default)s"
    )
    add_limits(parser)
    add_board(parser, "pack for this board's memories, and say whether it fits")
    add_place(parser)
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=sorted(GROUPS),
        help="pack for firmware that was built without what this switch is for; once for each",
    )
    picture_options.add_arguments(parser)
    audio_options.add_arguments(parser)
    parser.add_argument(
        "--channels-last",
        action="store_true",
        help="turn inputs [1, 3, height, width] into [1, height, width, 3], which take images",
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def run(args: argparse.Namespace) -> int:
    pictures = picture_options.pictures(args)
    audio = audio_options.settings(args)
    board = board_of(args)
    place = place_of(args, board)
    graph = tflite.read_model(args.model, args.name)
    if args.channels_last:
        graph = _channels_last(graph, args.model)
    output = args.output or args.model.parent / f"{args.model.stem}.ink"
    if same_place(output, args.model):
        raise CommandError(f"{output}: the blob would overwrite the model; give another -o")
    labels = read_output_labels(args.labels, [graph.tensors[index] for index in graph.outputs])
    flash, ram = limits(args)

    def packed(machine: Machine) -> tuple[Plan, bytes]:
        plan = plan_model(
            graph,
            where=str(args.model),
            labels=labels,
            target=args.target,
            pictures=pictures,
            audio=audio,
            flash=flash,
            ram=ram,
            without=[kernel for switch in args.without for kernel in GROUPS[switch]],
            machine=machine,
        )
        plan.for_ram = args.place == "ram"
        try:
            return plan, write_labelled(plan, labels)
        except CommandError as error:
            raise CommandError(f"{args.model}: {error}") from error

    plan, blob = for_machine(packed, board, place)
    if pictures != Pictures() and all(table is None for table in plan.image_tables):
        raise CommandError(
            f"{args.model}: no input takes images, for which the image options are: such an input "
            "is [1, height, width, 1 or 3], or [1, 1 or 3, height, width] with --channels-last"
        )
    summary = _summary(plan, labels, blob)
    found = fits.fits(board, len(blob), plan.arena_size, place) if board else []
    if board:
        summary["fit"] = fits.report(board, found)
    write_whole(output, blob)
    if args.json:
        print(json_text({"blob": str(output), **summary}))
    else:
        copied = ", to be copied to RAM" if plan.for_ram else ""
        print(f"{args.model} -> {output}, for {args.target}{copied}")
        print(wrapped(_text(plan, labels, summary)))
        if board:
            print(wrapped("\n".join(fits.lines(board, found))))
    return 0


def _channels_last(graph: Graph, model: Path) -> Graph:
    try:
        return channels_last(graph)
    except CommandError as error:
        raise CommandError(f"{model}: {error}") from error


def _summary(plan: Plan, labels: Mapping[int, list[str]], blob: bytes) -> dict[str, Any]:
    return {
        "name": plan.name,
        "target": plan.target,
        "for_ram": plan.for_ram,
        "inputs": [
            {
                **_tensor(plan, index),
                "real_in_the_model": number in plan.real_inputs,
                "takes_images": table is not None,
                "channels_first": has_channels_first(plan.tensors[index].shape),
            }
            for number, (index, table) in enumerate(
                zip(plan.inputs, plan.image_tables, strict=True)
            )
        ],
        "outputs": [
            {**_tensor(plan, index), "labels": len(labels.get(number, ()))}
            for number, index in enumerate(plan.outputs)
        ],
        "audio": audio_summary(plan.front_end.numbers) if plan.front_end else None,
        "labels": len(labels.get(0, ())),
        "operators": len(plan.operators),
        "macs": sum(operator.macs for operator in plan.operators),
        "weight_bytes": total_weight_bytes(read_blob(blob)),
        "arena_bytes": plan.arena_size,
        "tensor_bytes": most_tensor_bytes(plan),
        "scratch_bytes": max((op.scratch_size for op in plan.operators), default=0),
        "blob_bytes": len(blob),
    }


def _tensor(plan: Plan, index: int) -> dict[str, Any]:
    tensor = plan.tensors[index]
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "dtype": tensor.dtype,
        "scale": tensor.scale,
        "zero_point": tensor.zero_point,
    }


def _text(plan: Plan, labels: Mapping[int, list[str]], summary: dict[str, Any]) -> str:
    lines = []
    for number, (index, table) in enumerate(zip(plan.inputs, plan.image_tables, strict=True)):
        images = (
            ""
            if table is None
            else images_text(True, table.ndim == 2, plan.bgr, plan.fit, plan.scaling)
        )
        if number == 0 and plan.front_end is not None:
            images = audio_text(plan.front_end.numbers)
        tensor = plan.tensors[index]
        turned = channels_first_text(tensor.shape)
        real = "float32 in the model" if number in plan.real_inputs else ""
        lines.append((f"input {number}", tensor_text(tensor, real, images, turned)))
    for number, index in enumerate(plan.outputs):
        count = labels_text(labels.get(number, ()))
        lines.append((f"output {number}", tensor_text(plan.tensors[index], count)))
    lines += [
        ("operators", str(summary["operators"])),
        ("multiply-accumulates", f"{summary['macs']:,}"),
        ("weights", f"{summary['weight_bytes']:,} bytes"),
        (
            "arena",
            f"{summary['arena_bytes']:,} bytes (tensors {summary['tensor_bytes']:,}, "
            f"scratch {summary['scratch_bytes']:,})",
        ),
        ("blob", f"{summary['blob_bytes']:,} bytes"),
    ]
    return "\n".join(f"  {name:<22}{text}" for name, text in lines)
