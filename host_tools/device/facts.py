"""What a board says of itself, and whether its firmware can run a blob."""

from __future__ import annotations

from dataclasses import dataclass

from host_tools.blob import layout
from host_tools.device.connection import BoardError, Device
from host_tools.device.on_board import frozen_source, source
from host_tools.errors import CommandError
from host_tools.fits import Fit
from host_tools.text import plain

ROM = "/rom"

_USE_ROMFS = "deploy it into ROMFS, where it is used in place, or pack it with a smaller --ram"


@dataclass(frozen=True)
class Facts:
    """`clock_hz` is None where the firmware does not tell it; `free_bytes` is of the heap.

    `folders` are those of the root; `files` is the board's own file system.
    """

    board: str
    firmware: str
    clock_hz: int | None
    free_bytes: int
    folders: tuple[str, ...]

    @property
    def files(self) -> str:
        return next((name for name in ("/flash", "/sdcard") if name in self.folders), "/")


def read_facts(device: Device) -> Facts:
    """Asks the board, and gives it what `transfer` needs there."""
    try:
        device.exec(frozen_source("inkling_heal"))
        device.exec(source("basics"))
        board, release, version, clock, free, folders = device.value(
            "(os.uname()[4], os.uname()[2], os.uname()[3], clock(), gc.mem_free(), folders())",
            (str, str, str, {int, None}, int, [str]),
        )
    except BoardError as error:
        raise CommandError(
            f"{device.port}: the firmware lacks what the transfer needs ({error}): "
            "flash a build of MicroPython with its usual modules"
        ) from None
    paths = tuple(sorted(f"/{name}" for name in folders))
    return Facts(plain(board), plain(f"{release}, {version}"), clock, free, paths)


def require_module(device: Device, blob: bytes) -> None:
    """Raises CommandError where the firmware lacks Inkling, or reads another version of blobs."""
    try:
        device.exec("import inkling")
    except BoardError as error:
        raise CommandError(
            f"{device.port}: the firmware has no Inkling ({error.text}): flash firmware with the "
            "module in it, or install the native module"
        ) from None
    try:
        # the header alone is refused in any case: for its version before its size
        device.exec(f"inkling.Model({blob[: layout.HEADER.size]!r})")
    except BoardError as error:
        if "version" in error.text:
            raise CommandError(
                f"{device.port}: the firmware's Inkling and these tools are of different versions "
                f"({error.text}): flash firmware of this version of Inkling"
            ) from None


def heap_fit(facts: Facts, blob: bytes, folder: str) -> Fit:
    """What a blob in `folder` takes of the board's heap: its arena; itself where it is copied."""
    arena = layout.arena_bytes(blob)
    if folder == ROM and not layout.is_for_ram(blob):
        return Fit("arena", "the free heap", arena, facts.free_bytes)
    return Fit("blob and arena", "the free heap", len(blob) + arena, facts.free_bytes)


def require_heap(device: Device, facts: Facts, blob: bytes, name: str, folder: str) -> None:
    """Raises CommandError where the heap has no room for what `heap_fit` says.

    Before the blob is sent to `folder`, because that may take minutes.
    """
    if folder != ROM and len(blob) > facts.free_bytes:
        raise CommandError(
            f"{device.port}: {name} would be read into the heap, {len(blob)} bytes, and the heap "
            f"has {facts.free_bytes} free: {_USE_ROMFS}"
        )
    fit = heap_fit(facts, blob, folder)
    if fit.spare < 0:
        alone = folder == ROM and not layout.is_for_ram(blob)
        copied = "" if alone else f"the blob takes {len(blob)} bytes and "
        raise CommandError(
            f"{device.port}: {name} does not fit: {copied}the arena needs "
            f"{layout.arena_bytes(blob)} bytes, the heap has {fit.has} free, {-fit.spare} too "
            f"few: {_USE_ROMFS}"
        )


def require_model(device: Device, source_of_model: str, name: str) -> None:
    """Lets the board verify a blob: an expression that is its path or a buffer.

    Raises CommandError with what the board says of it.
    """
    try:
        device.exec(f"model = None\ngc.collect()\nmodel = inkling.Model({source_of_model})")
    except BoardError as error:
        raise refusal(device, name, error) from None
    finally:
        if not device.lost:
            device.exec("model = None\ngc.collect()")


def refusal(device: Device, name: str, error: BoardError) -> CommandError:
    """What to tell where the board did not take a blob."""
    if error.kind == "MemoryError":
        advice = _USE_ROMFS
    else:
        advice = "pack the model again with the tools of the firmware's version"
    return CommandError(f"{device.port}: the board does not take {name} ({error.text}): {advice}")
