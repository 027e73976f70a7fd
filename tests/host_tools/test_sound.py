"""Recordings of every kind come as int16 of one channel at the rate that is asked for."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from host_tools.errors import CommandError
from host_tools.sound import open_sound, read_sound

RATE = 16_000
TONE = np.sin(np.arange(RATE) * (2 * np.pi * 440 / RATE)) * 0.5


def write(path: Path, samples: np.ndarray, rate: int = RATE, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def test_the_rate_and_width_that_are_needed_come_as_they_are(tmp_path: Path) -> None:
    samples = np.random.default_rng(1).integers(-32768, 32768, 5000).astype(np.int16)
    found = read_sound(write(tmp_path / "a.wav", samples), RATE)
    assert found.dtype == np.int16
    assert (found == samples).all()


@pytest.mark.parametrize("subtype, off", [("PCM_U8", 256), ("PCM_24", 1), ("FLOAT", 1)])
def test_other_widths_are_rounded(tmp_path: Path, subtype: str, off: int) -> None:
    found = read_sound(write(tmp_path / "a.wav", TONE, subtype=subtype), RATE)
    assert np.abs(found - TONE * 32768).max() <= off


def test_a_compressed_file_without_places_to_seek_is_read(tmp_path: Path) -> None:
    found = read_sound(write(tmp_path / "a.wav", TONE, subtype="GSM610"), RATE)
    assert np.corrcoef(found[:RATE], TONE)[0, 1] > 0.98


def test_channels_are_averaged(tmp_path: Path) -> None:
    both = np.stack([TONE, np.zeros(RATE)], axis=1)
    found = read_sound(write(tmp_path / "a.wav", both), RATE)
    assert np.abs(found - TONE * 16384).max() <= 1


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_another_rate_is_resampled(tmp_path: Path, rate: int) -> None:
    tone = np.sin(np.arange(rate) * (2 * np.pi * 440 / rate)) * 0.5
    found = read_sound(write(tmp_path / "a.wav", tone, rate), RATE)
    assert len(found) == RATE
    middle = slice(1000, -1000)
    assert np.abs(found - TONE * 32768)[middle].max() < 200


def test_what_is_louder_than_can_be_is_clipped(tmp_path: Path) -> None:
    found = read_sound(write(tmp_path / "a.wav", TONE * 4, subtype="FLOAT"), RATE)
    assert (found.min(), found.max()) == (-32768, 32767)


def at_rate(content: bytes, rate: int) -> bytes:
    return content[:24] + rate.to_bytes(4, "little") + content[28:]


@pytest.mark.parametrize("promised", [0x7FFFF000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_file_written_into_a_pipe_does_not_know_its_size(tmp_path: Path, promised: int) -> None:
    path = write(tmp_path / "pipe.wav", np.arange(1000, dtype=np.int16))
    content = path.read_bytes()
    path.write_bytes(content[:40] + promised.to_bytes(4, "little") + content[44:])
    assert read_sound(path, RATE).tolist() == list(range(1000))


def test_a_file_of_an_odd_number_of_bytes_loses_half_a_sample(tmp_path: Path) -> None:
    path = write(tmp_path / "odd.wav", np.arange(1000, dtype=np.int16))
    content = path.read_bytes()
    path.write_bytes(content[:40] + (1999).to_bytes(4, "little") + content[44:])
    assert read_sound(path, RATE).tolist() == list(range(999))


def test_a_sample_that_vanishes_at_another_rate_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has too few samples to be resampled"):
        read_sound(write(tmp_path / "a.wav", np.ones(1, np.int16), 48_000), RATE)


@pytest.mark.parametrize("format, message", [("FLAC", "no sound that can be read"), ("OGG", "no")])
def test_a_compressed_file_that_is_cut_is_refused(
    tmp_path: Path, format: str, message: str
) -> None:
    path = tmp_path / f"cut.{format.lower()}"
    soundfile.write(path, TONE, RATE, format=format)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(CommandError, match=message):
        read_sound(path, RATE)


def test_files_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.wav", TONE).read_bytes()
    cases = {
        "is cut short: it promises 32000 bytes of samples and has 956": whole[:1000],
        "is no sound that can be read": b"no sound at all",
        "has no samples": whole[:40] + bytes(4),
        "has 1 samples a second, allowed 1000 to 1000000": at_rate(whole, 1),
        "is no sound that can be read: .*incomplete": at_rate(whole, 0),
    }
    for words, content in cases.items():
        path = tmp_path / "bad.wav"
        path.write_bytes(content)
        with pytest.raises(CommandError, match=words):
            read_sound(path, RATE)
    path = write(tmp_path / "nan.wav", np.full(10, np.nan), subtype="FLOAT")
    with pytest.raises(CommandError, match="not finite"):
        read_sound(path, RATE)
    with pytest.raises(CommandError, match="no sound that can be read"):
        read_sound(tmp_path / "missing.wav", RATE)


def test_a_folder_gives_its_files_by_name_each_time(tmp_path: Path) -> None:
    write(tmp_path / "b.wav", np.full(2000, 2, np.int16))
    write(tmp_path / "a.wav", np.full(1000, 1, np.int16))
    (tmp_path / "notes.txt").write_text("not a sound")
    source = open_sound(str(tmp_path))
    for _ in range(2):
        blocks = list(source(RATE))
        assert [len(block) for block in blocks] == [1000, 1600, 400]
        assert np.concatenate(blocks).tolist() == [1] * 1000 + [2] * 2000


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="there is no such file or folder"):
        open_sound(str(tmp_path / "nothing"))
    with pytest.raises(CommandError, match="has no files of sound"):
        open_sound(str(tmp_path))


def test_the_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(CommandError, match=r"sound needs soundfile: .*'\.\[sound\]'"):
        read_sound(tmp_path / "a.wav", RATE)
