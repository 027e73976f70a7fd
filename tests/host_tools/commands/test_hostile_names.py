"""No verb shows what a terminal obeys or hides, whatever files, models and boards say."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_board import FakeBoard, honest
from front_ends import listening_blob, made_sounds
from hostile_text import obeyed
from PIL import Image
from tflite_builder import ModelBuilder

from host_tools.cli import VERBS, main
from host_tools.labels import read_labels
from host_tools.pack import pack

# a colour by ESC and by its C1 twin, a turned direction, no width, DEL, markup; and lines' ends
BAD = "a\x1b[31m\x9b1mb\u202ec\u200bd\x7f<i>"
LINES = f"{BAD}\r\u2028\nFORGED"
PICTURES = f"{BAD}/pictures"
CLASSES = f"{BAD}classes"


def network(custom: str = "") -> bytes:
    builder = ModelBuilder(LINES)
    given = builder.tensor([1, 2, 2, 3], scale=1 / 255, zero_point=-128, name=LINES)
    flat = builder.tensor([1, 12], scale=1 / 255, zero_point=-128, name=LINES)
    builder.operator("RESHAPE", [given, builder.constant([1, 12])], [flat])
    if custom:
        out = builder.tensor([1, 12], scale=1.0, name=LINES)
        builder.operator("CUSTOM", [flat], [out], custom_code=custom)
        flat = out
    return builder.build([given], [flat])


def float_network() -> bytes:
    builder = ModelBuilder(LINES)
    given = builder.tensor([1, 2, 2, 3], "float32", name=LINES)
    rows = builder.tensor([1, 12], "float32", name=f"{LINES}rows")
    out = builder.tensor([1, 12], "float32", name=f"{LINES}out")
    builder.operator("RESHAPE", [given, builder.constant([1, 12])], [rows])
    builder.operator("LOGISTIC", [rows], [out])
    return builder.build([given], [out])


def hostile_board() -> FakeBoard:
    """One whose every word is hostile, but in its protocol."""
    says = repr(LINES).encode()

    def answer(code: str, before: int) -> bytes | None:
        if "os.uname" in code:
            told = (says, says, says, b"480000000", b"400000", b"[" + says + b"]")
            return b"(" + b", ".join(told) + b")\r\n\x04\x04>"
        if "__file__" in code or "lib[0]" in code:
            return says + b"\r\n\x04\x04>"
        if "Model(" in code or "view['begin']" in code:
            return b"\x04Traceback\r\nOSError: " + LINES.encode() + b"\r\n\x04>"
        return honest(code)

    return FakeBoard(answer)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The current folder, with hostile files; yields the port of a hostile board."""
    monkeypatch.chdir(tmp_path)
    bad = Path(BAD)
    for part in ("0", LINES, "empty", "pictures"):
        (bad / part).mkdir(parents=True)
    Path(f"{BAD}.tflite").write_bytes(network())
    Path("custom.tflite").write_bytes(network(custom=LINES))
    Path("float.tflite").write_bytes(float_network())
    Path("damaged.tflite").write_bytes(network()[:-40])
    labels = Path("0")
    labels.write_text("\n".join(["0", "<i>", *map(str, range(2, 12))]))
    Path(f"{BAD}.ink").write_bytes(pack(network(), labels=read_labels(labels), name=LINES))
    Path("listens.ink").write_bytes(listening_blob())
    Path("labels.txt").write_text("\n".join([BAD, *map(str, range(11))]))
    Path(f"{BAD}.py").write_text("import inkling\n")
    Path(f"{BAD}.bin").write_bytes(b"\x1b" * 100)
    np.save(f"{BAD}.npy", np.zeros((1, 2, 2, 3), np.int8))
    np.save("other.npy", np.zeros((7, 5), np.int8))
    for label in ("0", "<i>"):
        (Path(CLASSES) / label).mkdir(parents=True)
    pictures = Path(PICTURES), *Path(CLASSES).iterdir()
    for where in (bad, bad / "0", bad / LINES, *pictures):
        grey = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
        Image.fromarray(grey).save(where / f"{LINES}.png")
        for suffix in (".jpg", ".wav", ".tflite", ".npy")[: 1 if where in pictures else 4]:
            (where / f"{LINES}{suffix}").write_bytes(b"\xff\xd8\xff\xe0\x1b[31m damaged")
    soundfile.write(f"{BAD}.wav", made_sounds()["word"], 16_000)
    shutil.copy(f"{BAD}.wav", bad / LINES / f"good{LINES}.wav")
    shutil.copy(f"{BAD}.wav", bad / "0" / f"good{LINES}.wav")
    shutil.copy(f"{BAD}.tflite", bad / f"good{LINES}.tflite")
    with hostile_board() as board:
        yield board.port


