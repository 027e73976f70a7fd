"""host_tools listen --evaluate: misses and false accepts in a made stream."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from front_ends import listening_blob, listening_network, made_sounds

from host_tools.audio import make_settings
from host_tools.cli import main
from host_tools.host_listener import HostListener, Listening
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.stream.battery import Listens
from host_tools.stream.curve import Heard, Point, Scores, count, replay, suggested
from host_tools.stream.evaluation import listen
from host_tools.stream.made import RATIOS, Clip, Stream, find_folders, make_stream
from host_tools.stream.noise import made_noises, recorded_noises

RATE = 16_000
PLACES = {"yes": "word", "no": "loud chirp", "unknown": "square", "horse": "noise"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    sounds = made_sounds()
    for name, sound in {**PLACES, "silence": "zeros"}.items():
        (folder / name).mkdir()
        soundfile.write(folder / name / f"{name}.wav", sounds[sound], RATE)
    return folder


@pytest.fixture(scope="module")
def blob(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("blob") / "listening.ink"
    path.write_bytes(listening_blob())
    return path


def made(folder: Path, seconds: int = 60, seed: int = 1) -> Stream:
    folders = find_folders(folder, ["yes", "no", "Unknown", "silence"], [0, 1])
    return make_stream(folders, RATE, seconds, None, seed)


# --- the stream ---


def test_subfolders_are_words_other_words_or_no_speech(folder: Path) -> None:
    (folder / "pictures").mkdir()
    (folder / "pictures" / "notes.txt").touch()  # no sound, so no other word
    folders = find_folders(folder, ["yes", "no", "Unknown", "silence"], [0, 1])
    assert {word: [path.name for path in paths] for word, paths in folders.words.items()} == {
        0: ["yes.wav"],
        1: ["no.wav"],
    }
    assert [path.name for path in folders.others] == ["horse.wav", "unknown.wav"]


def test_every_ratio_and_noise_comes_and_a_seed_makes_the_same_stream(folder: Path) -> None:
    stream = made(folder, 450)
    assert set(stream.noises) == {"white", "pink", "brown", "hum", "bursts", "babble"}
    assert {clip.ratio for clip in stream.clips} == set(RATIOS)
    assert {clip.word for clip in stream.clips} == {0, 1, None}
    assert stream.samples.tobytes() == made(folder, 450).samples.tobytes()
    assert stream.samples.tobytes() != made(folder, 450, seed=2).samples.tobytes()


def test_no_recording_begins_within_the_second_after_another(folder: Path) -> None:
    clips = made(folder, 450).clips
    assert len(clips) > 100
    gaps = [b.start - a.end for a, b in zip(clips, clips[1:], strict=False)]
    assert min(gaps) >= RATE


def test_speech_is_louder_than_the_noise_by_the_ratio(folder: Path) -> None:
    stream = made(folder, 450)
    chirps = [clip for clip in stream.clips if clip.word == 1]  # of one loudness from end to end
    found: dict[int, list[float]] = {}
    for clip in chirps:
        if clip.ratio in (10, 20):
            both = np.mean(stream.samples[clip.start : clip.end].astype(float) ** 2)
            speech = (32768 * 10 ** (-26 / 20)) ** 2
            found.setdefault(clip.ratio, []).append(max(both - speech, 1) / speech)
    for ratio, powers in found.items():
        assert 10 * np.log10(np.mean(powers)) == pytest.approx(-ratio, abs=4)
    assert set(found) == {10, 20}


@pytest.mark.parametrize("name", ["white", "pink", "brown", "hum", "bursts", "babble"])
def test_made_noise_has_a_mean_power_of_one(name: str) -> None:
    talk = [made_sounds()["word"].astype(np.float64)]
    noise = made_noises(RATE, talk)[name](np.random.default_rng(3), RATE)
    assert noise.shape == (RATE,)
    assert np.mean(noise**2) == pytest.approx(1)


def test_recorded_noise_goes_round(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "rain.wav", np.array([100, -100, 300], np.int16), RATE)
    [(name, noise)] = recorded_noises(tmp_path, RATE).items()
    found = noise(np.random.default_rng(1), 7)
    assert name == "rain"
    assert (found[:4] == found[3:]).all()
    assert sorted(found[:3] / found[:3].max()) == pytest.approx([-1 / 3, 1 / 3, 1])


# --- the decisions ---


@pytest.mark.parametrize(
    ("threshold", "hysteresis", "refractory"), [(0.35, 0.05, 100), (0.4, 0.0, 0), (0.4, 0.3, 1000)]
)
def test_the_replay_decides_as_the_listener_does(
    folder: Path, threshold: float, hysteresis: float, refractory: int
) -> None:
    listening = Listening(2, threshold, hysteresis, refractory)
    stream = made(folder)
    listener = HostListener(HostModel(listening_blob()), listening)
    heard = [Heard(r.end, r.word) for r in listener.results(stream.samples) if r.word is not None]
    # all that the network says, by a listener of another threshold
    other = HostListener(HostModel(listening_blob()), Listening(2, 0.9, 0.1, refractory))
    scores = listen(other, stream)
    assert len(heard) > 5
    assert replay(scores, other.words, threshold, hysteresis, other.refractory) == heard


def test_a_held_word_counts_anew_only_after_it_fell() -> None:
    highs = [0.9, 0.9, 0.75, 0.9, 0.6, 0.9, 0.9]
    scores = Scores(np.arange(7), np.array([[0.1, high] for high in highs], np.float32))
    assert [one.end for one in replay(scores, [0, 1], 0.8, 0.1, 0)] == [0, 5]
    assert [one.end for one in replay(scores, [0, 1], 0.8, 0.1, 5)] == [0, 6]
    assert replay(scores, [0], 0.8, 0.1, 0) == []


def test_what_is_heard_is_counted_by_where_it_is() -> None:
    places = ((1000, 2000, 0, 0), (30_000, 31_000, None, 5), (60_000, 61_000, 1, 5))
    clips = [Clip(*place, name="a", noise="white") for place in places]
    heard = [
        Heard(500, 0),  # before all
        Heard(18_000, 0),  # the last sample at which the first is right
        Heard(18_001, 0),  # one too late
        Heard(30_500, 1),  # in another word
        Heard(60_500, 0),  # the wrong word
    ]
    point = count(clips, heard, 0.8, RATE, 1800 * RATE)
    assert point.missed == {0: 0, 5: 1, 10: 0, 20: 0, None: 0}
    assert point.placed == {0: 1, 5: 1, 10: 0, 20: 0, None: 0}
    assert point.false_accepts == {"words": 1, "other_words": 1, "noise": 2}
    assert (point.all_misses(), point.misses(0), point.misses(5)) == (50, 0, 100)
    assert point.misses(10) is None
    assert point.an_hour() == 8
    again = count(clips, [*heard[:2], heard[1]], 0.8, RATE, 1800 * RATE)
    assert again.false_accepts == {"words": 1, "other_words": 0, "noise": 1}


def test_the_suggestion_has_the_fewest_misses_of_what_is_allowed() -> None:
    def point(threshold: float, missed: int, false: int) -> Point:
        return Point(threshold, {0: missed}, {0: 10}, {"noise": false}, 2.0)

    points = [point(0.5, 1, 9), point(0.8, 3, 2), point(0.9, 4, 0)]
    assert suggested(points).threshold == 0.8
    assert suggested([point(0.5, 1, 9), point(0.9, 8, 4)]).threshold == 0.9


# --- the command ---


def test_it_prints_a_table_json_and_a_curve(
    blob: Path,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # so that the table is in one part
    svg = tmp_path / "curve.svg"
    words = ["listen", str(blob), str(folder), "--evaluate", "--minutes", "1", "--svg", str(svg)]
    assert main([*words, "--threshold", "0.4"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"listening: 1 minutes, \d+ words and \d+ other words over white, pink", out)
    assert re.search(r"^ *0\.4( +[\d.-]+){10}$", out, re.MULTILINE)
    assert "at most one false accept an hour" in out
    assert re.search(r"a result each 20 ms; estimates: the network takes [\d.]+ % of a", out)
    assert re.search(r"a battery of 1000 mAh lasts \d+ hours at 2[45]\.\d mA: 90 mA while", out)
    drawing = ElementTree.parse(svg).getroot()
    assert len(drawing.findall("{http://www.w3.org/2000/svg}polyline")) >= 3

    assert main([*words, "--threshold", "0.4", "--battery-mah", "500", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    point = report["points"][0]
    _check_estimates(report["estimates"])
    assert (report["minutes"], report["seed"], point["threshold"]) == (1, 1, 0.4)
    assert sum(point["words"].values()) == report["words"] > 3
    assert point["false_accepts_an_hour"] == pytest.approx(
        60 * sum(point["false_accepts"].values())
    )


def _check_estimates(found: dict[str, float]) -> None:
    """Of 500 mAh, for a core that runs some percent of the time and sleeps the rest."""
    network, front_end = found["network_core_percent"], found["front_end_core_percent"]
    assert 0 < network < 5
    assert front_end == pytest.approx(100 * 24_800 * 100 / 216e6)
    busy = (network + front_end) / 100
    assert found["milliamperes"] == pytest.approx(90 * busy + 24 * (1 - busy))
    assert found["battery_hours"] == pytest.approx(500 / found["milliamperes"])


def test_a_core_that_cannot_keep_up_runs_all_the_time() -> None:
    listens = Listens(network_percent=250, front_end_percent=1, mah=1800)
    assert (listens.milliamperes, listens.hours) == (90, 20)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--minutes", "0"], "--minutes is 0, allowed 1 to 600"),
        (["--seed", "-1"], "--seed is -1, allowed 0 and more"),
        (["--battery-mah", "0"], "--battery-mah is 0, allowed 1 to 1000000"),
        (["--noise", "nowhere"], "nowhere is no folder: --evaluate takes folders of recordings"),
        (["--smoothing", "0"], "smoothing is 0, allowed 1 to 64"),
        (["more"], "--evaluate takes one folder with a subfolder a word; 2 were given"),
    ],
)
def test_a_wrong_option_is_refused(
    options: list[str],
    message: str,
    blob: Path,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["listen", str(blob), str(folder), *options, "--evaluate"]) == 1
    assert message in capsys.readouterr().err


def test_its_options_alone_are_refused(
    blob: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["listen", str(blob), str(folder), "--seed", "3"]) == 1
    assert "--seed goes with --evaluate: give that too" in capsys.readouterr().err
    assert main(["listen", str(blob), str(folder), "--battery-mah", "3"]) == 1
    assert "--battery-mah goes with --evaluate: give that too" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "samples", "message"),
    [
        ("horse", np.ones(9), "has no subfolder named as a word of the network"),
        ("yes", np.zeros(RATE), "a.wav is silent: all its samples are 0"),
        ("yes", np.ones(6 * RATE), "a.wav is 6.0 s long; a word may take at most 5 s"),
    ],
)
def test_recordings_that_do_not_serve_are_refused(
    name: str,
    samples: np.ndarray,
    message: str,
    blob: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / name).mkdir()
    soundfile.write(tmp_path / name / "a.wav", samples, RATE)
    assert main(["listen", str(blob), str(tmp_path), "--evaluate", "--minutes", "1"]) == 1
    assert message in capsys.readouterr().err


def test_a_network_without_labels_is_refused(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = tmp_path / "nameless.ink"
    settings = make_settings("micro", {"bands": 6})
    blob.write_bytes(pack(listening_network(), name="nameless", audio=settings))
    assert main(["listen", str(blob), str(folder), "--evaluate"]) == 1
    assert "nameless: it has no labels; pack it with --labels" in capsys.readouterr().err
