"""Front ends on this computer: the C's bits are the twin's, and the twin is what it stands for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from front_ends import CASES, blob_with, front_end
from oracle import real_model

from host_tools.audio import FrontEnd, make_settings, twin, twin_micro
from host_tools.host_listener import HostListener, Listening
from host_tools.host_runtime import HostModel
from host_tools.pack import pack

Samples = npt.NDArray[np.int16]
Sounds = dict[str, Samples]
MOST_MEMORY = 12 * 1024


def windows_of(one: FrontEnd, samples: Samples) -> npt.NDArray[np.int64]:
    window, hop = one.numbers["window"], one.numbers["hop"]
    count = (len(samples) - window) // hop + 1
    return samples[np.arange(count)[:, np.newaxis] * hop + np.arange(window)].astype(np.int64)


def fed(listener: HostListener, samples: Samples) -> npt.NDArray[np.int64]:
    """What the listener puts into the network's input in the end, [frames, coefficients]."""
    listener.reset()
    for _ in listener.results(samples):
        pass
    return listener.input().astype(np.int64)


def test_mfcc_is_mlperf_tinys(clips: dict[str, npt.NDArray[np.int16]]) -> None:
    for rounding in ("nearest", "toward-zero"):
        one = front_end("mfcc" if rounding == "nearest" else "mfcc toward zero of kws")
        found = np.stack([twin.features(one, clip) for clip in clips["samples"][::6]])
        differences = np.abs(found - clips[rounding][::6])
        assert (differences == 0).mean() >= 0.999
        assert differences.max() <= 1


def test_a_blob_of_mlperf_tinys_network_hears_its_features(
    clips: dict[str, npt.NDArray[np.int16]],
) -> None:
    blob = pack(real_model("kws_ref_model"), audio=make_settings("mfcc", {}))
    model = HostModel(blob)
    listener = HostListener(model)
    assert listener.memory <= MOST_MEMORY
    found, same = [], 0
    for clip, wanted in zip(clips["samples"], clips["nearest"], strict=True):
        found.append(fed(listener, clip))
        inputs = [a.astype(np.int8).reshape(1, 49, 10, 1) for a in (found[-1], wanted)]
        ours, theirs = (model.run([one])[0].argmax() for one in inputs)
        same += int(ours == theirs)
    differences = np.abs(np.stack(found) - clips["nearest"])
    assert (differences == 0).mean() >= 0.99
    assert differences.max() <= 1
    assert same >= 0.995 * len(found)


def test_log_mel_is_its_formula_in_double_precision(sounds: Sounds) -> None:
    one = front_end("log-mel")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(480) / 479)

    def mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
        return 1127 * np.log1p(np.asarray(hertz) / 700)

    corners = np.linspace(mel(0), mel(4000), 42)
    pitch = mel(np.arange(257) * 31.25)[:, np.newaxis]
    rising = (pitch - corners[:-2]) / np.diff(corners)[:-1]
    falling = (corners[2:] - pitch) / np.diff(corners)[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    triangles[0] = 0
    # beside a tone of full scale the window's 16 bits are heard, 95 dB below
    most = {"word": 0.75, "noise": 0.75, "quiet chirp": 0.75, "zeros": 0.75, "loud chirp": 5}
    for name, allowed in most.items():
        frames = windows_of(one, sounds[name])
        power = np.abs(np.fft.rfft(frames * window, 512)) ** 2 @ triangles
        wanted = np.clip(10.00655 * np.log(power + 547.60395) - 61.68658, 0, 255)
        assert np.abs(twin.features(one, sounds[name]) - wanted).max() <= allowed, name


def test_micro_is_the_microfrontend(
    sounds: Sounds, clips: dict[str, npt.NDArray[np.int16]]
) -> None:
    library = pytest.importorskip("pymicro_features")
    one = front_end("micro")
    for samples in (*sounds.values(), *clips["samples"][::60]):
        wanted, at, data = [], 0, samples.tobytes()
        frontend = library.MicroFrontend()
        while at + 320 <= len(data):
            given = frontend.process_samples(data[at : at + 320])
            at += 2 * given.samples_read
            wanted += [given.features] if given.features else []
        features = np.rint(np.array(wanted) * 25.6).astype(np.int64)
        found = twin_micro.microfrontend(one, windows_of(one, samples))
        assert np.array_equal(found, features)


@pytest.mark.parametrize("name", CASES)
def test_c_on_this_computer_has_the_twins_bits(name: str, sounds: Sounds) -> None:
    one = front_end(name)
    listener = HostListener(HostModel(blob_with(name)), Listening(stride=1))
    for sound in sounds.values():
        # the input is full, and slides no further: its peak is that of all that was heard
        hops = one.frames + one.blocks - 1
        samples = np.tile(sound, 3)[: hops * one.numbers["hop"]]
        assert np.array_equal(fed(listener, samples), twin.features(one, samples))


def test_frames_slide_and_only_new_ones_are_made(sounds: Sounds) -> None:
    one = front_end("log-mel")
    listener = HostListener(HostModel(blob_with("log-mel")), Listening(stride=7))
    samples = np.concatenate([sounds["word"], sounds["noise"]])
    ends = [result.end for result in listener.results(samples)]
    assert ends == [16_000 + 7 * 160 * i for i in range(len(ends))] and len(ends) == 15
    assert np.array_equal(listener.input(), twin.features(one, samples)[-98:])


@pytest.mark.parametrize("name", ["mfcc", "log-mel", "micro"])
def test_a_front_end_takes_12_kb_at_most(name: str) -> None:
    assert HostListener(HostModel(blob_with(name))).memory <= MOST_MEMORY
