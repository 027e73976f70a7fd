"""The writer's bytes, read back by hand as docs/blob-format.md has them, and by the reader."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from oracle import ROOT

from host_tools.blob.reader import read_blob, total_weight_bytes, weight_bytes
from host_tools.blob.writer import write_blob
from host_tools.pack import pack
from host_tools.plan_types import Plan, PlanOperator, PlanTensor

CIFAR10 = ROOT / "models" / "cifar10" / "cifar10.tflite"
LABELS = (ROOT / "models" / "cifar10" / "labels.txt").read_text().split()


def two_tables() -> Plan:
    """x -> lut -> y -> lut -> z, then a fully connected layer; both tables are equal."""
    table = np.arange(256, dtype=np.uint8)[::-1]
    tensors = [
        PlanTensor("x", (1, 2, 3, 1), "int8", 0.5, -7, offset=16),
        PlanTensor("y", (6,), "int8", 0.25, 1),
        PlanTensor("z", (1, 2), "int8", 2.0, -3, offset=32),
        PlanTensor("c", (1, 2), "int8", data=np.array([[5, -6]], dtype=np.int8)),
    ]
    layer = PlanOperator(
        "fully_connected_s8",
        7,
        "FULLY_CONNECTED",
        (1,),
        2,
        {
            "depth": 6,
            "units": 2,
            "per_channel": 0,
            "input_offset": -1,
            "filter_offset": -2,
            "output_offset": -3,
            "act_min": -100,
            "act_max": 100,
        },
        {
            "weights": np.arange(12, dtype=np.int8).reshape(2, 6),
            "bias": np.array([1000, -1000], dtype=np.int32),
            "multiplier": np.array([1 << 30], dtype=np.int32),
            "shift": np.array([-3], dtype=np.int32),
        },
        macs=12,
        scratch_size=20,
        scratch_offset=48,
    )
    operators = [
        PlanOperator("lut_s8", 3, "RELU", (0,), 1, {}, {"table": table}),
        PlanOperator("lut_s8", 4, "TANH", (1,), 1, {}, {"table": table.copy()}),
        layer,
    ]
    pixels = np.arange(-128, 128, dtype=np.int8)
    return Plan("net", "cortex-m7", tensors, operators, (0,), (2,), [pixels], 80)


def words(data: bytes, start: int, form: str) -> tuple:
    return struct.unpack_from("<" + form, data, start)


def test_the_header_is_as_documented() -> None:
    data = write_blob(two_tables(), ["down", "up"])
    assert data[:4] == b"INKL"
    assert words(data, 4, "HH") == (1, 64)
    assert words(data, 8, "III") == (len(data), zlib.crc32(data[16:]), 1)
    assert words(data, 20, "I") == (80,)
    assert words(data, 24, "HHHH") == (4, 3, 1, 1)
    tensors, operators, io, labels, n_labels, strings, size, name = words(data, 32, "8I")
    assert (tensors, operators, io) == (64, 64 + 4 * 48, 64 + 4 * 48 + 3 * 36)
    assert labels == io + 2 * 8
    assert n_labels == 2
    assert strings == labels + 2 * 4
    assert data[strings + size - 1] == 0
    assert data[strings + name :].startswith(b"net\0")
    places = words(data, labels, "II")
    assert [data[strings + p :].split(b"\0")[0] for p in places] == [b"down", b"up"]


def test_tensors_are_as_documented() -> None:
    data = write_blob(two_tables())
    strings = words(data, 52, "I")[0]
    x = words(data, 64, "BBBBII6IfiI")
    assert x[:12] == (1, 4, 0, 0, 16, 6, 1, 2, 3, 1, 1, 1)
    assert x[12:14] == (0.5, -7)
    assert data[strings + x[14] :].startswith(b"x\0")
    y = words(data, 64 + 48, "BBBBII6Ifi")
    assert y == (1, 1, 0, 0, 0, 6, 6, 1, 1, 1, 1, 1, 0.25, 1)
    c = words(data, 64 + 3 * 48, "BBBBII6Ifi")
    assert (c[2], c[5]) == (1, 2)
    assert c[4] % 16 == 0 and data[c[4] : c[4] + 2] == bytes([5, 250])


def test_operators_and_parameters_are_as_documented() -> None:
    data = write_blob(two_tables())
    start = words(data, 36, "I")[0]
    first, second, layer = (words(data, start + 36 * i, "6H6I") for i in range(3))
    assert first[:6] == (12, 3, 0, 0xFFFF, 1, 0)
    assert layer[:6] == (3, 7, 1, 0xFFFF, 2, 0)
    assert layer[8:] == (48, 48, 20, 12)
    assert first[8] == 4
    # equal tables are kept once, at a multiple of 16
    table = words(data, first[7], "I")[0]
    assert words(data, second[7], "I")[0] == table and table % 16 == 0
    assert data[table : table + 3] == bytes([255, 254, 253])
    params = words(data, layer[7], "8i4I")
    assert params[:8] == (6, 2, 0, -1, -2, -3, -100, 100)
    weights, bias, multiplier, shift = params[8:]
    assert [p % 16 for p in params[8:]] == [0, 0, 0, 0]
    assert data[weights : weights + 12] == bytes(range(12))
    assert words(data, bias, "ii") == (1000, -1000)
    assert words(data, multiplier, "i") == (1 << 30,)
    assert words(data, shift, "i") == (-3,)


def test_inputs_have_their_image_table_and_outputs_none() -> None:
    data = write_blob(two_tables())
    io = words(data, 40, "I")[0]
    tensor, flags, table, *output = words(data, io, "HHIHHI")
    assert (tensor, flags, output) == (0, 0, [2, 0, 0])
    assert table % 16 == 0
    assert data[table : table + 256] == bytes(range(128, 256)) + bytes(range(128))


def test_a_copys_vectors_are_six_numbers_each() -> None:
    plan = two_tables()
    params = {
        "element_size": 1,
        "count": (1, 1, 1, 1, 1, 2),
        "input_start": 3,
        "input_stride": (0, 0, 0, 0, 0, -1),
        "output_start": 0,
        "output_stride": (0, 0, 0, 0, 0, 1),
        "fill": 1,
        "fill_value": -7,
    }
    plan.operators = [PlanOperator("copy", 0, "PAD", (0,), 2, params)]
    data = write_blob(plan)
    operator = words(data, words(data, 36, "I")[0], "6H6I")
    assert operator[8] == 92
    expected = (1, 1, 1, 1, 1, 1, 2, 3, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 1, 1, -7)
    assert words(data, operator[7], "23i") == expected
    [read] = read_blob(data).operators
    assert read.params == params


def test_the_reader_gives_back_what_the_plan_said() -> None:
    plan = two_tables()
    blob = read_blob(write_blob(plan, ["down", "up"]))
    assert (blob.name, blob.target, blob.arena_size) == ("net", "cortex-m7", 80)
    assert blob.labels == ["down", "up"]
    assert (blob.inputs, blob.outputs) == ((0,), (2,))
    assert [t.name for t in blob.tensors] == ["x", "y", "z", "c"]
    assert [t.shape for t in blob.tensors] == [t.shape for t in plan.tensors]
    assert [t.place for t in blob.tensors] == ["arena", "arena", "arena", "blob"]
    for read, planned in zip(blob.operators, plan.operators, strict=True):
        assert read.kernel == planned.kernel
        assert read.name == planned.name
        assert read.source_index == planned.source_index
        assert (read.inputs, read.output) == (planned.inputs, planned.output)
        assert read.params == planned.params
        assert read.macs == planned.macs
        assert read.scratch_offset == planned.scratch_offset
        assert read.scratch_size == planned.scratch_size
    assert [weight_bytes(operator) for operator in blob.operators] == [256, 256, 12 + 8 + 4 + 4]
    # the shared table counts once; the constant c counts too
    assert total_weight_bytes(blob) == 256 + 28 + 2


def test_packing_twice_gives_the_same_bytes() -> None:
    assert pack(CIFAR10, labels=LABELS) == pack(
        CIFAR10.read_bytes(), labels=LABELS, name="cifar10"
    )


def test_our_networks_weights_are_read_back_as_they_were() -> None:
    data = pack(CIFAR10, labels=LABELS)
    blob = read_blob(data)
    assert blob.labels == LABELS
    # 5x5x3x32 + 5x5x32x32 + 5x5x32x64 + 1024x10 bytes; bias, multiplier, shift; FC's pair
    assert total_weight_bytes(blob) == 89_440 + 12 * (32 + 32 + 64) + 4 * 10 + 8
    assert blob.size == len(data)


def test_names_with_zero_bytes_and_surrogates_stay_readable() -> None:
    plan = two_tables()
    plan.tensors[0].name = "a\0b\udc80"
    plan.name = "größe"
    blob = read_blob(write_blob(plan))
    assert blob.tensors[0].name == r"a\x00b\udc80"
    assert blob.name == "größe"
