"""A folder of recordings becomes the features that a board computes, split without leaks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from host_tools.audio import make_settings
from host_tools.errors import CommandError
from host_tools.host_listener import HostListener
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.sound import wav_file
from models.keywords import card_text, data, family, recipe, recordings

RATE = data.RATE
Samples = npt.NDArray[np.int16]


def tone(hertz: float, count: int = RATE, rate: int = RATE) -> Samples:
    return np.rint(8000 * np.sin(np.arange(count) * (2 * np.pi * hertz / rate))).astype(np.int16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two words of twenty recordings, of twenty speakers each, and a minute of background."""
    root = tmp_path / "recordings"
    for word, hertz in (("up", 300), ("down", 2000)):
        (root / word).mkdir(parents=True)
        for speaker in range(20):
            samples = tone(hertz + 10 * speaker)
            name = f"speaker{speaker}_nohash_0.wav"
            (root / word / name).write_bytes(wav_file(samples, RATE))
    (root / recordings.BACKGROUND).mkdir()
    noise = np.random.default_rng(0).integers(-50, 50, 60 * RATE).astype(np.int16)
    (root / recordings.BACKGROUND / "room.wav").write_bytes(wav_file(noise, RATE))
    (root / "README.md").write_text("no recording")
    return root


def test_a_folder_becomes_words_once(folder: Path, tmp_path: Path) -> None:
    words, cache = recordings.load(folder, tmp_path / "own")
    assert words.labels == ("down", "silence", "up")
    counts = [
        np.bincount(getattr(words, f"{name}_labels"), minlength=3).tolist()
        for name in recordings.SETS
    ]
    assert np.sum(counts, axis=0).tolist() == [20, 60, 20]
    assert np.min(counts) >= 1
    for name in recordings.SETS:
        shown, labels = getattr(words, name), getattr(words, f"{name}_labels")
        assert shown.dtype == np.uint8
        assert shown.shape == (len(labels), family.FRAMES, family.BANDS, 1)
    before = (cache / "words.npz").stat().st_mtime_ns
    again, same = recordings.load(folder, tmp_path / "own")
    assert (same, (same / "words.npz").stat().st_mtime_ns) == (cache, before)
    assert again.labels == words.labels
    assert np.array_equal(again.train, words.train)
    (folder / "up" / "speaker3_nohash_1.wav").write_bytes(wav_file(tone(500), RATE))
    assert recordings.load(folder, tmp_path / "own")[1] != cache


def test_the_features_are_those_that_a_board_puts_into_its_input(folder: Path) -> None:
    name = next(name for name in family.NETWORKS if family.place(name).is_file())
    audio = make_settings("log-mel", {})
    listener = HostListener(HostModel(pack(family.place(name), audio=audio)))
    words = recordings.read(folder, {"up": sorted((folder / "up").iterdir())})
    shown = {values.tobytes() for values in (*words.train, *words.held_out, *words.test)}
    for speaker in (0, 7, 19):
        listener.reset()
        for _ in listener.results(tone(300 + 10 * speaker)):
            pass
        heard = (listener.input().astype(np.int16) + 128).astype(np.uint8)
        assert heard.tobytes() in shown


def test_a_recording_of_another_rate_and_two_channels_is_the_same_word(folder: Path) -> None:
    sides = tone(300, 44_100, 44_100)
    soundfile.write(folder / "up" / "stereo.wav", np.stack((sides, sides), 1), 44_100, "PCM_24")
    [(name, clip)] = recordings.seconds("up", [folder / "up" / "stereo.wav"])
    assert (name, clip.dtype, clip.shape) == ("stereo.wav", np.int16, (RATE,))
    middle = slice(1000, -1000)
    assert np.abs(clip[middle].astype(int) - tone(300)[middle]).max() <= 8


def test_the_loudest_second_of_a_longer_recording_is_taken() -> None:
    samples = np.zeros(3 * RATE, np.int16)
    samples[20_000 : 20_000 + RATE] = tone(400) // 2 + 100
    assert np.array_equal(recordings.second(samples), samples[20_000 : 20_000 + RATE])
    loud = np.full(2 * RATE, -32768, np.int16)
    assert len(recordings.second(loud)) == RATE


@pytest.mark.parametrize("count", [1, 15_999, 16_000])
def test_a_shorter_recording_gets_zeros_on_both_sides(count: int) -> None:
    found = recordings.second(np.full(count, 7, np.int16))
    assert (len(found), int(found.sum())) == (RATE, 7 * count)
    first = int(np.flatnonzero(found)[0])
    assert first == (RATE - count) // 2


