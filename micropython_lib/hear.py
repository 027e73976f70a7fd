# Prints each word that it hears, with its score: mpremote run hear.py
# It needs nothing but Inkling and a network that was packed with `pack-model --audio`. The
# microphone is that of OpenMV's audio module, one at machine.I2S, or the virtual board's.
import os
import struct
import time

import inkling

# a .wav file on the board to hear in place of a microphone, such as "/sdcard/words.wav"
RECORDING = None
# where an I2S microphone is wired, for boards without OpenMV's audio module
I2S = 2
SCK, WS, SD = "Y6", "Y5", "Y8"
# samples that are taken at once
SIZE = 1600
# from which mean score on a word counts as heard: higher for fewer false ones
THRESHOLD = 0.8


def find_model():
    for folder in ("/rom", "/sdcard", "/flash", "/"):
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith(".ink"))
        except OSError:
            continue
        if names:
            return folder + "/" + names[0]
    raise OSError("no .ink file in /rom, /sdcard, /flash or /: copy one with mpremote cp")


class OpenMV:
    """OpenMV's microphone: a callback, in an interrupt, gets the one buffer there is."""

    def __init__(self, audio, rate):
        self._full = None
        self._lost = 0
        self._copy = bytearray(0)
        try:
            audio.init(channels=1, frequency=rate, gain_db=24, highpass=0.9883)
        except (OSError, RuntimeError, ValueError) as error:
            told = (rate, error)
            raise OSError("the microphone has no %d samples a second, as needed: %s" % told)
        audio.start_streaming(self._take)

    def _take(self, samples):
        if self._full is not None:
            self._lost += len(samples) // 2
        self._full = samples

    def read(self):
        while self._full is None:
            time.sleep_ms(1)
        if len(self._copy) != len(self._full):
            self._copy = bytearray(len(self._full))
        self._copy[:] = self._full
        lost = self._lost
        self._full, self._lost = None, 0
        return self._copy, lost


class Inter:
    """A microphone at machine.I2S."""

    def __init__(self, machine, rate):
        self._buffer = bytearray(2 * SIZE)
        self._view = memoryview(self._buffer)
        pins = {name: machine.Pin(pin) for name, pin in (("sck", SCK), ("ws", WS), ("sd", SD))}
        self._i2s = machine.I2S(
            I2S,
            mode=machine.I2S.RX,
            bits=16,
            format=machine.I2S.MONO,
            rate=rate,
            ibuf=8 * SIZE,
            **pins,
        )

    def read(self):
        return self._view[: self._i2s.readinto(self._buffer)], 0


class Virtual:
    """The virtual board's microphone."""

    def __init__(self, virtual_microphone, rate):
        self._microphone = virtual_microphone.Microphone(rate)

    def read(self):
        return self._microphone.read(), 0


class Recording:
    """A .wav file of whole numbers of 16 bits, one channel, at the network's rate."""

    def __init__(self, path, rate):
        self._path = path
        try:
            self._file = open(path, "rb")
        except OSError as error:
            raise OSError(error.errno, path)
        head = self._file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            raise ValueError("%s is no .wav file" % path)
        form, self._left = b"", 0
        while True:
            chunk = self._file.read(8)
            if len(chunk) < 8:
                raise ValueError("%s has no samples" % path)
            size = struct.unpack("<I", chunk[4:])[0]
            if chunk[:4] == b"data":
                break
            content = self._file.read(40) if size >= 40 else self._file.read(size)
            if chunk[:4] == b"fmt ":
                form = content
            self._file.seek(size + size % 2 - len(content), 1)
        self._check(form, rate)
        start = self._file.tell()
        there = self._file.seek(0, 2) - start
        self._file.seek(start)
        # a program that wrote it into a pipe did not know the size
        if size >= 0x7FFFF000:
            size = there
        if there < size:
            told = (path, size, there)
            raise ValueError("%s is cut short: it promises %d bytes of samples and has %d" % told)
        self._left = size // 2 * 2
        if self._left == 0:
            raise ValueError("%s has no samples" % path)
        self._buffer = memoryview(bytearray(2 * SIZE))

    def _check(self, form, rate):
        if len(form) < 16:
            raise ValueError("%s does not say what its samples are" % self._path)
        code, channels, found, _, _, bits = struct.unpack("<HHIIHH", form[:16])
        # an extensible one says later which it is
        code = form[24] if code == 0xFFFE and len(form) == 40 else code
        if (code, channels, found, bits) != (1, 1, rate, 16):
            kind = {1: "whole numbers", 3: "floats"}.get(code, "code %d" % code)
            told = (self._path, found, channels, kind, bits, rate)
            raise ValueError(
                "%s has %d samples a second, %d channels, %s of %d bits; the network needs %d "
                "samples a second, 1 channel, whole numbers of 16 bits: convert it" % told
            )

    def read(self):
        count = self._file.readinto(self._buffer[: min(self._left, 2 * SIZE)])
        self._left -= count
        return self._buffer[:count], 0


def open_microphone(rate):
    """Returns an object whose read() waits for samples: int16, and how many were lost before.

    Of a recording that has ended there are none.
    """
    if RECORDING:
        return Recording(RECORDING, rate)
    try:
        import audio
    except ImportError:
        pass
    else:
        return OpenMV(audio, rate)
    try:
        import virtual_microphone
    except ImportError:
        pass
    else:
        return Virtual(virtual_microphone, rate)
    import machine

    if not hasattr(machine, "I2S"):
        raise OSError(
            "no microphone: neither audio nor machine.I2S, "
            "and no sound from `host_tools sim --microphone`"
        )
    return Inter(machine, rate)


def run():
    model = inkling.Model(find_model())
    print(model)
    listener = inkling.Listener(model, threshold=THRESHOLD)
    microphone = open_microphone(listener.rate)
    # a piece no longer than this has one result at most
    size = 2 * listener.hop
    heard = overruns = 0
    while True:
        samples, lost = microphone.read()
        samples = memoryview(samples)
        if len(samples) == 0:
            return
        for start in range(0, len(samples), size):
            piece = samples[start : start + size]
            scores = listener.feed(piece, lost)
            heard += len(piece) // 2 + lost
            lost = 0
            if scores and listener.word is not None:
                told = (heard / listener.rate, listener.word, max(scores))
                print("%7.2f s  %-12s %.2f" % told)
        if listener.overruns != overruns:
            overruns = listener.overruns
            told = (heard / listener.rate, listener.lost)
            print("%7.2f s  %d samples lost so far: the network takes too long" % told)


if __name__ == "__main__":
    run()
