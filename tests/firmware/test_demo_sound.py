"""The demonstration of sound: words through the virtual board, each told as right or wrong."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tflite_builder import ModelBuilder

from host_tools import cli
from host_tools.audio import make_settings
from host_tools.commands import demo_sound
from host_tools.errors import CommandError
from host_tools.host_listener import HostListener
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.stream import spoken
from host_tools.stream.curve import Heard, count
from host_tools.stream.made import find_folders, make_stream

RATE, BANDS, FRAMES = 16_000, 6, 8
LABELS = ["yes", "no", "silence"]
# the second and the fifth band have their middles near these
TONES = {"yes": 500, "no": 2000, "house": 2000, "wow": 900}
SECONDS = 30


def tone_network() -> bytes:
    """Hears `yes` in tones of 500 Hz, `no` in those of 2000, and nothing in most else."""
    settings = {"bands": BANDS, "fft_size": 128, "window_ms": 8.0, "hop_ms": 12.5, "stride": 8}
    builder = ModelBuilder("tones")
    given = {"scale": 1.0, "zero_point": -128}
    frames = builder.tensor((1, FRAMES, BANDS), **given, name="frames")
    flat = builder.tensor((1, FRAMES * BANDS), **given)
    values = np.zeros((len(LABELS), FRAMES, BANDS), np.int8)
    values[0, :, 1], values[0, :, 4] = 100, -100
    values[1] = -values[0]
    weights = builder.tensor((len(LABELS), FRAMES * BANDS), scale=2e-4, data=values)
    bias = builder.tensor((len(LABELS),), "int32", scale=2e-4, data=[0, 0, 30_000])
    logits = builder.tensor((1, len(LABELS)), scale=0.2, zero_point=0)
    scores = builder.tensor((1, len(LABELS)), scale=1 / 256, zero_point=-128)
    shape = builder.constant([1, FRAMES * BANDS])
    builder.operator("RESHAPE", [frames, shape], [flat])
    builder.operator("FULLY_CONNECTED", [flat, weights, bias], [logits])
    builder.operator("SOFTMAX", [logits], [scores], beta=1.0)
    model = builder.build([frames], [scores])
    return pack(model, labels=LABELS, audio=make_settings("log-mel", settings))


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    blob = tone_network()
    folder = tmp_path / "models" / demo_sound.DEFAULT_NETWORK
    folder.mkdir(parents=True)
    (folder / f"{folder.name}.ink").write_bytes(blob)
    monkeypatch.setattr(demo_sound, "MODELS", tmp_path / "models")
    monkeypatch.setattr(demo_sound, "SECONDS", SECONDS)
    monkeypatch.setattr(demo_sound, "build_folder", lambda: tmp_path / "build")
    return blob


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    time = np.arange(RATE // 2) / RATE
    for word, hertz in TONES.items():
        (tmp_path / "clips" / word).mkdir(parents=True)
        tone = 0.3 * np.sin(2 * np.pi * hertz * time)
        soundfile.write(tmp_path / "clips" / word / "tone.wav", tone, RATE)
    return tmp_path / "clips"


def test_each_word_is_told_and_all_are_counted(
    virtual_board_firmware: Path,
    network: bytes,
    clips: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    assert cli.main(["demo-sound", "--clips", str(clips)]) == 0
    text = capsys.readouterr().out
    model = HostModel(network)
    listener = HostListener(model)
    folders = find_folders(clips, LABELS, listener.words)
    stream = make_stream(folders, RATE, SECONDS, None, demo_sound.SEED, ratios=demo_sound.RATIOS)
    samples, _ = soundfile.read(tmp_path / "build/sound/demo.wav", dtype="int16")
    assert np.array_equal(samples, stream.samples)
    heard = [Heard(r.end, r.word) for r in listener.results(samples) if r.word is not None]
    counted = count(stream.clips, heard, 0.8, RATE, len(samples))
    words, missed = sum(counted.placed.values()), sum(counted.missed.values())
    false = sum(counted.false_accepts.values())
    assert words > missed and counted.false_accepts["other_words"]

    told = [line for line in text.splitlines() if " s  " in line]
    verdicts = [line for line in told if "missed: " not in line]
    assert [line.split()[2] for line in verdicts] == [LABELS[one.word] for one in heard]
    assert sum("  right, in " in line for line in told) == words - missed
    assert sum("  wrong: " in line for line in told) == false
    assert sum("missed: " in line for line in told) == missed
    assert re.search(r"no +\d\.\d\d  wrong: house was said, in \w+ at [12]0 dB", text)
    others = len(stream.clips) - words
    assert (
        f"{words} words among {others} others: hits {words - missed}, misses {missed}, "
        f"false alarms {false}\n"
    ) in text
    assert "synthesizer" not in text and "Debian" not in text


def test_recordings_that_the_set_up_got_are_heard_and_told_of(
    virtual_board_firmware: Path,
    network: bytes,
    clips: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    monkeypatch.setattr(demo_sound, "SECONDS", 15)
    shutil.rmtree(clips / "yes")
    shutil.copytree(clips, tmp_path / "build/sound/recordings")
    assert cli.main(["demo-sound"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("15 s of recordings over noise 10 or 20 dB quieter")
    assert (
        "The words are from Debian's trigger-rally-data and klettres-data (GPL 2 or later), which "
        "have 1 of the network's 2: no. "
    ) in " ".join(text.split())


def test_what_cannot_be_heard_is_refused(
    network: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["demo-sound", "--network", "huge"]) == 1
    assert "there is no network 'huge': --network takes ds-cnn" in capsys.readouterr().err
    file = tmp_path / "a.wav"
    file.touch()
    assert cli.main(["demo-sound", "--clips", str(file)]) == 1
    said = (
        "a.wav is no folder: --clips takes one with a subfolder of recordings for each of yes, no"
    )
    assert said in capsys.readouterr().err


def test_the_missing_voice_is_named(
    network: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spoken, "PROGRAM", "no-such-voice")
    assert cli.main(["demo-sound"]) == 1
    said = "no-such-voice, which would speak the words, is missing: install it, or give --clips a"
    assert said in capsys.readouterr().err


def test_a_board_that_hears_other_words_than_this_computer_is_an_error() -> None:
    board, here = demo_sound.Line(1.6, "yes", "0.91"), demo_sound.Line(1.55, "yes", "0.92")
    demo_sound.check_same([board], [demo_sound.Line(1.55, "yes", "0.91")])
    with pytest.raises(CommandError, match=r"board heard yes 0.91, and this computer yes 0.92"):
        demo_sound.check_same([board], [here])
    with pytest.raises(CommandError, match=r"board heard nothing, and this computer yes 0.92"):
        demo_sound.check_same([], [here])


def test_a_synthesizer_speaks_each_word_in_each_voice(tmp_path: Path) -> None:
    if not spoken.shutil.which(spoken.PROGRAM):
        pytest.skip(f"{spoken.PROGRAM} is not installed")
    spoken.speak(["yes", "no"], tmp_path)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*.wav")}
    words = ("yes", "no", *spoken.OTHERS)
    assert found == {f"{word}/{voice}.wav" for word in words for voice in spoken.VOICES}
    for path in tmp_path.glob("*/*.wav"):
        assert 0.1 < soundfile.info(path).duration < 5
