"""host_tools quantize: make an int8 .tflite of a float network, and say what that costs."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from host_tools import picture_options, tflite
from host_tools.errors import CommandError
from host_tools.files import read_whole, same_place, write_all
from host_tools.graph import Graph
from host_tools.images import FITS, SCALINGS
from host_tools.labels import read_labels
from host_tools.pack import pack
from host_tools.plan.image_tables import Pictures
from host_tools.quantize.accuracy import check_classes, float_right, int8_right
from host_tools.quantize.advice import advice
from host_tools.quantize.compare import compare
from host_tools.quantize.drawing import svg_bars
from host_tools.quantize.folders import folder_samples
from host_tools.quantize.int8 import check_float, package, quantize
from host_tools.quantize.looks import warnings
from host_tools.quantize.ranges import watch
from host_tools.quantize.report import Accuracy, Report, as_json, as_text
from host_tools.quantize.samples import Samples, array_samples, spread
from host_tools.quantize.sources import converted
from host_tools.tensor_text import has_channels_first
from host_tools.text import json_text

EXAMPLE = "host_tools quantize net.keras --calibrate pictures --image-range 0 1 -o net.tflite"

MOST_CALIBRATED = 1000
MOST_COMPARED = 32
MOST_NAMED = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model",
        type=Path,
        metavar="MODEL",
        help="a network in float32: .tflite, .keras, .h5, a SavedModel's folder, .onnx, or .pt2 "
        "of torch.export",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="TFLITE",
        help="default: beside the model, NAME_int8.tflite",
    )
    parser.add_argument(
        "--calibrate",
        type=Path,
        required=True,
        metavar="DATA",
        help="samples of its inputs: a folder of pictures or of wav files, an .npy or an .npz",
    )
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="one label a line: the folder's subfolders have these names, and accuracy is counted",
    )
    picture_options.add_arguments(parser)
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the layers into this file")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(args: argparse.Namespace) -> int:
    pictures = picture_options.pictures(args)
    output = args.output or args.model.parent / f"{args.model.stem}_int8.tflite"
    for name, path in (("-o", output), ("--svg", args.svg)):
        if path and same_place(path, args.model):
            raise CommandError(f"{path}: it would overwrite the model; give another {name}")
    package()
    names = read_labels(args.labels) if args.labels else None
    if not args.calibrate.exists():
        raise CommandError(f"{args.calibrate}: cannot be read: no such file or folder")
    graph, model = _float_model(args.model)
    with _named(args.model):
        check_float(graph)
    samples = _samples(args, graph, pictures, names)
    with _named(args.model):
        if samples.labels is not None:
            check_classes(graph, samples.labels, None if names is None else len(names))
        report, made = _quantized(args, output, model, graph, samples)
    files: list[tuple[str | Path, bytes]] = [(output, made)]
    if args.svg:
        bad = {one.operator for one in report.advice}
        drawing = svg_bars(f"{args.model.name} in int8", report.layers, bad)
        files.append((args.svg, drawing.encode()))
    write_all(files)
    if args.json:
        print(json_text(as_json(report)))
    else:
        print(as_text(report))
    return 0


def _float_model(path: Path) -> tuple[Graph, bytes]:
    """The network in float32, converted where it is no .tflite file."""
    model = converted(path)
    if model is not None:
        return tflite.read_model(model, path.name), model
    return tflite.read_model(path), read_whole(path)


@contextlib.contextmanager
def _named(model: Path) -> Iterator[None]:
    """Lets errors begin with the model's path."""
    try:
        yield
    except CommandError as error:
        raise error.of(model) from error


def _samples(
    args: argparse.Namespace, graph: Graph, pictures: Pictures, names: Sequence[str] | None
) -> Samples:
    path: Path = args.calibrate
    inputs = [graph.tensors[index] for index in graph.inputs]
    if not path.is_dir():
        if names is not None:
            raise CommandError(
                f"--labels is for a folder with subfolders; in {path}, an .npz, an array named "
                "labels has the number of each sample's class"
            )
        return array_samples(path, inputs, pictures)
    if len(inputs) != 1:
        raise CommandError(
            f"{args.model}: it has {len(inputs)} inputs, a folder has files for one: calibrate "
            "with an .npz that has an array for each"
        )
    return folder_samples(path, inputs[0], pictures, names)


def _quantized(
    args: argparse.Namespace, output: Path, model: bytes, graph: Graph, samples: Samples
) -> tuple[Report, bytes]:
    """The int8 .tflite and all that is said of it."""
    looks = warnings(model, graph, samples)
    for line in [*_shortened(samples.skipped), *(f"warning: {text}" for text in looks)]:
        print(line, file=sys.stderr)
    calibrated = samples.spread(MOST_CALIBRATED)
    watched = watch(model, graph, samples, calibrated)
    made = quantize(model, graph, {index: seen.range for index, seen in watched.items()})
    whole = tflite.read_model(made, output.name)
    blob = pack(whole)
    rest = sorted({*range(samples.count)} - {*calibrated})
    compared = spread(rest or calibrated, MOST_COMPARED)
    layers = compare((model, made), (graph, whole), samples, compared)
    accuracy = None
    if samples.labels is not None:
        accuracy = Accuracy(
            float_right(model, graph, samples, samples.labels),
            int8_right(blob, samples, samples.labels),
            samples.count,
        )
    report = Report(
        model=str(args.model),
        output=str(output),
        samples=samples.what,
        count=samples.count,
        calibrated=len(calibrated),
        compared=len(compared),
        unseen=bool(rest),
        layers=layers,
        watched=watched,
        advice=advice(layers, watched, samples),
        accuracy=accuracy,
        warnings=looks,
        skipped=samples.skipped,
        notes=samples.notes,
        next=_next(args, output, graph),
    )
    return report, made


def _shortened(skipped: Sequence[str]) -> list[str]:
    lines = [f"skipped: {text}" for text in skipped[:MOST_NAMED]]
    if len(skipped) > MOST_NAMED:
        lines.append(f"skipped: {len(skipped) - MOST_NAMED} more")
    return lines


def _next(args: argparse.Namespace, output: Path, graph: Graph) -> str:
    """The command that packs the file, with what it must be told of pictures."""
    words = ["host_tools", "pack-model", str(output)]
    if args.labels:
        words += ["--labels", str(args.labels)]
    if args.image_mean or args.image_std:
        for name in ("range", "mean", "std"):
            if given := getattr(args, f"image_{name}"):
                words += [f"--image-{name}", *(f"{n:g}" if n != str(n) else n for n in given)]
    if args.image_order:
        words += ["--image-order", args.image_order]
    for name, standard in (("fit", FITS[0]), ("scaling", SCALINGS[0])):
        if (given := getattr(args, f"image_{name}")) != standard:
            words += [f"--image-{name}", given]
    if any(has_channels_first(graph.tensors[index].shape) for index in graph.inputs):
        words.append("--channels-last")
    return shlex.join(words)
