"""host_tools deploy: put a blob and scripts on a board, and start a script there."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from host_tools.blob.reader import read_blob
from host_tools.device.connection import open_device, run_script
from host_tools.device.deploy import BLOB_SUFFIX, Deployed, deploy, found_first
from host_tools.device.facts import Facts, heap_fit, read_facts
from host_tools.device.healing import healer
from host_tools.errors import CommandError
from host_tools.files import read_whole
from host_tools.fits import Fit
from host_tools.serial_ports import choose_port
from host_tools.text import json_text, plain, text_table, wrapped

EXAMPLE = "host_tools deploy net.ink --run micropython_lib/classify.py"

_NOT_HEALED = (
    "note: this firmware does not finish by itself what a loss of power cuts short: after one, "
    "run host_tools deploy again, until then the file or all of /rom may be missing; flash "
    "firmware that `make firmware` builds, which does it at its start (docs/deploy.md)"
)
# bytes: file systems of boards take 255, and a temporary name is longer
_LONGEST_NAME = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="blobs (.ink), scripts, other files"
    )
    parser.add_argument(
        "--to",
        metavar="FOLDER",
        help="/rom, /flash or another folder of the board; default: /rom where the firmware has "
        "one that can be written without risk to what it holds, else /flash",
    )
    parser.add_argument("--port", help="the board's serial port; default: the only board attached")
    parser.add_argument(
        "--run",
        dest="script",
        type=Path,
        metavar="SCRIPT",
        help="put this script there too, start it and show what it prints, until it ends or "
        "Ctrl-C stops it",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    files = read_files([*args.files, *([args.script] if args.script else [])])
    begin = time.monotonic()
    to = "/" + args.to.strip("/") if args.to else None
    with open_device(choose_port(args.port, "--port")) as device:
        facts = read_facts(device)
        deployed, reason = deploy(device, facts, files, to)
        first = found_first(device, deployed)
        heals = healer(device)
        seconds = time.monotonic() - begin
        fit = {
            file.path: heap_fit(facts, files[Path(file.path).name], str(Path(file.path).parent))
            for file in deployed
            if file.path.endswith(BLOB_SUFFIX)
        }
        if args.json:
            report = _report(facts, device.port, deployed, reason, first, heals, fit, seconds)
            print(json_text(report))
        else:
            _print(facts, device.port, deployed, reason, first, heals, fit, seconds)
        if args.script:
            sys.stdout.flush()
            run_script(device, files[args.script.name].decode("utf8", "replace"), args.script.name)
    return 0


def read_files(paths: list[Path]) -> dict[str, bytes]:
    """Contents by name; blobs are checked."""
    files: dict[str, bytes] = {}
    for path in paths:
        data = read_whole(path)
        if path.suffix == ".tflite":
            raise CommandError(
                f"{path}: the board takes blobs: pack it with host_tools pack-model"
            )
        if path.suffix == BLOB_SUFFIX:
            read_blob(data, str(path))
        if plain(path.name) != path.name or len(path.name.encode()) > _LONGEST_NAME:
            raise CommandError(
                f"{path}: no name for a file on a board: give it up to "
                f"{_LONGEST_NAME} bytes without control characters"
            )
        if files.setdefault(path.name, data) != data:
            raise CommandError(f"two files are called {path.name}: rename one")
    return files


def _report(
    facts: Facts,
    port: str,
    deployed: list[Deployed],
    reason: str | None,
    first: str | None,
    heals: str,
    fit: Mapping[str, Fit],
    seconds: float,
) -> dict[str, object]:
    return {
        "board": facts.board,
        "firmware": facts.firmware,
        "port": port,
        "files": [
            {
                "path": file.path,
                "bytes": file.size,
                "crc32": f"{file.crc32:08x}",
                "was_there": file.was_there,
            }
            for file in deployed
        ],
        "heap": {path: asdict(one) | {"spare": one.spare} for path, one in fit.items()},
        "not_in_rom": reason,
        "found_first": first,
        "heals_at": heals,
        "seconds": round(seconds, 2),
    }


def _print(
    facts: Facts,
    port: str,
    deployed: list[Deployed],
    reason: str | None,
    first: str | None,
    heals: str,
    fit: Mapping[str, Fit],
    seconds: float,
) -> None:
    print(f"{facts.board} at {port}, MicroPython {facts.firmware}")
    rows = [
        [
            file.path,
            f"{file.size:,}",
            f"{file.crc32:08x}",
            "was there" if file.was_there else "new",
        ]
        for file in deployed
    ]
    print(text_table(["file", "bytes", "CRC-32", ""], rows))
    for path, one in fit.items():
        print(wrapped(f"{path}: {one}"))
    if reason:
        print(wrapped(f"not in ROMFS: {reason}"))
    if first:
        print(wrapped(f"note: classify.py and the other camera scripts find {plain(first)} first"))
    if heals == "deploy":
        print(wrapped(_NOT_HEALED))
    print(f"verified on the board, {seconds:.1f} s")