COMMANDS = [
    ["teach", BAD],
    ["teach", BAD, "--trunk", "custom.tflite", "--background", BAD],
    ["quantize", f"{BAD}.tflite", "--calibrate", BAD],
    ["quantize", f"{BAD}.tflite", "--calibrate", f"{BAD}.npy", "--labels", "labels.txt"],
    ["quantize", f"{BAD}.onnx", "--calibrate", BAD],
    ["quantize", "float.tflite", "--calibrate", PICTURES, "--image-range", "0", "1"]
    + ["-o", f"{BAD}3.tflite", "--svg", f"{BAD}.svg"],
    ["quantize", "float.tflite", "--calibrate", PICTURES, "--image-range", "0", "1", "--json"],
    ["pack-model", f"{BAD}.tflite", "-o", f"{BAD}2.ink", "--name", BAD],
    ["pack-model", f"{BAD}.tflite", "-o", f"{BAD}2.ink", "--json"],
    ["pack-model", f"{BAD}.tflite", "-o", f"{BAD}/none/2.ink"],
    ["pack-model", f"{BAD}.tflite", "--labels", "labels.txt"],
    ["pack-model", f"{BAD}.tflite", "--labels", f"{BAD}=0"],
    ["pack-model", f"{BAD}.tflite", "--target", BAD],
    ["pack-model", "custom.tflite"],
    ["pack-model", "damaged.tflite"],
    ["pack-model", BAD],
    ["inspect", f"{BAD}.ink"],
    ["inspect", f"{BAD}.ink", "--json"],
    ["inspect", f"{BAD}.ink", "--svg", f"{BAD}.svg"],
    ["inspect", f"{BAD}.tflite"],
    ["inspect", f"{BAD}.bin"],
    ["inspect", "custom.tflite"],
    ["run", f"{BAD}.ink", "--input", f"{BAD}.npy", "--output", f"{BAD}2.npy"],
    ["run", f"{BAD}.tflite", "--input", f"{BAD}.npy", "--json"],
    ["run", f"{BAD}.ink", "--input", "other.npy"],
    ["run", f"{BAD}.ink", "--input", f"{BAD}.png"],
    ["run", f"{BAD}.ink", "--input", f"{BAD}.npy", "--on", BAD],
    ["classify", f"{BAD}.ink", CLASSES],
    ["classify", f"{BAD}.ink", CLASSES, "--html", f"{BAD}.html"],
    ["classify", f"{BAD}.ink", CLASSES, "--json"],
    ["classify", f"{BAD}.ink", BAD, "--html", f"{BAD}.html"],
    ["classify", f"{BAD}.ink", BAD, "--json"],
    ["classify", f"{BAD}.ink", f"{BAD}/0", f"{BAD}/0/none.png"],
    ["classify", f"{BAD}.ink", f"{BAD}/0", "--html", f"{BAD}.html"],
    ["classify", f"{BAD}.ink", f"{BAD}/empty"],
    ["listen", "listens.ink", f"{BAD}.wav", "--all"],
    ["listen", "listens.ink", f"{BAD}.wav", "--json"],
    ["listen", "listens.ink", BAD],
    ["listen", "listens.ink", BAD, "--evaluate"],
    ["listen", "listens.ink", BAD, "--evaluate", "--noise", f"{BAD}/0"],
    ["listen", f"{BAD}.ink", f"{BAD}.wav"],
    ["profile", BAD],
    ["profile", f"{BAD}.bin"],
    ["boards", BAD],
    ["boards", "--fits", f"{BAD}.ink"],
    ["flash", f"{BAD}.bin"],
    ["flash", f"{BAD}.bin", "--board", BAD],
    ["install", f"{BAD}.ink", "--port", "PORT"],
    ["install", f"{BAD}.ink", "--port", "PORT", "--dry-run"],
    ["install", "listens.ink", "--port", "PORT", "--dry-run"],
    ["deploy", f"{BAD}.ink", "--port", "PORT"],
    ["deploy", "listens.ink", "--port", "PORT", "--json"],
    ["deploy", "listens.ink", "--port", "PORT", "--to", BAD],
    ["deploy", "listens.ink", "--port", "PORT", "--to", "/flash"],
    ["deploy", "listens.ink", "--port", BAD],
    ["validate", f"{BAD}.ink", "--on", "PORT"],
    ["validate", f"{BAD}.ink", "--on", "PORT", "--input", "other.npy"],
    ["view", f"{BAD}.py", "--port", "PORT"],
    ["view", f"{BAD}", "--port", "PORT"],
    ["sim", "--romfs", f"{BAD}.ink", BAD],
    ["sim", "--romfs", BAD],
    ["sim", "--run", BAD],
    ["sim", "--firmware", BAD],
    ["sim", "--camera", f"{BAD}/{LINES.partition(chr(10))[0]}"],
    ["sim", "--microphone", f"{BAD}/empty"],
    ["demo", "--network", BAD],
    ["demo", "--pictures", f"{BAD}/empty"],
    ["demo-sound", "--network", BAD],
    ["demo-sound", "--clips", f"{BAD}"],
    ["bench", "--models", BAD],
    ["bench", "--models", f"{BAD}.bin"],
]


def test_every_verb_is_among_the_commands() -> None:
    assert [*dict.fromkeys(words[0] for words in COMMANDS)] == [*VERBS]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words)[:60])
def test_what_a_verb_says_is_escaped(
    words: list[str], folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [folder if word == "PORT" else word for word in words]
    seconds = 5 if words[0] == "view" else 120  # `view` waits for Ctrl-C
    ended = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    ended.start()
    try:
        with contextlib.suppress(SystemExit):
            main(words)
    finally:
        ended.cancel()
    out, err = capsys.readouterr()
    assert not obeyed(out + err)
    assert out + err
    assert "\nFORGED" not in out + err
    if "--json" in words and out:
        assert out.isascii()
        json.loads(out)
    drawn = {name for name in words if name.endswith((".html", ".svg"))}
    assert "host_tools: " in err or all(Path(name).exists() for name in drawn)
    for page in (*Path().glob("*.html"), *Path().glob("*.svg")):
        assert "<i>" not in page.read_text()
        assert not obeyed(page.read_text())


def test_a_name_in_several_lines_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "net.ink\nhost_tools: all is well"]) == 1
    assert capsys.readouterr().err == (
        r"host_tools: net.ink\x0ahost_tools: all is well: a name with a line's end in it: rename "
        "the file\n"
    )
