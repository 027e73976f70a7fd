"""hear.py prints the words that the host hears in the same sound, from each kind of microphone."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from board_models import TELL, Files, Runner
from front_ends import listening_blob, made_sounds
from oracle import ROOT

from host_tools import cli
from host_tools.host_listener import HostListener, Listening
from host_tools.host_runtime import HostModel
from host_tools.virtual_board import VirtualBoard

HEAR = ROOT / "micropython_lib/hear.py"
THRESHOLD = 0.4
SIZE = 1600


@pytest.fixture(scope="module")
def sound() -> npt.NDArray[np.int16]:
    sounds = made_sounds()
    return np.concatenate([sounds["word"][3000:13_000], sounds["loud chirp"][:9200]])


def script() -> str:
    text = HEAR.read_text()
    assert "THRESHOLD = 0.8\n" in text
    return text.replace("THRESHOLD = 0.8\n", f"THRESHOLD = {THRESHOLD}\n")


def expected(sound: npt.NDArray[np.int16], size: int) -> list[str]:
    """The lines that hear.py prints for pieces of `size` samples, which it feeds by the hop."""
    model = HostModel(listening_blob())
    listener = HostListener(model, Listening(threshold=THRESHOLD))
    lines = []
    for result in listener.results(sound):
        if result.word is not None:
            start = (result.end - 1) // size * size
            pieces = -(-(result.end - start) // listener.hop)
            heard = min(start + min(pieces * listener.hop, size), len(sound)) / 16_000
            label, score = model.labels[result.word], max(result.scores)
            lines.append(f"{heard:7.2f} s  {label:12} {score:.2f}")
    assert lines
    return lines


def test_the_virtual_microphone_is_heard_by_one_command(
    virtual_board_firmware: Path,
    tmp_path: Path,
    sound: npt.NDArray[np.int16],
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "listening.ink").write_bytes(listening_blob())
    (tmp_path / "hear.py").write_text(script())
    soundfile.write(tmp_path / "sound.wav", sound, 16_000, subtype="PCM_16")
    words = ["sim", "--firmware", str(virtual_board_firmware)]
    words += ["--romfs", str(tmp_path / "listening.ink")]
    words += ["--microphone", str(tmp_path / "sound.wav"), "--run", str(tmp_path / "hear.py")]
    assert cli.main(words) == 0
    lines = capfd.readouterr().out.splitlines()
    first = next(i for i, line in enumerate(lines) if " s  " in line)
    assert lines[first:-1] == expected(sound, SIZE)
    assert lines[-1] == "virtual microphone: that was the last sound"


# OpenMV's audio at src/omv/modules/py_audio.c of v4.5.9: start_streaming's callback gets the one
# buffer, from an interrupt; here that comes while the script sleeps. MicroPython's machine.I2S at
# ports/stm32/machine_i2s.c of 1.25.
STAND_INS = """
import sys, time
sound = open("/rom/sound.raw", "rb").read()
HALF = 2 * 512

class Audio:
    def init(self, channels=2, frequency=16000, gain_db=24, highpass=0.9883):
        assert (channels, frequency) == (1, 16000)
        self.buffer, self.start = bytearray(HALF), 0
    def start_streaming(self, callback):
        self.callback = callback
    def interrupt(self):
        piece = sound[self.start:self.start + HALF]
        if len(piece) < HALF:
            raise SystemExit
        self.start += HALF
        self.buffer[:] = piece
        self.callback(self.buffer)

class Time:
    def sleep_ms(self, ms):
        for _ in range(INTERRUPTS):
            audio.interrupt()

class Machine:
    Pin = str
    class I2S:
        RX, MONO = 4, 6
        def __init__(self, id, *, sck, ws, sd, mode, bits, format, rate, ibuf):
            assert (mode, bits, format, rate) == (4, 16, 6, 16000)
            self.start = 0
        def readinto(self, buffer):
            piece = sound[self.start:self.start + len(buffer)]
            if not piece:
                raise SystemExit
            buffer[:len(piece)] = piece
            self.start += len(piece)
            return len(piece)

audio = Audio()
"""
RUN = """
try:
    exec(open("/rom/hear.py").read())
except SystemExit:
    pass
