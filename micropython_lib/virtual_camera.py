# A camera made of pictures, with the interface of OpenMV's csi: it shows the frames that lie in
# /rom/pictures (320x240 RGB565, little-endian), by name, each once; then the script ends.
import os

FOLDER = "/rom/pictures"
RGB565 = 3
QVGA = (320, 240)


class Picture:
    """A frame, in place in /rom, with the part of image.Image's interface that models use."""

    def __init__(self, pixels):
        self._pixels = pixels

    def width(self):
        return QVGA[0]

    def height(self):
        return QVGA[1]

    def format(self):
        return RGB565

    def size(self):
        return len(self._pixels)

    def bytearray(self):
        return self._pixels


class CSI:
    def __init__(self):
        try:
            self._names = sorted(os.listdir(FOLDER))
        except OSError:
            self._names = []
        if not self._names:
            raise OSError("virtual camera: there are no pictures in " + FOLDER)
        self._next = 0

    def reset(self):
        self._next = 0

    def pixformat(self, pixformat):
        if pixformat != RGB565:
            raise ValueError("virtual camera: it gives RGB565 only")

    def framesize(self, framesize):
        if framesize != QVGA:
            raise ValueError("virtual camera: it gives QVGA only")

    def snapshot(self, time=0):
        """Returns the next picture; with a time to wait, the same one as the next call."""
        if self._next == len(self._names):
            print("virtual camera: that was the last picture")
            raise SystemExit
        with open(FOLDER + "/" + self._names[self._next], "rb") as file:
            pixels = memoryview(file)
        if len(pixels) != QVGA[0] * QVGA[1] * 2:
            raise ValueError("virtual camera: %s is no frame" % self._names[self._next])
        if not time:
            self._next += 1
        return Picture(pixels)
