"""Packs a model into a blob: the whole way from a .tflite file, its bytes or a graph to bytes."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from host_tools import tflite
from host_tools.audio import Settings, make_front_end
from host_tools.blob.layout import MAGIC, MAX_BLOB
from host_tools.blob.writer import write_blob
from host_tools.boards import Board
from host_tools.cycles.lines import Machine, machine_of
from host_tools.errors import CommandError
from host_tools.files import read_whole
from host_tools.graph import Graph
from host_tools.labels import Labels, by_output, check_count
from host_tools.plan import make_plan
from host_tools.plan.choose import Limits
from host_tools.plan.image_tables import Pictures
from host_tools.plan_types import Plan

# what the commands pack for: its blobs run anywhere, fastest on the boards that we are made for
DEFAULT_TARGET = "cortex-m7"
_MACHINE = Machine()


def pack(
    source: str | Path | bytes | Graph,
    *,
    labels: Labels | None = None,
    name: str | None = None,
    target: str = "portable",
    pictures: Pictures | None = None,
    audio: Settings | None = None,
    flash: int | None = None,
    ram: int | None = None,
    force: Sequence[str] = (),
    without: Collection[str] = (),
    machine: Machine = _MACHINE,
    drop_constants: bool = True,
) -> bytes:
    """The blob of a model, the same bytes for the same input.

    `labels` name the elements of output 0, or of the outputs that they are given for; `name` is
    the network's, by default the file's without suffix. `target`, `pictures` and
    `drop_constants`: see `make_plan`; `audio` says how input 0 is made from sound; `flash`,
    `ram`, `force`, `without` and `machine`: see `Limits`.
    Raises CommandError for a model that cannot be read or packed, for labels that do not fit, and
    for limits that cannot be met.
    """
    plan = plan_model(
        source,
        labels=labels or (),
        name=name,
        target=target,
        pictures=pictures,
        audio=audio,
        flash=flash,
        ram=ram,
        force=force,
        without=without,
        machine=machine,
        drop_constants=drop_constants,
    )
    return write_labelled(plan, labels or ())


def for_machine(
    pack: Callable[[Machine], tuple[Plan, bytes]], board: Board | None, place: str
) -> tuple[Plan, bytes]:
    """What `pack` makes for a board, once more where so large a blob lies in slower memory."""
    machine = machine_of(board, place)
    plan, blob = pack(machine)
    larger = machine_of(board, place, len(blob), plan.arena_size)
    return (plan, blob) if larger == machine else pack(larger)


def write_labelled(plan: Plan, labels: Labels) -> bytes:
    """The blob of `plan` with `labels`, once both are known to fit."""
    for output, texts in by_output(labels).items():
        check_count(texts, output, plan.tensors[plan.outputs[output]])
    blob = write_blob(plan, labels)
    if len(blob) > MAX_BLOB:
        raise CommandError(f"the blob would have {len(blob)} bytes; at most {MAX_BLOB} are read")
    return blob


def load_blob(path: str | Path, target: str = DEFAULT_TARGET) -> bytes:
    """The bytes of a blob's file, or the blob of a .tflite file, packed for `target`.

    Goes by what the file holds, and by its name where that is no blob: a damaged .ink stays one.
    """
    data = _blob_in(Path(path))
    return pack(path, target=target) if data is None else data


def load_plan(
    path: str | Path,
    flash: int | None = None,
    ram: int | None = None,
    board: Board | None = None,
    place: str = "flash",
    target: str = DEFAULT_TARGET,
) -> tuple[bytes, Plan | None]:
    """As `load_blob`, with the plan of a .tflite file, packed within limits and for a board.

    Raises CommandError for limits on a blob, which has its kernels already.
    """
    data = _blob_in(Path(path))
    if data is None:

        def packed(machine: Machine) -> tuple[Plan, bytes]:
            plan = plan_model(path, target=target, flash=flash, ram=ram, machine=machine)
            return plan, write_labelled(plan, ())

        plan, blob = for_machine(packed, board, place)
        return blob, plan
    if flash is not None or ram is not None:
        raise CommandError(
            f"{path}: --flash and --ram are for a .tflite file; a blob has its kernels already"
        )
    return data, None


def _blob_in(path: Path) -> bytes | None:
    """The bytes of a file that holds a blob or is named like one, else None."""
    if path.is_dir():
        return None
    data = read_whole(path)
    return data if data.startswith(MAGIC) or path.suffix == ".ink" else None


def plan_model(
    source: str | Path | bytes | Graph,
    *,
    where: str | None = None,
    labels: Labels = (),
    name: str | None = None,
    target: str = "portable",
    pictures: Pictures | None = None,
    audio: Settings | None = None,
    flash: int | None = None,
    ram: int | None = None,
    force: Sequence[str] = (),
    without: Collection[str] = (),
    machine: Machine = _MACHINE,
    drop_constants: bool = True,
) -> Plan:
    """The plan of a model, as `pack` makes it. `labels` only count as bytes of flash.

    `where` begins errors; by default a file's path, or the name of a model given as bytes.
    """
    limits = Limits(flash, ram, labels, force, without, machine)
    if isinstance(source, Graph):
        graph = dataclasses.replace(source, name=name or source.name)
    else:
        graph = tflite.read_model(source, name)
        where = where or (graph.name if isinstance(source, bytes) else str(source))
    try:
        plan = make_plan(graph, target, pictures, limits, drop_constants=drop_constants)
        if audio is not None:
            _listen(plan, audio)
        return plan
    except CommandError as error:
        message = error.message.replace("{path}", shlex.quote(where or graph.name))
        told = CommandError(message, error.details)
        raise (told.of(where) if where else told) from error


def _listen(plan: Plan, audio: Settings) -> None:
    """Puts the front end before input 0."""
    tensor = plan.tensors[plan.inputs[0]]
    plan.front_end = make_front_end(
        audio, tensor.shape, tensor.dtype, tensor.scale, tensor.zero_point
    )
    plan.image_tables[0] = None
