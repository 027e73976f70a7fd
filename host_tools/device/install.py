"""Puts the native module, blobs and a script on a board: all of them, or none."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from host_tools.blob import layout
from host_tools.device import file_system
from host_tools.device.connection import BoardError, Device
from host_tools.device.deploy import BLOB_SUFFIX
from host_tools.device.facts import Facts, require_heap
from host_tools.device.healing import MODULES, guarded
from host_tools.errors import CommandError
from host_tools.native_module import NAME
from host_tools.progress import progress

# by number, as py/persistentcode.h has them
_ARCHITECTURES = (
    *("none", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp"),
    *("xtensa", "xtensawin", "rv32imc"),
)
_LOADS = ("armv7emsp", "armv7emdp")
_ABI = (6, 3)
# the module until it has its place: import takes no name that begins with a dot
_TRIAL = "inkling_trial.mpy"
# which healing.guarded puts beside it for as long
_GUARD = "inkling.py"
HEALERS = tuple(f"{name}.py" for name in MODULES)

# a module elsewhere on sys.path would be imported too
_IN_FIRMWARE = """
import sys
path = sys.path[:]
sys.path[:] = [".frozen"]
in_firmware = layer_in_firmware = False
try:
    import inkling
    in_firmware = not hasattr(inkling, "__file__")
    import inkling_ml
    layer_in_firmware = True
except ImportError:
    pass
sys.path[:] = path
lib = [folder for folder in sys.path if folder.endswith("/lib") and not folder.startswith("/rom")]
"""

# Takes pieces of these sizes together, as a script will. Returns how many the heap gives, and the
# largest piece left then, to 64 bytes.
_TAKE = """
def take(sizes):
    gc.collect()
    held = [None] * len(sizes)
    try:
        for taken, size in enumerate(sizes):
            held[taken] = bytearray(size)
    except MemoryError:
        return taken, largest()
    return len(sizes), largest()

def largest():
    gc.collect()
    low, high = 0, gc.mem_free()
    while high - low > 64:
        middle = (low + high) // 2
        try:
            bytearray(middle)
            low = middle
        except MemoryError:
            high = middle
        gc.collect()
    return low
