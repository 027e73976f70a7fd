"""The packer's writer and the C reader, which share no code, agree on every field."""

from __future__ import annotations

import subprocess
from pathlib import Path

import networks
import numpy as np
import pytest

from host_tools.blob.writer import write_blob
from host_tools.kernels import KERNELS
from host_tools.pack import plan_model
from host_tools.plan_types import Plan

# docs/blob-format.md
DTYPES = {"int8": 1, "uint8": 2, "float32": 3}
TARGETS = {"portable": 0, "cortex-m7": 1}
NO_TENSOR = 0xFFFF


@pytest.mark.parametrize("target", ["portable", "cortex-m7"])
@pytest.mark.parametrize(
    ("network", "labels"),
    [
        (networks.every_kernel, networks.LABELS),
        (networks.two_inputs, []),
        (networks.separable, []),
    ],
)
def test_c_reads_every_field_that_the_writer_was_given(
    network, labels: list[str], target: str, dump_blob: Path, tmp_path: Path
) -> None:
    plan = plan_model(network(), name="nämé", target=target)
    plan.for_ram = target == "portable"
    blob = write_blob(plan, labels)
    path = tmp_path / "net.ink"
    path.write_bytes(blob)
    result = subprocess.run([dump_blob, path], capture_output=True, timeout=30, check=True)
    lines = result.stdout.decode().splitlines()
    by_kind = {
        kind: [line.split(" ", 1)[1] for line in lines if line.startswith(f"{kind} ")]
        for kind in ("header", "tensor", "io", "operator", "label")
    }
    assert by_kind["header"] == [_header(plan, blob, labels)]
    assert by_kind["label"] == labels
    places = _check_tensors(plan, blob, by_kind["tensor"])
    _check_io(plan, blob, by_kind["io"])
    _check_operators(plan, blob, by_kind["operator"], places)


def _header(plan: Plan, blob: bytes, labels: list[str]) -> str:
    numbers = (
        1,
        64,
        len(blob),
        TARGETS[plan.target],
        int(plan.for_ram),
        plan.arena_size,
        len(plan.tensors),
        len(plan.operators),
        len(plan.inputs),
        len(plan.outputs),
        len(labels),
    )
    return " ".join([*map(str, numbers), "nämé"])


def _check_tensors(plan: Plan, blob: bytes, lines: list[str]) -> list[tuple[int, int]]:
    """(place, offset) of each tensor as C saw it."""
    places = []
    for tensor, line in zip(plan.tensors, lines, strict=True):
        words = line.split(" ", 13)
        dtype, rank, place, offset, size, *dims = map(int, words[:11])
        assert (dtype, rank, size) == (DTYPES[tensor.dtype], len(tensor.shape), tensor.size)
        assert tuple(dims) == (*tensor.shape, *(1,) * (6 - rank))
        assert np.float32(words[11]) == np.float32(tensor.scale)
        assert int(words[12]) == tensor.zero_point
        assert words[13] == tensor.name
        if tensor.data is None:
            assert (place, offset) == (0, tensor.offset)
        else:
            assert place == 1
            assert blob[offset : offset + size] == tensor.data.tobytes()
        places.append((place, offset))
    return places


def _check_io(plan: Plan, blob: bytes, lines: list[str]) -> None:
    tables = [*plan.image_tables, *(None for _ in plan.outputs)]
    for index, table, line in zip((*plan.inputs, *plan.outputs), tables, lines, strict=True):
        tensor, flags, offset = map(int, line.split())
        assert (tensor, flags) == (index, 0)
        if table is None:
            assert offset == 0
        else:
            data = table.astype(plan.tensors[index].dtype).tobytes()
            assert blob[offset : offset + len(data)] == data


def _check_operators(
    plan: Plan, blob: bytes, lines: list[str], places: list[tuple[int, int]]
) -> None:
    for operator, line in zip(plan.operators, lines, strict=True):
        words = line.split(" ")
        kernel = KERNELS[operator.kernel]
        second = operator.inputs[1] if len(operator.inputs) == 2 else NO_TENSOR
        assert [int(word) for word in words[:8]] == [
            kernel.number,
            operator.source_index,
            operator.inputs[0],
            second,
            operator.output,
            operator.scratch_offset,
            operator.scratch_size,
            operator.macs,
        ]
        assert words[-2:] == [operator.kernel, operator.name]
        params = [int(word) for word in words[8:-2]]
        expected = [np.ravel(operator.params[name]) for name in kernel.params]
        scalars = [int(value) for values in expected for value in values]
        assert params[: len(scalars)] == scalars
        offsets = params[len(scalars) :]
        for block, offset in zip(kernel.blocks, offsets, strict=True):
            data = np.ascontiguousarray(operator.data[block.name], block.dtype).tobytes()
            assert blob[offset : offset + len(data)] == data
