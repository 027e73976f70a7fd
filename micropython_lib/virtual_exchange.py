# Asks the computer that runs the virtual board, through two files of it, as
# host_tools/virtual_board/exchange.py says.
import struct
import time

# a number and a word that says what is asked; back come the number and 0, or 1 at the end
HEADER = "<II"
HEADER_SIZE = 8


class Exchange:
    """`path` names the folder of the computer; OSError where there is none."""

    def __init__(self, path):
        with open(path) as file:
            folder = file.read()
        import semihost

        self._semihost = semihost
        self._request = folder + "/request"
        self._reply = folder + "/reply"
        self._number = self._replied()[0]

    def ask(self, word, buffer, size, name):
        """Sends the first `size` bytes of `buffer`, whose header this writes; the reply fills it.

        Returns the reply's size. At the end it prints the last words, after `name`, and stops the
        script.
        """
        self._number = (self._number + 1) & 0xFFFFFFFF
        struct.pack_into(HEADER, buffer, 0, self._number, word)
        self._semihost.write(self._request, memoryview(buffer)[:size])
        while True:
            number, ended = self._replied()
            if number == self._number:
                break
            time.sleep_ms(2)
        size = self._semihost.readinto(self._reply, buffer)
        if ended:
            print(name + ": " + str(memoryview(buffer)[HEADER_SIZE:size], "utf8"))
            raise SystemExit
        return size

    def _replied(self):
        header = bytearray(HEADER_SIZE)
        try:
            self._semihost.readinto(self._reply, header)
        except OSError:
            pass
        return struct.unpack(HEADER, header)