"""


@dataclass(frozen=True)
class Target:
    """What the board says of itself that matters to a native module."""

    architecture: str
    abi: tuple[int, int]
    in_firmware: bool
    layer_in_firmware: bool  # inkling_ml, OpenMV's ml on Inkling
    library: str


def ask(device: Device) -> Target:
    """Asks the board. Its facts are read already."""
    device.exec(_IN_FIRMWARE)
    device.exec(_TAKE)
    number = device.value("getattr(sys.implementation, '_mpy', 0)", int)
    index = number >> 10
    name = _ARCHITECTURES[index] if index < len(_ARCHITECTURES) else f"number {index}"
    library = device.value("lib[0] if lib else ''", str) or "/lib"
    return Target(
        name,
        (number & 0xFF, number >> 8 & 3),
        device.value("in_firmware", bool),
        device.value("layer_in_firmware", bool),
        library,
    )


def require_loader(device: Device, target: Target) -> None:
    """Raises CommandError where the firmware does not load the module."""
    if target.architecture not in _LOADS:
        raise CommandError(
            f"{device.port}: the firmware loads native code for {target.architecture}, the module "
            f"is for {_LOADS[0]}, a Cortex-M4, M7 or M33 with an FPU: build Inkling into the "
            "firmware, if the board has one of these"
        )
    if target.abi != _ABI:
        raise CommandError(
            f"{device.port}: the firmware loads .mpy files of version "
            f"{target.abi[0]}.{target.abi[1]}, the module is one of {_ABI[0]}.{_ABI[1]}: flash "
            "MicroPython 1.24 or newer"
        )


def require_room(
    device: Device,
    facts: Facts,
    target: Target,
    module: tuple[int, int] | None,
    files: Mapping[str, bytes],
) -> Facts:
    """Raises CommandError where heap or file system have no room, with by how much.

    `module` is its code and all that it takes of the heap; `files` are by path. Returns the facts
    as they are with the module imported.
    """
    pieces: list[tuple[str, int]] = []
    if module:
        code, heap = module
        pieces = [("the module", code), *[("the module's names", 64)] * ((heap - code) // 64)]
        if heap > facts.free_bytes:
            raise _too_small(device, heap, "in all", facts.free_bytes)
        facts = replace(facts, free_bytes=facts.free_bytes - heap)
        _require_pieces(device, pieces)
    for path, data in files.items():
        if path.endswith(BLOB_SUFFIX):
            name = path.rpartition("/")[2]
            require_heap(device, facts, data, name, facts.files)
            arena = layout.arena_bytes(data)
            _require_pieces(device, [*pieces, (name, len(data)), (f"{name}'s arena", arena)])
    needs = sum(len(data) for data in files.values()) + 4096 * len(files)
    has = file_system.free_bytes(device, facts.files)
    if needs > has:
        raise CommandError(
            f"{device.port}: the files need {needs} bytes beside the old ones, {facts.files} has "
            f"{has} free, {needs - has} too few: remove files from it"
        )
    return facts


def _too_small(device: Device, needs: int, what: str, has: int) -> CommandError:
    return CommandError(
        f"{device.port}: the module does not fit: it takes {needs} bytes of the heap {what}, the "
        f"heap has {has}, {needs - has} too few: install it for your networks alone (host_tools "
        "install net.ink, in a checkout), or flash firmware with Inkling in it"
    )


def _require_pieces(device: Device, pieces: Sequence[tuple[str, int]]) -> None:
    """Raises CommandError where the heap, free enough, is in pieces too small for these.

    It is tried on the board, in the order in which a script will take them.
    """
    taken, largest = device.value(f"take({[size for _, size in pieces]!r})", (int, int))
    if taken == len(pieces):
        return
    if taken > len(pieces):
        raise device.nonsense()
    what, needs = pieces[taken]
    if taken == 0 and what == "the module":
        raise _too_small(device, needs, "in one piece", largest)
    raise CommandError(
        f"{device.port}: {what} does not fit: it takes {needs} bytes of the heap in one piece, "
        f"and with what is taken before it the largest has {largest}, {needs - largest} too few: "
        "take less of the heap in boot.py, deploy the network into ROMFS, where it is used in "
        "place, or pack it with a smaller --flash or --ram"
    )


def install(device: Device, target: Target, files: Mapping[str, bytes]) -> int:
    """Puts files, contents by path, in their places when all have arrived and been checked.

    Whatever ends the board, all are new or all are old once it has started again; what heals it
    comes first. Returns the bytes of heap left with the module and the largest of the models.
    Raises CommandError; then every old file is whole and no new one is there.
    """
    for folder in file_system.by_folder(files):
        file_system.remove_rubbish(device, folder)
    device.exec(f"discard({target.library!r}, {_TRIAL!r})")
    new = {p: data for p, data in files.items() if not file_system.has(device, p, data)}
    if new:
        in_library = any(path.startswith(f"{target.library}/") for path in new)
        guard = file_system.folder_path(target.library, _GUARD)
        file_system.make_room(device, new, [guard] if in_library else [])
    healers = [path for path in files if path.rpartition("/")[2] in HEALERS]
    for path in healers:
        if path in new:
            folder, _, name = path.rpartition("/")
            file_system.put_file(device, folder, name, new.pop(path))
    with contextlib.ExitStack() as stack:
        stack.enter_context(guarded(device, target.library if healers else ""))
        parts: dict[str, str] = {}
        for path, data in new.items():
            folder, _, name = path.rpartition("/")
            with progress(f"writing {path}", len(data)) as update:
                parts[path] = stack.enter_context(
                    file_system.beside(
                        device,
                        folder or "/",
                        name,
                        data,
                        update,
                        called=_TRIAL if name == NAME else None,
                    )
                )
        left = _check(device, target, {path: parts.get(path, path) for path in files})
        file_system.move(device, parts, new)
    device.restart()
    return left


def _check(device: Device, target: Target, places: Mapping[str, str]) -> int:
    """Imports the module and makes each model, from where they lie now; returns the heap left."""
    try:
        if any(place.endswith(f"/{_TRIAL}") for place in places.values()):
            device.exec(f"sys.path.append({target.library!r})\nimport inkling_trial as inkling")
        else:
            device.exec("import inkling")
        left = device.value("(gc.collect(), gc.mem_free())[1]", int)
        for path, place in places.items():
            if path.endswith(BLOB_SUFFIX):
                device.exec(f"model = None; gc.collect(); model = inkling.Model({place!r})")
                left = min(left, device.value("(gc.collect(), gc.mem_free())[1]", int))
    except BoardError as error:
        raise CommandError(
            f"{device.port}: nothing was installed: what arrived does not run on the board "
            f"({error.kind}: {error.text})"
        ) from None
    return int(left)
