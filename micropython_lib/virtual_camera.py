# The virtual board's camera: as much of the interface of OpenMV's csi as our scripts use. The
# frames, 320x240 pixels of RGB565, come from the computer, as host_tools/virtual_board/camera.py
# says. After the last one the script ends.
import struct

import framebuf
import micropython

# as bytes a pixel
GRAYSCALE = 1
RGB565 = 2
QVGA = (320, 240)

_PIXELS = QVGA[0] * QVGA[1]


@micropython.viper
def _to_grayscale(colours: ptr16, greys: ptr8, count: int):  # noqa: F821
    for i in range(count):
        value = colours[i]
        red = value >> 11
        green = value >> 5 & 63
        blue = value & 31
        red = red << 3 | red >> 2
        green = green << 2 | green >> 4
        blue = blue << 3 | blue >> 2
        greys[i] = (77 * red + 150 * green + 29 * blue + 128) >> 8


class Picture:
    """The camera's frame buffer, with the part of image.Image's interface that our scripts use."""

    def __init__(self, pixels, pixformat):
        self._pixels = pixels
        self._format = pixformat
        depth = framebuf.RGB565 if pixformat == RGB565 else framebuf.GS8
        self._canvas = framebuf.FrameBuffer(pixels, QVGA[0], QVGA[1], depth)

    def width(self):
        return QVGA[0]

    def height(self):
        return QVGA[1]

    def format(self):
        return self._format

    def size(self):
        return len(self._pixels)

    def bytearray(self):
        return self._pixels

    def draw_rectangle(self, rect, color=(255, 255, 255), thickness=1, fill=False):
        x, y, w, h = rect
        value = self._value(color)
        for edge in range(1 if fill else thickness):
            self._canvas.rect(x + edge, y + edge, w - 2 * edge, h - 2 * edge, value, fill)
        return self

    def draw_string(self, pos, text, color=(255, 255, 255)):
        x, y = pos
        self._canvas.text(text, x, y + 1, self._value(color))
        return self

    def save(self, path):
        """Saves a BMP file, rows from top to bottom."""
        if not path.endswith(".bmp"):
            raise ValueError("virtual camera: it saves .bmp files only, not " + path)
        if self._format == RGB565:
            # no compression but masks: red, green, blue
            depth, compression, table = 16, 3, struct.pack("<III", 0xF800, 0x07E0, 0x001F)
        else:
            depth, compression = 8, 0
            table = b"".join(bytes((grey, grey, grey, 0)) for grey in range(256))
        start = 54 + len(table)
        size = start + len(self._pixels)
        with open(path, "wb") as file:
            file.write(struct.pack("<2sIII", b"BM", size, 0, start))
            file.write(struct.pack("<IiiHHI", 40, QVGA[0], -QVGA[1], 1, depth, compression))
            file.write(struct.pack("<IiiII", len(self._pixels), 0, 0, 0, 0))
            file.write(table)
            file.write(self._pixels)
        return self

    def _value(self, color):
        red, green, blue = color
        if self._format == RGB565:
            return red >> 3 << 11 | green >> 2 << 5 | blue >> 3
        return (77 * red + 150 * green + 29 * blue + 128) >> 8


class CSI:
    def __init__(self):
        try:
            import computer

            self._ask = computer.ask
            there = computer.has("camera")
        except ImportError:
            there = False
        if not there:
            raise OSError(
                "no camera: neither csi nor sensor, and no pictures from `host_tools sim --camera`"
            )
        self._format = RGB565
        self._buffer = bytearray(_PIXELS * 2)
        self._shown = False

    def reset(self):
        self._shown = False

    def pixformat(self, pixformat):
        if pixformat not in (RGB565, GRAYSCALE):
            raise ValueError("virtual camera: it gives RGB565 and GRAYSCALE only")
        self._format = pixformat

    def framesize(self, framesize):
        if framesize != QVGA:
            raise ValueError("virtual camera: it gives QVGA only")

    def snapshot(self, time=0):
        """Returns the next picture, in the same memory; with a time to wait, nothing."""
        if time:
            return None
        depth = self._format if self._shown else 0
        view = memoryview(self._buffer)
        self._ask("camera", depth, view[: _PIXELS * depth], self._buffer)
        self._shown = True
        pixels = view[: _PIXELS * self._format]
        if self._format == GRAYSCALE:
            _to_grayscale(self._buffer, pixels, _PIXELS)
        return Picture(pixels, self._format)
