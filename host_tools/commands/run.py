"""host_tools run: run a model on arrays, on this computer or on a board."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from host_tools.arrays import (
    Array,
    Batch,
    as_given,
    as_inputs,
    npy,
    read_array,
    real_values,
)
from host_tools.blob.reader import Blob, BlobTensor, read_blob
from host_tools.errors import CommandError
from host_tools.files import write_all
from host_tools.pack import load_blob
from host_tools.pictures import SUFFIXES
from host_tools.progress import progress
from host_tools.runner import HELP, open_runner
from host_tools.tensor_text import short_name
from host_tools.text import json_text, plain

EXAMPLE = "host_tools run net.tflite --input x.npy --output y.npy --on sim"

TOP = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", type=Path, metavar="MODEL", help="a blob (.ink), or a .tflite to pack on the fly"
    )
    parser.add_argument(
        "--input",
        type=Path,
        action="append",
        required=True,
        metavar="NPY",
        help="one input or many, stored values or float32 real ones; once for each input",
    )
    parser.add_argument(
        "--output",
        type=Path,
        action="append",
        default=[],
        metavar="NPY",
        help="where outputs go, once for each output; default: the greatest are printed",
    )
    parser.add_argument(
        "--on",
        default="host",
        metavar="WHERE",
        help=HELP,
    )
    parser.add_argument(
        "--float", action="store_true", help="outputs as real values in float32, not as stored"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    blob = load_blob(args.model)
    read = read_blob(blob, str(args.model))
    tensors = [read.tensors[index] for index in read.outputs]
    if args.output and len(args.output) != len(tensors):
        raise CommandError(_wrong_count(args.model, "output", len(tensors), len(args.output)))
    batches = read_inputs(args.input, read, args.model)
    values = [batch.values for batch in batches]
    with (
        open_runner(args.on, blob, args.model) as run_many,
        progress("running", len(values[0])) as update,
    ):
        outputs = run_many(values, update)
    shown = [
        as_given(real_values(array, tensor) if args.float else array, batches[0].form)
        for array, tensor in zip(outputs, tensors, strict=True)
    ]
    write_all([(path, npy(array)) for path, array in zip(args.output, shown, strict=False)])
    if args.json:
        print(json_text(_report(args, read, tensors, shown)))
    elif args.output:
        for path, array in zip(args.output, shown, strict=True):
            print(f"{path}: {array.dtype} {list(array.shape)}")
    else:
        _print_greatest(read, tensors, outputs)
    return 0


def _wrong_count(model: Path, what: str, needed: int, given: int) -> str:
    plural = "" if needed == 1 else "s"
    return f"{model} has {needed} {what}{plural}, but --{what} is given {given} times"


def read_inputs(paths: Sequence[Path], read: Blob, model: Path) -> list[Batch]:
    for path in paths:
        if path.suffix.lower() in SUFFIXES:
            command = shlex.join(["host_tools", "classify", str(model), str(path)])
            raise CommandError(
                f"{path}: a picture, but an array is needed (.npy): `{command}` says what the "
                "network sees in it"
            )
    if len(paths) != len(read.inputs):
        raise CommandError(_wrong_count(model, "input", len(read.inputs), len(paths)))
    batches = [
        as_inputs(read_array(path), read.tensors[index], str(path))
        for path, index in zip(paths, read.inputs, strict=True)
    ]
    for path, batch in zip(paths, batches, strict=True):
        if len(batch.values) != len(batches[0].values):
            raise CommandError(
                f"{path}: it holds {len(batch.values)} inputs, but {paths[0]} "
                f"holds {len(batches[0].values)}"
            )
    return batches


def _report(
    args: argparse.Namespace, read: Blob, tensors: list[BlobTensor], arrays: list[Array]
) -> dict[str, object]:
    outputs = []
    for index, (tensor, array) in enumerate(zip(tensors, arrays, strict=True)):
        entry: dict[str, object] = {
            "name": plain(tensor.name),
            "dtype": str(array.dtype),
            "shape": list(array.shape),
            "scale": tensor.scale,
            "zero_point": tensor.zero_point,
        }
        if args.output:
            entry["file"] = str(args.output[index])
        else:
            entry["values"] = array.tolist()
        entry["labels"] = read.output_labels[index]
        outputs.append(entry)
    return {
        "name": plain(read.name),
        "on": args.on,
        "labels": read.labels,
        "outputs": outputs,
    }


def _print_greatest(read: Blob, tensors: list[BlobTensor], outputs: list[Array]) -> None:
    """A line for each input and output: the greatest elements, with their labels or indices."""
    for number in range(len(outputs[0])):
        for position, (tensor, output) in enumerate(zip(tensors, outputs, strict=True)):
            values = real_values(output[number], tensor).ravel()
            counts = values.dtype == np.int32  # they are no scores: in their order
            order = range(values.size) if counts else (-values).argsort(kind="stable")
            words = []
            for index in order[:TOP]:
                labels = read.output_labels[position]
                name = short_name(labels[index]) if labels else f"[{index}]"
                words.append(f"{name} {values[index] if counts else f'{values[index]:.6g}'}")
            which = f"{number}" if len(outputs) == 1 else f"{number} {plain(tensor.name)}"
            print(f"{which}: {'  '.join(words)}")
