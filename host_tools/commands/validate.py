"""host_tools validate: run a blob on a board and compare with the computer bit by bit."""

from __future__ import annotations

import argparse
import contextlib
import statistics
import zlib
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from host_tools.arrays import Array
from host_tools.blob.reader import Blob, read_blob
from host_tools.commands.run import read_inputs
from host_tools.device.connection import open_device
from host_tools.device.facts import Facts, read_facts
from host_tools.device.remote_model import OperatorTime, RemoteModel, open_model
from host_tools.errors import CommandError
from host_tools.host_runtime import HostModel
from host_tools.pack import load_blob
from host_tools.progress import progress
from host_tools.serial_ports import choose_port
from host_tools.text import json_text, text_table, wrapped
from host_tools.virtual_board import VirtualBoard, qemu
from host_tools.virtual_board.profiling import random_inputs

EXAMPLE = "host_tools validate net.ink --on /dev/ttyACM0 --json"

COUNT = 10
MOST = 10000
SIM_NOTE = (
    "The virtual board's times are QEMU's at 64 ns an instruction: they are no real board's."
)


NO_TIMES = (
    "no times of the operators: the native module on the board was built for some networks alone "
    "and has no profile()"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", type=Path, metavar="MODEL", help="a blob (.ink), or a .tflite to pack on the fly"
    )
    parser.add_argument(
        "--on",
        metavar="PORT",
        help="the board's serial port, or sim (the virtual board); default: the board attached",
    )
    parser.add_argument(
        "--input",
        type=Path,
        action="append",
        default=[],
        metavar="NPY",
        help="one input or many, as for run; once for each input; default: random ones",
    )
    parser.add_argument(
        "--count", type=int, default=COUNT, metavar="N", help="random inputs; default: %(default)s"
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of random inputs; default: %(default)s",
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON: the report to attach to an issue"
    )


def run(args: argparse.Namespace) -> int:
    if not 1 <= args.count <= MOST:
        raise CommandError(f"--count is {args.count}; give 1 to {MOST}")
    if args.seed < 0:
        raise CommandError(f"--seed is {args.seed}; give 0 or more")
    blob = load_blob(args.model)
    read = read_blob(blob, str(args.model))
    if args.input:
        inputs = [batch.values for batch in read_inputs(args.input, read, args.model)]
    else:
        inputs = random_arrays(blob, args.count, args.seed)
    expected = HostModel(blob).run_many(inputs)
    with (
        _board(args.on) as port,
        open_device(port) as device,
        open_model(device, facts := read_facts(device), blob, args.model.name) as model,
    ):
        differences, times = _compare(model, inputs, expected)
        operators = model.profile([array[0] for array in inputs])
    report = _report(blob, read, facts, model, inputs, times, operators, differences)
    if not args.input:
        report["inputs"] |= {"random_seed": args.seed}
    report["on"] = "sim" if args.on == "sim" else device.port
    print(json_text(report) if args.json else wrapped(_text(report)))
    return 1 if differences else 0


def random_arrays(blob: bytes, count: int, seed: int) -> list[Array]:
    """Stored values [count, *shape] for each input, from seeds `seed` on."""
    read = read_blob(blob)
    stored = [random_inputs(blob, seed + number) for number in range(count)]
    arrays: list[Array] = []
    for position, tensor in enumerate(read.tensors[index] for index in read.inputs):
        data = b"".join(values[position] for values in stored)
        arrays.append(np.frombuffer(data, tensor.dtype).reshape(count, *tensor.shape))
    return arrays


@contextlib.contextmanager
def _board(on: str | None) -> Iterator[str]:
    if on != "sim":
        yield choose_port(on, "--on")
        return
    with VirtualBoard(icount=True, heap=qemu.MOST_HEAP) as board:
        yield board.port


