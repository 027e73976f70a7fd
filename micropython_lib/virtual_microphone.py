# The virtual board's microphone: samples from the computer, as
# host_tools/virtual_board/microphone.py says. After the last one the script ends.
# most samples at once: 0.1 s of 48 kHz
_SAMPLES = 4800
_BEGIN = 1 << 31


class Microphone:
    """Gives int16 samples, mono, at `rate` in Hz."""

    def __init__(self, rate):
        try:
            import computer

            self._ask = computer.ask
            there = computer.has("microphone")
        except ImportError:
            there = False
        if not there:
            raise OSError(
                "no microphone: neither audio nor machine.I2S, "
                "and no sound from `host_tools sim --microphone`"
            )
        self._rate = rate
        self._word = rate | _BEGIN
        self._buffer = bytearray(2 * _SAMPLES)

    def read(self):
        """Returns the next samples: a view of the same memory each time."""
        size = self._ask("microphone", self._word, b"", self._buffer)
        self._word = self._rate
        return memoryview(self._buffer)[:size]
