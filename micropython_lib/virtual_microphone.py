# The virtual board's microphone: samples from the computer, as
# host_tools/virtual_board/microphone.py says. After the last one the script ends.
import virtual_exchange

# names the folder of the computer in which samples are exchanged
PATH = "/rom/microphone.path"
# most samples at once: 0.1 s of 48 kHz
_SAMPLES = 4800
_BEGIN = 1 << 31


class Microphone:
    """Gives int16 samples, mono, at `rate` in Hz."""

    def __init__(self, rate):
        try:
            self._source = virtual_exchange.Exchange(PATH)
        except OSError:
            raise OSError(
                "no microphone: neither audio nor machine.I2S, "
                "and no sound from `host_tools sim --microphone`"
            ) from None
        self._rate = rate
        self._word = rate | _BEGIN
        self._buffer = bytearray(virtual_exchange.HEADER_SIZE + 2 * _SAMPLES)

    def read(self):
        """Returns the next samples: a view of the same memory each time."""
        start = virtual_exchange.HEADER_SIZE
        size = self._source.ask(self._word, self._buffer, start, "virtual microphone")
        self._word = self._rate
        return memoryview(self._buffer)[start:size]
