"""host_tools listen: the words of recordings, and recordings that are none."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from front_ends import LABELS, listening_blob, listening_network, made_sounds

from host_tools.cli import main
from host_tools.host_listener import HostListener, Listening
from host_tools.host_runtime import HostModel
from host_tools.pack import pack

OPTIONS = ["--smoothing", "2", "--threshold", "0.4", "--hysteresis", "0.05", "--refractory", "100"]
LISTENING = Listening(smoothing=2, threshold=0.4, hysteresis=0.05, refractory=100)


@pytest.fixture
def blob(tmp_path: Path) -> Path:
    path = tmp_path / "listening.ink"
    path.write_bytes(listening_blob())
    return path


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    sounds = made_sounds()
    path = tmp_path / "sound.wav"
    soundfile.write(path, np.concatenate([sounds["word"], sounds["loud chirp"]]), 16_000)
    return path


def test_it_reports_what_the_listener_hears(
    blob: Path, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["listen", str(blob), str(sound), *OPTIONS, "--json"]) == 0
    [report] = json.loads(capsys.readouterr().out)["sounds"]
    samples, _ = soundfile.read(sound, dtype="int16")
    results = list(HostListener(HostModel(listening_blob()), LISTENING).results(samples))
    heard = [
        {"seconds": r.end / 16_000, "word": LABELS[r.word], "score": float(r.scores[r.word])}
        for r in results
        if r.word is not None
    ]
    assert heard
    assert (report["results"], report["heard"]) == (len(results), heard)
    assert main(["listen", str(blob), str(sound), *OPTIONS, "--all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(results) + 1 + len(heard)
    assert f" s  {heard[0]['word']:<16} {heard[0]['score']:.3f}" in lines[-len(heard)]


def test_a_listener_that_was_left_with_all_blocks_full_begins_a_frame_anew() -> None:
    samples = made_sounds()["word"]
    whole = HostListener(HostModel(listening_blob()), LISTENING)
    left = HostListener(HostModel(listening_blob()), LISTENING)
    # where a signal's Ctrl-C may leave it, on a computer: the last sample is taken, no frame made
    left._listener.filled = left._listener.blocks * (left.hop // 2)  # a result in two frames
    results = [list(listener.results(samples)) for listener in (whole, left)]
    assert len(results[0]) == len(results[1]) > 10
    for one, other in zip(*results, strict=True):
        assert (one.end, one.word) == (other.end, other.word)
        assert one.scores.tolist() == other.scores.tolist()


def test_many_threads_hear_the_same(sound: Path) -> None:
    samples, _ = soundfile.read(sound, dtype="int16")
    listener = HostListener(HostModel(listening_blob()), LISTENING)
    one = [(r.end, r.word, r.scores.tobytes()) for r in listener.results(samples)]
    listener.reset()
    many = [(r.end, r.word, r.scores.tobytes()) for r in listener.results(samples, threads=3)]
    assert one == many


def test_what_is_no_word_is_not_heard(
    blob: Path, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(word) for label in LABELS for word in ("--ignore", label)]
    assert main(["listen", str(blob), str(sound), *OPTIONS, *words]) == 0
    assert "0 words" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--ignore", "maybe"], "--ignore maybe: .*listening.ink has the labels yes, no"),
        (["--smoothing", "0"], "smoothing is 0, allowed 1 to 64"),
        (["--stride", "2000"], "stride is 2000, allowed 0 to 1024"),
    ],
)
def test_a_wrong_option_is_refused(
    words: list[str],
    message: str,
    blob: Path,
    sound: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["listen", str(blob), str(sound), *words]) == 1
    assert re.search(message, capsys.readouterr().err)


def test_files_that_are_no_sound_are_refused(
    blob: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, empty = tmp_path / "text.wav", tmp_path / "empty.wav"
    text.write_text("no sound")
    soundfile.write(empty, np.zeros(0, np.int16), 16_000)
    for path, message in ((text, "is no sound that can be read"), (empty, "has no samples")):
        assert main(["listen", str(blob), str(path)]) == 1
        assert message in capsys.readouterr().err


def test_a_blob_without_a_front_end_is_refused(
    tmp_path: Path, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = tmp_path / "deaf.ink"
    blob.write_bytes(pack(listening_network(), name="deaf"))
    assert main(["listen", str(blob), str(sound)]) == 1
    assert "deaf: it has no front end; pack it with --audio" in capsys.readouterr().err
