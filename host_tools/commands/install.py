"""host_tools install: put Inkling on a board whose firmware has none, as a native module."""

from __future__ import annotations

import argparse
from pathlib import Path

from host_tools import native_module
from host_tools.commands.deploy import read_files
from host_tools.device.connection import open_device
from host_tools.device.deploy import BLOB_SUFFIX
from host_tools.device.facts import read_facts
from host_tools.device.file_system import folder_path
from host_tools.device.install import HEALERS, ask, install, require_loader, require_room
from host_tools.files import read_whole
from host_tools.places import BOARD_LIBRARY
from host_tools.serial_ports import choose_port
from host_tools.text import json_text, text_table, wrapped

EXAMPLE = "host_tools install net.ink"
SCRIPT = BOARD_LIBRARY / "classify.py"
LAYER = BOARD_LIBRARY / "inkling_ml"  # OpenMV's ml on Inkling.


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "blobs",
        type=Path,
        nargs="*",
        metavar="BLOB",
        help="networks to install too; in a checkout the module is built for them alone",
    )
    parser.add_argument("--port", help="the board's serial port; default: the only board attached")
    parser.add_argument(
        "--dry-run", action="store_true", help="ask the board and say what would be done"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    blobs = read_files(args.blobs)
    port = choose_port(args.port, "--port")
    with open_device(port) as device:
        facts = read_facts(device)
        target = ask(device)
        files = {}
        module = None
        if not target.in_firmware:
            require_loader(device, target)
            path = native_module.take(
                {name: data for name, data in blobs.items() if name.endswith(BLOB_SUFFIX)}
            )
            module = native_module.heap_bytes(path)
            files[folder_path(target.library, native_module.NAME)] = read_whole(path)
            words = path.with_name(native_module.WORDS)
            if words.is_file():
                files[folder_path(target.library, words.name)] = read_whole(words)
            for name in HEALERS:
                files[folder_path(target.library, name)] = read_whole(BOARD_LIBRARY / name)
        if not target.layer_in_firmware:
            for path in sorted(LAYER.rglob("*.py")):
                name = path.relative_to(LAYER.parent).as_posix()
                files[folder_path(target.library, name)] = read_whole(path)
        files |= {folder_path(facts.files, name): data for name, data in blobs.items()}
        files[folder_path(facts.files, SCRIPT.name)] = read_whole(SCRIPT)
        after = require_room(device, facts, target, module, files)
        left = None if args.dry_run else install(device, target, files)
    report = {
        "board": facts.board,
        "firmware": facts.firmware,
        "port": port,
        "architecture": target.architecture,
        "in_firmware": target.in_firmware,
        "module_heap_bytes": module and module[1],
        "files": [{"path": path, "bytes": len(data)} for path, data in files.items()],
        "heap_free_bytes": {"before": facts.free_bytes, "after": left or after.free_bytes},
        "installed": not args.dry_run,
    }
    print(json_text(report) if args.json else wrapped(_text(report)))
    return 0


def _text(report: dict) -> str:
    heap = report["heap_free_bytes"]
    rows = [[file["path"], f"{file['bytes']:,}"] for file in report["files"]]
    lines = [f"{report['board']} at {report['port']}, MicroPython {report['firmware']}"]
    if report["in_firmware"]:
        lines.append("the firmware has Inkling in it: no module is needed")
    lines.append(text_table(["file", "bytes"], rows))
    if report["installed"]:
        lines.append(
            f"heap: {heap['before']:,} bytes free, {heap['after']:,} with all that was installed"
        )
        lines.append("imported and verified on the board")
    else:
        lines.append(
            f"heap: {heap['before']:,} bytes free, about {heap['after']:,} with the module; "
            "nothing was sent (--dry-run)"
        )
    return "\n".join(lines)
