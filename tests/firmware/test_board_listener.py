"""inkling.Listener on the boards: the host's bits, and what it refuses."""

from __future__ import annotations

import ast

import numpy as np
import numpy.typing as npt
import pytest
from board_models import NOT_ON_UNIX, TELL, Files, Runner, UnixMaker
from front_ends import huge_blob, listening_blob, made_sounds, remembering_blob

from host_tools.errors import CommandError
from host_tools.host_listener import HostListener, Listening
from host_tools.host_runtime import HostModel


@pytest.fixture(scope="session")
def sound() -> npt.NDArray[np.int16]:
    """A second and a half: a word after silence, a chirp, extremes."""
    sounds = made_sounds()
    parts = [sounds["word"][3000:13_000], sounds["loud chirp"][:8000], sounds["extremes"][:6000]]
    return np.concatenate(parts)


@pytest.fixture(scope="session")
def listening(sound: npt.NDArray[np.int16]) -> Files:
    return {
        "listening.ink": listening_blob(),
        "sound.raw": sound.astype("<i2").tobytes(),
    }


def host_results(sound: npt.NDArray[np.int16], **options: float) -> list[tuple[str, str | None]]:
    """Bytes of the scores and the label heard, of each result."""
    model = HostModel(listening_blob())
    listener = HostListener(model, Listening(**options))
    return [
        (result.scores.tobytes().hex(), None if result.word is None else model.labels[result.word])
        for result in listener.results(sound)
    ]


READ = """
import array, binascii, inkling
sound = open("/rom/sound.raw", "rb").read()
model = inkling.Model("/rom/listening.ink")

def told(listener, pieces):
    heard = []
    for piece in pieces:
        scores = listener.feed(piece)
        if scores is not None:
            heard.append((binascii.hexlify(bytes(scores)).decode(), listener.word))
    return heard
"""


def test_pieces_of_any_length_give_the_hosts_bits(
    on_board: Runner, listening: Files, sound: npt.NDArray[np.int16]
) -> None:
    options = {"smoothing": 2, "threshold": 0.4, "hysteresis": 0.05, "refractory": 100}
    script = f"""{READ}
listener = inkling.Listener(model, **{options})
view = memoryview(sound)
print(told(listener, (view[i:i + 318] for i in range(0, len(sound), 318))))
listener.reset()
ends = list(range(0, 4000, 2)) + list(range(4000, len(sound), 640)) + [len(sound)]
print(told(listener, (view[start:end] for start, end in zip(ends, ends[1:]))))
listener.reset()
print(told(listener, (array.array("h", sound[i:i + 640]) for i in range(0, len(sound), 640))))
"""
    expected = host_results(sound, **options)
    assert len(expected) > 60
    assert {word for _, word in expected} > {None}
    for line in on_board(script, listening).splitlines():
        assert ast.literal_eval(line) == expected


def test_a_long_piece_gives_its_last_result_and_keeps_the_word(
    on_board: Runner, listening: Files, sound: npt.NDArray[np.int16]
) -> None:
    options = {"smoothing": 1, "threshold": 0.4, "hysteresis": 0.0, "refractory": 0}
    script = f"""{READ}
listener = inkling.Listener(model, **{options})
print(told(listener, [sound]))
print(told(listener, [sound[:2]]), listener.word)
"""
    expected = host_results(sound, **options)
    words = [word for _, word in expected if word is not None]
    last, after = on_board(script, listening).splitlines()
    assert ast.literal_eval(last) == [(expected[-1][0], words[-1])]
    assert after == "[] None"


@pytest.mark.parametrize("stride", [2, 8])
def test_states_begin_anew_as_on_the_host(
    on_board: Runner, listening: Files, sound: npt.NDArray[np.int16], stride: int
) -> None:
    blob = remembering_blob(stride)
    script = f"""{READ}
listener = inkling.Listener(inkling.Model("/rom/remembering.ink"), smoothing=1)
heard = told(listener, (sound[i:i + 640] for i in range(0, len(sound), 640)))
print([scores for scores, _ in heard])
"""
    results = HostListener(HostModel(blob), Listening(smoothing=1)).results(sound)
    expected = [result.scores.tobytes().hex() for result in results]
    found = on_board(script, {**listening, "remembering.ink": blob})
    assert ast.literal_eval(found) == expected


