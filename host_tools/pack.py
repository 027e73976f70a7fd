"""Packs a model into a blob: the whole way from a .tflite file, its bytes or a graph to bytes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from host_tools import tflite
from host_tools.blob.layout import MAGIC, MAX_BLOB
from host_tools.blob.writer import write_blob
from host_tools.errors import CommandError
from host_tools.files import read_whole
from host_tools.graph import Graph
from host_tools.plan import make_plan
from host_tools.plan.choose import Limits
from host_tools.plan.image_tables import Range
from host_tools.plan_types import Plan

# what the commands pack for: its blobs run anywhere, fastest on the boards that we are made for
DEFAULT_TARGET = "cortex-m7"


def pack(
    source: str | Path | bytes | Graph,
    *,
    labels: Sequence[str] | None = None,
    name: str | None = None,
    target: str = "portable",
    image_range: Range | None = None,
    flash: int | None = None,
    ram: int | None = None,
    force: Sequence[str] = (),
    drop_constants: bool = True,
) -> bytes:
    """The blob of a model, the same bytes for the same input.

    `labels` name the elements of output 0; `name` is the network's, by default the file's without
    suffix. `target`, `image_range` and `drop_constants`: see `make_plan`; `flash`, `ram` and
    `force`: see `Limits`.
    Raises CommandError for a model that cannot be read or packed, for labels that do not fit, and
    for limits that cannot be met.
    """
    plan = plan_model(
        source,
        labels=labels or (),
        name=name,
        target=target,
        image_range=image_range,
        flash=flash,
        ram=ram,
        force=force,
        drop_constants=drop_constants,
    )
    return write_labelled(plan, labels or ())


def write_labelled(plan: Plan, labels: Sequence[str]) -> bytes:
    """The blob of `plan` with `labels`, once both are known to fit."""
    elements = plan.tensors[plan.outputs[0]].elements
    if labels and len(labels) != elements:
        raise CommandError(
            f"{len(labels)} labels do not fit: output 0 of the model has {elements} elements"
        )
    blob = write_blob(plan, labels)
    if len(blob) > MAX_BLOB:
        raise CommandError(f"the blob would have {len(blob)} bytes; at most {MAX_BLOB} are read")
    return blob


def load_blob(path: str | Path, target: str = DEFAULT_TARGET) -> bytes:
    """The bytes of a blob's file, or the blob of a .tflite file, packed for `target`.

    Goes by what the file holds, and by its name where that is no blob: a damaged .ink stays one.
    """
    path = Path(path)
    data = read_whole(path)
    if data.startswith(MAGIC) or path.suffix == ".ink":
        return data
    return pack(path, target=target)


def plan_model(
    source: str | Path | bytes | Graph,
    *,
    labels: Sequence[str] = (),
    name: str | None = None,
    target: str = "portable",
    image_range: Range | None = None,
    flash: int | None = None,
    ram: int | None = None,
    force: Sequence[str] = (),
    drop_constants: bool = True,
) -> Plan:
    """The plan of a model, as `pack` makes it. `labels` only count as bytes of flash."""
    limits = Limits(flash, ram, labels, force)
    if isinstance(source, Graph):
        graph = dataclasses.replace(source, name=name or source.name)
        return make_plan(graph, target, image_range, limits, drop_constants=drop_constants)
    graph = tflite.read_model(source, name)
    try:
        return make_plan(graph, target, image_range, limits, drop_constants=drop_constants)
    except CommandError as error:
        where = graph.name if isinstance(source, bytes) else source
        raise CommandError(f"{where}: {error}") from error