def test_files_that_cannot_be_read_are_named_and_left_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "up" / "broken.wav").write_bytes(b"RIFF")
    (folder / "up" / "empty.wav").write_bytes(wav_file(tone(1, 0), RATE))
    words = recordings.read(folder, recordings.recordings(folder))
    said = capsys.readouterr()
    assert "broken.wav is no sound that can be read" in said.err
    assert "empty.wav has no samples" in said.err
    assert "up: 20 recordings" in said.out
    assert len(words.train) + len(words.held_out) + len(words.test) == 100


def test_a_word_of_too_few_recordings_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "up" / "speaker0_nohash_0.wav").write_bytes(b"none")
    with pytest.raises(CommandError, match="'up' has 19 recordings that can be read, at least 20"):
        recordings.load(folder, tmp_path / "own")
    assert not (tmp_path / "own").exists()


def test_a_folder_without_two_words_is_refused(folder: Path) -> None:
    with pytest.raises(CommandError, match="there is no such folder"):
        recordings.recordings(folder / "nowhere")
    with pytest.raises(CommandError, match="has 0 subfolders, allowed 2 to 255"):
        recordings.recordings(folder / "up")


def test_recordings_are_split_as_speech_commands_are() -> None:
    tested = ("0487ba9b_nohash_0", "9a69672b_nohash_2", "95ba4996_nohash_0", "893705bb_nohash_15")
    assert {recordings.official(f"{name}.wav") for name in tested} == {"test"}
    names = [f"{number:08x}_nohash_{take}.wav" for number in range(300) for take in range(3)]
    sets = recordings.split(names)
    assert 0.75 < sets.count("train") / len(sets) < 0.85
    by_speaker = {name[:8]: found for name, found in zip(names, sets, strict=True)}
    assert sets == [by_speaker[name[:8]] for name in names]


@pytest.mark.parametrize("count", [20, 57, 200])
def test_recordings_of_one_speaker_are_in_all_sets_too(count: int) -> None:
    names = [f"me_nohash_{take}.wav" for take in range(count)]
    sets = recordings.split(names)
    assert (sets.count("held_out"), sets.count("test")) == (count // 10, count // 10)
    assert recordings.split(names[::-1]) == sets[::-1]


def test_a_speaker_of_most_recordings_is_not_left_to_the_test() -> None:
    speakers = [f"{number:08x}" for number in range(30)]
    most = next(name for name in speakers if recordings.official(name) == "test")
    names = [f"{name}_nohash_0.wav" for name in speakers]
    names += [f"{most}_nohash_{take}.wav" for take in range(1, 40)]
    assert {*map(recordings.official, names)} == {*recordings.SETS}
    assert recordings.split(names).count("test") == len(names) // 10


def test_few_words_are_learned_in_small_steps_for_long() -> None:
    assert (family.batch(42_293), family.enough(45, 42_293)) == (128, 45)
    for words in (16, 40, 600, 3000):
        steps = words // family.batch(words)
        assert steps >= 2
        assert family.enough(1, words) * steps >= family.LEAST_STEPS
    network = family.NETWORKS["crnn"]
    assert family.average(network, 45 * 330) == network.average
    assert 0 < family.average(network, 20) < 0.6
    assert family.average(network, 0) == 0


def test_a_card_of_own_words_names_them_and_needs_no_teacher() -> None:
    ours = json.loads(family.place("crnn").with_name("card.json").read_text())
    own = ours | {"labels": ["hey|you", "no", "oui"], "confusion": [[3, 0, 0]] * 3}
    own |= {"teacher": None, "training": ours["training"] | {"distilled": 0.0, "views": 0}}
    text = card_text.markdown(own, replace(family.NETWORKS["crnn"], classes=3))
    assert r"| | hey\|you | no | oui |" in text
    assert "the 3 labels" in text and "int8 [1, 3]" in text and "9 test clips" in text
    assert "from the labels alone" in text and "teacher" not in text
    assert "Speech Commands" not in text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "--features FOLDER or --wavs FOLDER is needed to train"),
        ("--out x --features y", "--out FOLDER is for --wavs FOLDER"),
        ("--card --wavs x", "--card is for a committed network, not for --wavs"),
        ("--features x --wavs y", "not allowed with argument --features"),
    ],
)
def test_the_recipe_refuses_options_that_do_not_go_together(
    given: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["recipe.py", "crnn", *given.split()])
    with pytest.raises(SystemExit):
        recipe.main()
    assert said in capsys.readouterr().err
