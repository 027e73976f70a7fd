"""classify.py through the real mpremote, with each kind of camera; Ctrl-C; the demonstration."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
import serial
from board_models import BoardMaker, Files, mpremote
from camera_frames import MODEL_LINES, RELEASES, real_frame, showing
from oracle import ROOT, TfliteMicro
from PIL import Image

from host_tools import cli, images
from host_tools.commands import demo
from host_tools.errors import CommandError
from host_tools.labels import read_labels
from host_tools.pack import pack
from host_tools.pictures import camera_frame

MODEL = ROOT / "models/cifar10/cifar10.tflite"
LIBRARY = ROOT / "micropython_lib"


def frames() -> list[np.ndarray]:
    return [real_frame(number) for number in (1, 3, 8)]


def cifar10() -> bytes:
    return pack(MODEL, labels=read_labels(ROOT / "models/cifar10/labels.txt"))


def expected_lines() -> list[str]:
    """What classify.py prints, by tflite-micro on pictures scaled by the host."""
    labels = read_labels(ROOT / "models/cifar10/labels.txt")
    oracle = TfliteMicro(MODEL.read_bytes())
    table = np.arange(-128, 128).astype(np.int8)
    lines = []
    for frame in frames():
        [[stored]] = oracle.run([images.image_to_tensor(frame, 32, 32, 3, table)])
        order = sorted(range(10), key=lambda index: (-int(stored[index]), index))[:3]
        best = [f"{labels[index]} {(int(stored[index]) + 128) / 256:.2f}" for index in order]
        lines.append(f"{best[0]:16} {', '.join(best)}")
    return lines


@pytest.mark.parametrize("release", [None, *RELEASES])
def test_classify_runs_with_the_camera_of_each_release_of_openmv(
    new_board: BoardMaker, release: str | None
) -> None:
    others: Files = {"cifar10.ink": cifar10()}
    if release is not None:
        others |= RELEASES[release]
    with showing(*frames()) as files, new_board(files | others) as board:
        text = mpremote(board, "run", str(LIBRARY / "classify.py")).splitlines()
        assert text[0].startswith("Model cifar10: ")
        told = [re.fullmatch(r"(.*?) +\d+\.\d frames/s", line) for line in text[MODEL_LINES:-1]]
        assert [match and match[1] for match in told] == expected_lines()
        assert text[-1] == "virtual camera: that was the last picture"


def test_a_model_outlives_mpremotes_calls_and_a_soft_reset_frees_it(
    new_board: BoardMaker, tiny: Files
) -> None:
    with new_board(tiny) as board:
        make = "import inkling; m = inkling.Model('/rom/tiny.ink'); print(m.predict([[0] * 48]))"
        first = mpremote(board, "exec", make)
        assert mpremote(board, "resume", "exec", "print(m.predict([[0] * 48]))") == first
        mpremote(board, "soft-reset")
        assert mpremote(board, "resume", "exec", "print('m' in globals())") == "False\n"
        assert mpremote(board, "resume", "exec", make) == first


def test_a_model_runs_from_mpremotes_mount(
    new_board: BoardMaker, tiny: Files, tmp_path: Path
) -> None:
    blob = tiny["tiny.ink"]
    assert isinstance(blob, bytes)
    (tmp_path / "mounted.ink").write_bytes(blob)
    code = "import inkling; m = inkling.Model('mounted.ink'); print(m, len(m.predict([[0] * 48])))"
    with new_board() as board:
        text = mpremote(board, "mount", str(tmp_path), "exec", code)
    assert "bytes on the heap" in text
    assert text.splitlines()[-1].endswith(", 10 labels 1")


def test_ctrl_c_stops_between_operators_and_the_model_stays_usable(
    new_board: BoardMaker,
) -> None:
    script = """
import inkling, time
m = inkling.Model("/rom/cifar10.ink")
expected = bytes(m.predict([[0] * 3072])[0])
def interrupted():
    for i in range(1000):
        try:
            print("running")
            m.run()
            m.run()
            m.run()
        except KeyboardInterrupt:
            return True
print(interrupted(), bytes(m.predict([[0] * 3072])[0]) == expected)
"""
    with (
        new_board({"cifar10.ink": cifar10()}) as board,
        serial.Serial(board.port, timeout=20) as port,
    ):
        port.write(b"\x01")  # raw REPL
        port.read_until(b"raw REPL; CTRL-B to exit\r\n>")
        port.write(script.encode() + b"\x04")
        port.read_until(b"running")
        time.sleep(0.05)
        port.write(b"\x03")
        said = port.read_until(b"\x04").decode()
        port.write(b"\x02")
    assert "True True" in said


def test_the_demonstration_tells_right_from_wrong_and_counts(
    virtual_board_firmware: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    labels = read_labels(ROOT / "models/cifar10/labels.txt")
    rng = np.random.default_rng(1)
    for name in ("one_cat.png", "two_8.jpg", "three.png"):
        picture = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
        picture.resize((160, 120)).save(tmp_path / name)
    (tmp_path / "second.png").write_bytes(b"no picture")
    assert cli.main(["demo", "--pictures", str(tmp_path)]) == 0
    text, err = capsys.readouterr()
    assert err.startswith(f"skipped: {tmp_path / 'second.png'} is no picture that can be read: ")
    table = np.arange(-128, 128).astype(np.int8)
    oracle = TfliteMicro((ROOT / "models/cifar10/small/small.tflite").read_bytes())
    right = 0
    for name, truth in (("one_cat.png", "cat"), ("two_8.jpg", "ship"), ("three.png", None)):
        seen = images.image_to_tensor(camera_frame(tmp_path / name), 32, 32, 3, table)
        label = labels[int(oracle.run([seen])[0].argmax())]
        verdict = "" if truth is None else "right" if label == truth else f"wrong: {truth}"
        right += label == truth
        [line] = [line for line in text.splitlines() if line.startswith(name)]
        assert line.split()[1] == label
        assert line.endswith(verdict) and len(line) <= 80
    assert f"accuracy: {right} of 2 right" in text
    instructions = int(re.search(r"instructions a frame: ([\d,]+)", text)[1].replace(",", ""))
    assert 1e6 < instructions < 1e9
    cycles = int(re.search(r"cycles a frame: ([\d,]+)", text)[1].replace(",", ""))
    assert 0.3 * instructions < cycles < instructions
    for mhz in (216, 400, 480):
        assert f"{mhz * 1e6 / cycles:.1f} at {mhz} MHz" in text
    assert "estimates" in text


def test_the_demonstration_names_what_is_wrong_with_the_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["demo", "--pictures", str(tmp_path)]) == 1
    assert "has no pictures" in capsys.readouterr().err
    (tmp_path / "broken.png").write_bytes(b"no picture")
    assert cli.main(["demo", "--pictures", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "skipped: " in said and "broken.png is no picture" in said
    assert "host_tools: none of the pictures can be read: the reasons are above\n" in said


def test_the_demonstration_shows_what_the_script_said_when_it_fails(
    virtual_board_firmware: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    with pytest.raises(
        CommandError, match=r"(?s)after 0 of 3 frames:.*/rom/model.ink: not a blob"
    ):
        list(
            demo.classify(
                b"this is no blob, but it is as long as a header is, 64 bytes.....", frames()
            )
        )
