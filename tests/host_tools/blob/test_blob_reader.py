"""The reader of blobs ends every bad file in one sentence."""

from __future__ import annotations

import random
import struct
import zlib

import pytest
from oracle import ROOT

from host_tools.blob.reader import read_blob
from host_tools.errors import CommandError
from host_tools.pack import pack


@pytest.fixture(scope="module")
def blob() -> bytes:
    return pack(ROOT / "models" / "cifar10" / "cifar10.tflite")


def repaired(data: bytearray) -> bytes:
    """The same bytes with a right CRC."""
    data[12:16] = struct.pack("<I", zlib.crc32(data[16:]))
    return bytes(data)


def test_a_blob_cut_at_any_length_is_refused(blob: bytes) -> None:
    for length in [*range(0, 2000), *range(2000, len(blob), 997), len(blob) - 1]:
        with pytest.raises(CommandError, match="not a blob|bytes long"):
            read_blob(blob[:length])


def test_a_changed_byte_is_noticed(blob: bytes) -> None:
    for place in [*range(0, 12), *range(16, 1500), len(blob) - 1]:
        data = bytearray(blob)
        data[place] ^= 0x40
        with pytest.raises(CommandError):
            read_blob(bytes(data))


def test_random_records_with_a_right_crc_are_read_or_refused(blob: bytes) -> None:
    source = random.Random(8)
    refused = 0
    for _ in range(1000):
        data = bytearray(blob)
        for _ in range(source.randint(1, 4)):
            data[source.randrange(16, 1664)] = source.randrange(256)
        try:
            read_blob(repaired(data))
        except CommandError:
            refused += 1
    assert 100 < refused < 1000


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (4, 2, "a blob of version 2; these tools read version 1: pack the model again"),
        (8, 17, "bytes long, but should be 17"),
        (16, 9, "the target is 9, which these tools do not know"),
        (16, 0x20001, "the memory is 2, which these tools do not know"),
        (32, 1 << 30, "its tensors lie outside it"),
        (60, 1 << 20, "a string lies outside its strings, at 1048576"),
    ],
)
def test_a_wrong_header_field_is_named(blob: bytes, place: int, value: int, message: str) -> None:
    data = bytearray(blob)
    struct.pack_into("<H" if place == 4 else "<I", data, place, value)
    with pytest.raises(CommandError, match=message):
        read_blob(repaired(data))


def test_an_error_begins_with_the_file(blob: bytes) -> None:
    with pytest.raises(CommandError, match="^net.ink: damaged: its CRC-32 is wrong"):
        read_blob(blob[:-1] + b"\xff", "net.ink")
