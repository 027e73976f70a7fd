"""Puts files on a board: into ROMFS where it has one to write, else into its file system."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from host_tools.device import file_system, rom
from host_tools.device.connection import BoardError, Device
from host_tools.device.facts import Facts, require_heap, require_model, require_module
from host_tools.device.healing import guarded
from host_tools.errors import CommandError
from host_tools.progress import progress

BLOB_SUFFIX = ".ink"
# the order in which find_model in micropython_lib/classify.py looks for a blob
_SEARCHED = (rom.FOLDER, "/sdcard", "/flash", "/")


@dataclass(frozen=True)
class Deployed:
    """A file on the board; `was_there` says that nothing had to be sent."""

    path: str
    size: int
    crc32: int
    was_there: bool


def deploy(
    device: Device, facts: Facts, files: Mapping[str, bytes], to: str | None
) -> tuple[list[Deployed], str | None]:
    """Puts files, contents by name, into the folder `to`, or where it is best (None).

    Returns what lies where now, and why that is not ROMFS where it could have been. The board has
    verified each blob, and each file's CRC-32. Raises CommandError; then every old file is whole.
    """
    for name, data in files.items():
        if name.endswith(BLOB_SUFFIX):
            require_module(device, data)
    if to and to.startswith(f"{rom.FOLDER}/"):
        raise CommandError(f"{device.port}: {to} is not written, only the top of /rom: --to /rom")
    file_system.remove_rubbish(device, facts.files)
    reason = None
    try:
        partition = rom.open_partition(device, facts.files)
    except rom.Damaged as error:
        if to == rom.FOLDER:
            raise
        partition, reason = None, str(error)
    if to == rom.FOLDER and not partition:
        raise CommandError(
            f"{device.port}: the firmware has no ROMFS that can be written: use --to {facts.files}"
        )
    if partition and to in (None, rom.FOLDER):
        there = rom.list_files(device, partition)
        same = {name for name in files if name in there and not there[name].is_other(files[name])}
        image = rom.compose(there, files)
        place = rom.staging_place(device, partition, len(image.data))
        if len(same) < len(files) and place is not None:
            _require_heap(device, facts, files, rom.FOLDER)
            _require_module_outside(device, facts)
            with guarded(device):
                _into_rom(device, place, partition, image, files)
        if len(same) == len(files) or place is not None:
            return [_deployed(rom.FOLDER, n, data, n in same) for n, data in files.items()], None
        reason = (
            f"/rom has {partition.size} bytes, too few for the new image of {len(image.data)} "
            f"beside the old one of {partition.used}, which an interruption must not cost"
        )
        hidden = [name for name in files if name in there]
        if to or hidden:
            raise CommandError(
                f"{reason}: use --to {facts.files}, or make room in it with mpremote romfs deploy"
            )
    folder = to or facts.files
    _require_folder(device, facts, folder)
    _require_heap(device, facts, files, folder)
    with guarded(device):
        return [_into_folder(device, folder, name, data) for name, data in files.items()], reason


def _require_heap(device: Device, facts: Facts, files: Mapping[str, bytes], folder: str) -> None:
    for name, data in files.items():
        if name.endswith(BLOB_SUFFIX):
            require_heap(device, facts, data, name, folder)


def found_first(device: Device, deployed: list[Deployed]) -> str | None:
    """The path of the blob that camera scripts find before all of `deployed`, if there is one."""
    paths = [file.path for file in deployed if file.path.endswith(BLOB_SUFFIX)]
    for folder in _SEARCHED if paths else ():
        try:
            names = device.value(
                f"sorted(n for n in os.listdir({folder!r}) if n.endswith({BLOB_SUFFIX!r}))[:1]",
                [str],
            )
        except BoardError:
            continue  # no such folder
        if names:
            path = file_system.folder_path(folder, names[0])
            return None if path in paths else path
    return None


def _require_module_outside(device: Device, facts: Facts) -> None:
    """Raises CommandError where Inkling was loaded from /rom, where its names stay."""
    path = device.value("getattr(__import__('sys').modules.get('inkling'), '__file__', '')", str)
    if path.startswith(f"{rom.FOLDER}/"):
        raise CommandError(
            f"{device.port}: the board runs the native module {path}, so /rom cannot be "
            f"rewritten now: use --to {facts.files}, or keep the module in {facts.files}/lib"
        )


def _into_rom(
    device: Device,
    place: int | str,
    partition: rom.Partition,
    image: rom.Image,
    files: Mapping[str, bytes],
) -> None:
    def check(start: int) -> None:
        for name, data in files.items():
            if name.endswith(BLOB_SUFFIX):
                begin = start + image.places[name]
                require_model(device, f"rom[{begin}:{begin + len(data)}]", name)

    with progress("writing /rom", len(image.data)) as update:
        rom.write_image(device, place, partition, image, progress=update, check=check)


def _into_folder(device: Device, folder: str, name: str, data: bytes) -> Deployed:
    path = file_system.folder_path(folder, name)

    def check(part: str) -> None:
        if name.endswith(BLOB_SUFFIX):
            require_model(device, repr(part), name)

    if file_system.has(device, path, data):
        check(path)
        return _deployed(folder, name, data, True)
    file_system.make_room(device, [path])
    with progress(f"writing {path}", len(data)) as update:
        file_system.put_file(device, folder, name, data, progress=update, check=check)
    return _deployed(folder, name, data, False)


def _deployed(folder: str, name: str, data: bytes, was_there: bool) -> Deployed:
    path = file_system.folder_path(folder, name)
    return Deployed(path, len(data), zlib.crc32(data), was_there)


def _require_folder(device: Device, facts: Facts, folder: str) -> None:
    if not device.value(f"is_folder({folder!r})", bool):
        raise CommandError(
            f"{device.port}: the board has no folder {folder}; it has "
            f"{', '.join(facts.folders) or '/'}"
        )
    file_system.remove_rubbish(device, folder)
