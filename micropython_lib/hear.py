# Prints each word that it hears, with its score: mpremote run hear.py
# It needs nothing but Inkling and a network that was packed with `pack-model --audio`. The
# microphone is that of OpenMV's audio module, one at machine.I2S, or the virtual board's.
import os
import time

import inkling

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
        audio.init(channels=1, frequency=rate, gain_db=24, highpass=0.9883)
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


def open_microphone(rate):
    """Returns an object whose read() waits for samples: int16, and how many were lost before."""
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