"""


@pytest.fixture(scope="module")
def files(sound: npt.NDArray[np.int16]) -> Files:
    samples = sound.astype("<i2").tobytes()
    return {
        "listening.ink": listening_blob(),
        "sound.raw": samples,
        "hear.py": script().encode(),
    }


def heard(output: str) -> list[str]:
    return [line for line in output.splitlines() if " s  " in line]


def test_openmvs_microphone_is_heard(
    on_board: Runner, files: Files, sound: npt.NDArray[np.int16]
) -> None:
    stand_ins = f"{STAND_INS}\nINTERRUPTS = 1\nsys.modules.update(audio=audio, time=Time())\n"
    whole = sound[: len(sound) // 512 * 512]
    assert heard(on_board(stand_ins + RUN, files)) == expected(whole, 512)


def test_what_openmvs_driver_overwrites_is_told_as_lost(on_board: Runner, files: Files) -> None:
    stand_ins = f"{STAND_INS}\nINTERRUPTS = 2\nsys.modules.update(audio=audio, time=Time())\n"
    lines = heard(on_board(stand_ins + RUN, files))
    assert lines[0] == "   0.06 s  512 samples lost so far: the network takes too long"


def test_a_microphone_at_i2s_is_heard(
    on_board: Runner, files: Files, sound: npt.NDArray[np.int16]
) -> None:
    stand_ins = f"{STAND_INS}\nsys.modules.update(machine=Machine)\n"
    assert heard(on_board(stand_ins + RUN, files)) == expected(sound, SIZE)


def wav(samples: npt.NDArray[np.generic], rate: int = 16_000, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype=subtype)
    return file.getvalue()


def with_size(content: bytes, size: int) -> bytes:
    """The recording, whose header promises so many bytes of samples."""
    return content[:40] + struct.pack("<I", size) + content[44:]


def test_a_recording_on_the_board_is_heard(
    on_board: Runner, files: Files, sound: npt.NDArray[np.int16]
) -> None:
    whole = wav(sound)
    more = struct.pack("<4sI", b"LIST", 3) + b"abc\0"
    extensible = io.BytesIO()
    soundfile.write(extensible, sound, 16_000, format="WAVEX", subtype="PCM_16")
    contents = {
        "sound.wav": whole,
        "pipe.wav": with_size(whole, 0xFFFFFFFF),
        "more.wav": whole[:12] + more + whole[12:] + b"LIST\0\0\0\0",
        "extensible.wav": extensible.getvalue(),
    }
    run = f"""
source = open("/rom/hear.py").read()
for name in {[*contents]}:
    recording = "RECORDING = '/rom/%s'" % name
    exec(source.replace("RECORDING = None", recording), {{"__name__": "__main__"}})
"""
    assert heard(on_board(run, {**files, **contents})) == 4 * expected(sound, SIZE)


def test_recordings_that_the_network_cannot_hear_are_refused_with_what_it_needs(
    virtual_board_firmware: Path, files: Files, sound: npt.NDArray[np.int16]
) -> None:
    whole, half = wav(sound), sound / 65536
    needs = (
        "the network needs 16000 samples a second, 1 channel, whole numbers of 16 bits: convert it"
    )
    bad = {
        "rate.wav": (
            wav(half, 44_100),
            f"has 44100 samples a second, 1 channels, whole numbers of 16 bits; {needs}",
        ),
        "stereo.wav": (
            wav(np.stack([half, half], axis=1)),
            f"has 16000 samples a second, 2 channels, whole numbers of 16 bits; {needs}",
        ),
        "narrow.wav": (
            wav(half, subtype="PCM_U8"),
            f"has 16000 samples a second, 1 channels, whole numbers of 8 bits; {needs}",
        ),
        "wide.wav": (
            wav(half, subtype="PCM_24"),
            f"has 16000 samples a second, 1 channels, whole numbers of 24 bits; {needs}",
        ),
        "float.wav": (
            wav(half, subtype="FLOAT"),
            f"has 16000 samples a second, 1 channels, floats of 32 bits; {needs}",
        ),
        "law.wav": (
            wav(half, subtype="ULAW"),
            f"has 16000 samples a second, 1 channels, code 7 of 8 bits; {needs}",
        ),
        "cut.wav": (
            whole[:1001],
            f"is cut short: it promises {2 * len(sound)} bytes of samples and has 957",
        ),
        "silent.wav": (with_size(whole, 0)[:44], "has no samples"),
        "odd.wav": (with_size(whole, 1)[:45], "has no samples"),
        "headless.wav": (whole[:12], "has no samples"),
        "formless.wav": (whole[:12] + whole[36:], "does not say what its samples are"),
        "empty.wav": (b"", "is no .wav file"),
        "text.wav": (b"RIFFs are no waves", "is no .wav file"),
    }
    opened = "scope = {'__name__': 'hear'}\nexec(open('/rom/hear.py').read(), scope)\n"
    told = "".join(f"tell(scope['Recording'], '/rom/{name}', 16000)\n" for name in bad)
    missing = "tell(scope['Recording'], '/rom/missing.wav', 16000)\n"
    contents = {name: content for name, (content, _) in bad.items()}
    board = VirtualBoard(virtual_board_firmware, romfs={**files, **contents})
    lines = board.run_script(TELL + opened + told + missing).stdout.splitlines()
    assert lines[:-1] == [
        f"ValueError: /rom/{name} {message}" for name, (_, message) in bad.items()
    ]
    assert lines[-1].startswith("OSError: ") and "/rom/missing.wav" in lines[-1]


def test_a_microphone_without_the_rate_is_told_which_is_needed(
    virtual_board_firmware: Path, files: Files
) -> None:
    script = f"""{STAND_INS}
class Audio:
    def init(self, **options):
        raise ValueError("no such decimation")
sys.modules.update(audio=Audio())
{TELL}
scope = {{"__name__": "hear"}}
exec(open("/rom/hear.py").read(), scope)
tell(scope["open_microphone"], 11025)
"""
    said = "the microphone has no 11025 samples a second, as needed: no such decimation"
    ran = VirtualBoard(virtual_board_firmware, romfs=files).run_script(script)
    assert ran.stdout.splitlines() == [f"OSError: {said}"]