def test_it_says_what_it_is_and_counts_what_was_lost(on_board: Runner, listening: Files) -> None:
    script = f"""{READ}
listener = inkling.Listener(model)
print(listener.rate, listener.hop, listener.model is model, listener.word, len(listener.scores))
print(listener.overruns, listener.lost)
listener.feed(sound[:100], 55)
listener.feed(sound[:100], 5)
print(listener.overruns, listener.lost)
listener.reset()
print(listener.overruns, listener.lost, listener.ram == inkling.Listener(model).ram)
"""
    assert on_board(script, listening).splitlines() == [
        "16000 320 True None 4",
        "0 0",
        "2 60",
        "0 0 True",
    ]


def test_samples_fed_while_it_runs_are_counted_as_lost(on_board: Runner, listening: Files) -> None:
    script = f"""{READ}
import micropython
listener = inkling.Listener(model)
micropython.schedule(lambda _: print("inner", listener.feed(sound[:640])), None)
for i in range(0, 9600, 320):
    listener.feed(sound[i:i + 320])
print(listener.overruns, listener.lost)
"""
    lines = on_board(script, listening).splitlines()
    # the callback comes before a feed() or within one
    assert lines[0].startswith("inner")
    assert lines[1] in ("1 320", "0 0")


def test_what_it_cannot_take_is_refused(on_board: Runner, listening: Files, tiny: Files) -> None:
    script = f"""{TELL}{READ}
listener = inkling.Listener(model)
tell(listener.feed, b"123")
tell(listener.feed, array.array("f", [1, 2]))
tell(listener.feed, 7)
tell(listener.feed, b"12", -1)
tell(inkling.Listener, 3)
tell(inkling.Listener, inkling.Model("/rom/tiny.ink"))
tell(inkling.Listener, model, smoothing=0)
tell(inkling.Listener, model, stride=5000)
tell(inkling.Listener, model, refractory=-1)
tell(inkling.Listener, model, ignore=["maybe"])
tell(inkling.Listener, model, ignore=[4])
tell(inkling.Listener, model, ignore="no")
print(listener.feed(sound) is None)
"""
    assert on_board(script, {**listening, **tiny}).splitlines() == [
        "ValueError: listening: samples are 3 bytes, allowed an even number: each is an int16",
        "TypeError: listening: samples are an array of type 'f'; 'h' and bytes of int16 are "
        "allowed",
        "TypeError: listening: samples are a buffer of int16, not a int",
        "ValueError: listening: lost is -1, allowed 0 to 536870911",
        "TypeError: a listener is made from a Model, not from a int",
        "ValueError: tiny: it has no front end: pack it with --audio to listen with it",
        "ValueError: listening: smoothing is 0, allowed 1 to 64",
        "ValueError: listening: stride is 5000, allowed 0 to 1024",
        "ValueError: listening: refractory is -1, allowed 0 to 60000",
        "ValueError: listening: ignore: there is no label 'maybe'",
        "ValueError: listening: ignore is 4, allowed 0 to 3",
        "TypeError: listening: ignore is not a list or tuple",
        "False",
    ]


@NOT_ON_UNIX
def test_feeding_allocates_nothing(on_board: Runner, listening: Files) -> None:
    script = f"""{READ}
import gc
listener = inkling.Listener(model)
view = memoryview(sound)
pieces = [view[i:i + 320] for i in range(0, 16000, 320)]

def grown(pieces):
    gc.collect()
    before = gc.mem_alloc()
    for piece in pieces:
        listener.feed(piece)
    return gc.mem_alloc() - before

gc.disable()
print(grown(pieces[:2]), grown(pieces))
gc.enable()
"""
    few, many = on_board(script, listening).split()
    assert few == many


def test_more_scores_than_32_bits_can_count_the_memory_of_are_refused(
    unix_with: UnixMaker,
) -> None:
    # 64 results of 5600 x 5600 elements: a little more than 2^32 bytes
    script = TELL + "tell(inkling.Listener, inkling.Model('/rom/huge.ink'), smoothing=64)"
    told = unix_with(64 << 20)(script, {"huge.ink": huge_blob(5600)})
    assert told == (
        "ValueError: huge: output 0's number of elements is 31360000, allowed 1 to 8388608\n"
    )
    with pytest.raises(CommandError, match="output 0 has 31360000 elements, too many to listen"):
        HostListener(HostModel(huge_blob(5600)), Listening(smoothing=64))
