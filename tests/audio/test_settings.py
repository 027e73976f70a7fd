"""What --audio-json may hold, and inputs that a front end does not fit."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from front_ends import CASES, front_end, listening_network

from host_tools.audio import make_front_end, make_settings, read_settings
from host_tools.audio.front_end import RECORD, table_sizes
from host_tools.blob.reader import read_blob
from host_tools.cli import main
from host_tools.errors import CommandError


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("mfcc", {"band": 3}, "band: no setting of mfcc, which has sample_rate, "),
        ("log-mel", {"coefficients": 3}, "coefficients: no setting of log-mel"),
        ("mfcc", {"bands": 0}, "bands is 0, allowed 1 to 128"),
        ("mfcc", {"bands": 2.5}, "bands is 2.5, allowed is a whole number"),
        ("mfcc", {"bands": True}, "bands is True, allowed is a whole number"),
        ("mfcc", {"hop_ms": "10"}, "hop_ms is '10', allowed is a number"),
        ("mfcc", {"rounding": "up"}, "rounding is 'up', allowed nearest or toward-zero"),
        ("micro", {"pcan": 1}, "pcan is 1, allowed true or false"),
        ("mfcc", {"fft_size": 256}, "fft_size is 256, allowed 128, 512, 2048"),
        ("mfcc", {"window_ms": 40}, "window_ms: 640 samples, allowed up to fft_size, 512"),
        ("mfcc", {"sample_rate": 11100}, "window_ms: 333 samples, allowed an even number"),
        ("micro", {"window_ms": 10}, "transform of 160 samples is 256, but fft_size is 512"),
        ("mfcc", {"high_hz": 9000}, "20 and 9000, allowed rising and up to .*, 8000"),
        ("mfcc", {"coefficients": 41}, "coefficients: 41, allowed up to bands, 40"),
        ("log-mel", {"low": 5, "high": 5}, "low is 5, allowed less than high, 5"),
    ],
)
def test_a_wrong_setting_is_refused(kind: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        make_settings(kind, given)


@pytest.mark.parametrize("text", ["{", "[1]", "3", '{"bands": NaN}', "\xff"])
def test_a_file_that_holds_no_settings_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(CommandError, match=r"settings\.json: "):
        read_settings("mfcc", path)


@pytest.mark.parametrize("name", CASES)
def test_tables_are_as_large_as_the_document_says(name: str) -> None:
    one = front_end(name)
    edges = one.tables["edges"]
    sizes = table_sizes(one.numbers, int(edges[-1]) - int(edges[0]))
    found = {name: (table.dtype.name, len(table)) for name, table in one.tables.items()}
    assert {**sizes, "gains": ("int16", 125)} == {"gains": ("int16", 125), **found}
    assert len(one.record({})) == RECORD.size == 132


@pytest.mark.parametrize(
    ("shape", "fits"),
    [
        ([1, 49, 10, 1], True),
        ([1, 49, 10], True),
        ([1, 490], True),
        ([49, 10], True),
        ([1, 1, 49, 10], True),
        ([1, 10, 49], False),
        ([1, 49, 11], False),
        ([1, 485], False),
        ([2, 49, 10], False),
        ([1, 98, 40, 3], False),
        ([], False),
    ],
)
def test_an_input_of_another_shape_is_refused_with_both(shape: list[int], fits: bool) -> None:
    settings = make_settings("mfcc", {})
    if fits:
        assert make_front_end(settings, shape, "int8", 0.5, 0).frames == 49
        return
    text = str(shape).replace("[", r"\[").replace("]", r"\]")
    with pytest.raises(CommandError, match=text + r", but mfcc gives \[1, frames, 10\]"):
        make_front_end(settings, shape, "int8", 0.5, 0)


def test_a_stride_over_more_frames_than_the_input_has_is_refused() -> None:
    for stride, fits in ((20, True), (21, False)):
        settings = make_settings("micro", {"stride": stride})
        message = r"stride is 21, allowed at most 20, the frames of its input \[1, 20, 40\]"
        refused = nullcontext() if fits else pytest.raises(CommandError, match=message)
        with refused:
            make_front_end(settings, [1, 20, 40], "int8", 0.1, -128)


def test_an_input_of_another_type_is_refused() -> None:
    with pytest.raises(CommandError, match="its input is float32, but a front end stores int8"):
        make_front_end(make_settings("mfcc", {}), [1, 49, 10], "float32", 1.0, 0)


def test_pack_model_writes_a_front_end_and_inspect_shows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, settings = tmp_path / "net.tflite", tmp_path / "settings.json"
    model.write_bytes(listening_network())
    settings.write_text(json.dumps({"coefficients": 6}))
    words = ["pack-model", str(model), "--audio", "mfcc"]
    assert main(words) == 1
    assert "net.tflite: its input is [1, 8, 6], but mfcc gives [1, frames, 10]" in (
        capsys.readouterr().err
    )
    assert not (tmp_path / "net.ink").exists()
    assert main([*words, "--audio-json", str(settings), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)["audio"]
    assert facts == {
        "kind": "mfcc",
        "sample_rate": 16_000,
        "window": 480,
        "hop": 320,
        "fft_size": 512,
        "bands": 40,
        "coefficients": 6,
        "stride": 5,
    }
    assert main(["inspect", str(tmp_path / "net.ink")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "takes sound of 16000 Hz (mfcc, a frame in 20 ms)" in said
    found = read_blob((tmp_path / "net.ink").read_bytes()).front_end
    assert found is not None and found.kind == "mfcc"


def test_settings_without_a_kind_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "net.tflite"
    model.write_bytes(listening_network())
    assert main(["pack-model", str(model), "--audio-json", "settings.json"]) == 1
    assert "--audio-json is for --audio" in capsys.readouterr().err