def _compare(
    model: RemoteModel, inputs: Sequence[Array], expected: Sequence[Array]
) -> tuple[list[dict[str, Any]], list[int]]:
    """The first difference of each output of each input that differs, and microseconds."""
    differences = []
    times = []
    with progress("validating", len(inputs[0])) as update:
        for number in range(len(inputs[0])):
            outputs, microseconds = model.run([array[number] for array in inputs])
            times.append(microseconds)
            for index, (output, batch) in enumerate(zip(outputs, expected, strict=True)):
                # by bytes: NaN equals itself
                ours = np.ascontiguousarray(batch[number])
                unequal = _stored(output) != _stored(ours)
                if unequal.any():
                    element = int(unequal.argmax())
                    differences.append(
                        {
                            "input": number,
                            "output": index,
                            "element": element,
                            "elements": int(unequal.sum()),
                            "board": output.ravel()[element].item(),
                            "host": ours.ravel()[element].item(),
                        }
                    )
            update(number + 1)
    return differences, times


def _stored(array: Array) -> Array:
    return array.ravel().view(f"u{array.dtype.itemsize}")


def _report(
    blob: bytes,
    read: Blob,
    facts: Facts,
    model: RemoteModel,
    inputs: Sequence[Array],
    times: Sequence[int],
    operators: Sequence[OperatorTime],
    differences: list[dict[str, Any]],
) -> dict[str, Any]:
    microseconds = statistics.median(times)
    return {
        "host_tools": metadata.version("inkling"),
        "model": {
            "name": read.name,
            "target": read.target,
            "bytes": len(blob),
            "crc32": f"{zlib.crc32(blob):08x}",
            "arena_bytes": read.arena_size,
            "macs": sum(operator.macs for operator in read.operators),
        },
        "board": facts.board,
        "firmware": facts.firmware,
        "clock_mhz": facts.clock_hz and facts.clock_hz / 1e6,
        "blob_on_board": model.path if model.was_there else "sent and removed",
        "heap_free_bytes": {"before": model.free_before, "with_model": model.free_after},
        "inputs": {"count": len(inputs[0])},
        "equal": not differences,
        "differences": differences,
        "operators": [vars(operator) for operator in operators],
        "microseconds": microseconds,
        "frames_a_second": round(1e6 / microseconds, 2) if microseconds else None,
    }


def _text(report: dict[str, Any]) -> str:
    model, heap, count = report["model"], report["heap_free_bytes"], report["inputs"]["count"]
    clock = f", {report['clock_mhz']:g} MHz" if report["clock_mhz"] else ""
    rows = [
        [str(o["index"]), o["name"], o["kernel"], f"{o['microseconds']:,}", f"{o['macs']:,}"]
        for o in report["operators"]
    ]
    total = sum(o["microseconds"] for o in report["operators"])
    rows.append(["", "total", "", f"{total:,}", f"{model['macs']:,}"])
    lines = [
        f"{model['name']}, packed for {model['target']}, on {report['board']}{clock}",
        f"firmware: MicroPython {report['firmware']}",
        f"blob: {report['blob_on_board']}",
        text_table(["", "operator", "kernel", "microseconds", "MACs"], rows, keys=2)
        if report["operators"]
        else NO_TIMES,
        "",
        f"a prediction: {report['microseconds']:,} microseconds, "
        f"{report['frames_a_second']} a second (median of {count})",
        f"heap: {heap['before']:,} bytes free, {heap['with_model']:,} with the model",
    ]
    if report["on"] == "sim":
        lines.append(SIM_NOTE)
    if not report["differences"]:
        lines.append(f"{count} inputs: every bit as on this computer")
        return "\n".join(lines)
    first = report["differences"][0]
    bad = len({difference["input"] for difference in report["differences"]})
    lines.append(
        f"{bad} of {count} inputs DIFFER from this computer, first at input {first['input']}, "
        f"output {first['output']}, element {first['element']}: the board has {first['board']}, "
        f"this computer {first['host']}"
    )
    return "\n".join(lines)
