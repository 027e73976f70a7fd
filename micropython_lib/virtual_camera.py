# The virtual board's camera: as much of the interface of OpenMV's csi as our scripts and those of
# OpenMV for its `ml` use; and OpenMV's time.clock. The frames, 320x240 pixels of RGB565, come from
# the computer, as host_tools/virtual_board/camera.py says. After the last one the script ends.
import struct
import sys
import time

import framebuf
import micropython

# as bytes a pixel
GRAYSCALE = 1
RGB565 = 2
QVGA = (320, 240)
# each pixel four times
VGA = (640, 480)

_PIXELS = QVGA[0] * QVGA[1]
_JPEG_BYTES = 1 << 16


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


@micropython.viper
def _window(frame: ptr8, part: ptr8, place, depth: int, back: int):  # noqa: F821
    # copies a window of the frame, or of the frame with its pixels doubled, or back
    left = int(place[0])
    top = int(place[1])
    width = int(place[2])
    height = int(place[3])
    doubled = int(place[4])
    at = 0
    for y in range(height):
        row = (top + y >> doubled) * 320
        for x in range(width):
            pixel = (row + (left + x >> doubled)) * depth
            for i in range(depth):
                if back:
                    frame[pixel + i] = part[at]
                else:
                    part[at] = frame[pixel + i]
                at += 1


class Clock:
    """OpenMV's time.clock: frames a second, as the mean since it was made."""

    def __init__(self):
        self._start = self._frames = 0

    def tick(self):
        if not self._frames:
            self._start = time.ticks_ms()
        self._frames += 1

    def fps(self):
        return self._frames * 1000 / max(1, time.ticks_diff(time.ticks_ms(), self._start))


class _Time:
    clock = Clock

    def __getattr__(self, name):
        return getattr(time, name)


sys.modules["time"] = _Time()  # for scripts that import time after this


class Picture:
    """The camera's frame buffer, with the part of image.Image's interface that scripts use."""

    def __init__(self, pixels, pixformat, size=QVGA):
        self._pixels = pixels
        self._format = pixformat
        self._size = size
        depth = framebuf.RGB565 if pixformat == RGB565 else framebuf.GS8
        self._canvas = framebuf.FrameBuffer(pixels, size[0], size[1], depth)

    def width(self):
        return self._size[0]

    def height(self):
        return self._size[1]

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

    def draw_string(self, pos, text, color=(255, 255, 255), scale=1):
        """Draws letters of 8x8 pixels, whatever the scale."""
        x, y = pos
        self._canvas.text(text, x, y + 1, self._value(color))
        return self

    def draw_circle(self, circle, color=(255, 255, 255), thickness=1, fill=False):
        x, y, radius = circle
        for edge in range(1 if fill else thickness):
            self._canvas.ellipse(x, y, radius - edge, radius - edge, self._value(color), fill)
        return self

    def draw_line(self, line, color=(255, 255, 255), thickness=1):
        for edge in range(thickness):
            self._canvas.line(line[0] + edge, line[1], line[2] + edge, line[3], self._value(color))
        return self

    def set_pixel(self, pos, color):
        self._canvas.pixel(pos[0], pos[1], self._value(color))
        return self

    def compressed(self, quality=50):
        """Returns the picture in JPEG, which the computer makes of it."""
        import computer

        into = bytearray(_JPEG_BYTES)
        word = self._size[0] << 16 | self._format << 8 | quality
        size = computer.ask("jpeg", word, self._pixels, into)
        return Compressed(memoryview(into)[:size], self._size)

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
            file.write(
                struct.pack("<IiiHHI", 40, self._size[0], -self._size[1], 1, depth, compression)
            )
            file.write(struct.pack("<IiiII", len(self._pixels), 0, 0, 0, 0))
            file.write(table)
            file.write(self._pixels)
        return self

    def _value(self, color):
        red, green, blue = color
        if self._format == RGB565:
            return red >> 3 << 11 | green >> 2 << 5 | blue >> 3
        return (77 * red + 150 * green + 29 * blue + 128) >> 8


class Compressed:
    """A picture in JPEG."""

    def __init__(self, file, size):
        self._file = file
        self._size = size

    def width(self):
        return self._size[0]

    def height(self):
        return self._size[1]

    def size(self):
        return len(self._file)

    def bytearray(self):
        return self._file


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
        self._size = QVGA
        self._window = None
        self._part = None

    def reset(self):
        self._shown = False
        self._size = QVGA
        self._window = None

    def pixformat(self, pixformat):
        if pixformat not in (RGB565, GRAYSCALE):
            raise ValueError("virtual camera: it gives RGB565 and GRAYSCALE only")
        self._format = pixformat

    def framesize(self, framesize):
        if framesize not in (QVGA, VGA):
            raise ValueError("virtual camera: it gives QVGA and VGA only")
        self._size = framesize

    def window(self, size):
        """Gives the middle (width, height) of each frame only."""
        if size[0] > self._size[0] or size[1] > self._size[1]:
            raise ValueError("virtual camera: the window %s is larger than its frames" % (size,))
        self._window = size

    def snapshot(self, time=0):
        """Returns the next picture, in the same memory; with a time to wait, nothing."""
        if time:
            return None
        depth = self._format if self._shown else 0
        size = self._window or self._size
        left, top = (self._size[0] - size[0]) // 2, (self._size[1] - size[1]) // 2
        place = (left, top, size[0], size[1], int(self._size == VGA))
        view = memoryview(self._buffer)
        if depth and self._part:
            _window(view, self._part, place, depth, 1)
        self._ask("camera", depth, view[: _PIXELS * depth], self._buffer)
        self._shown = True
        pixels = view[: _PIXELS * self._format]
        if self._format == GRAYSCALE:
            _to_grayscale(self._buffer, pixels, _PIXELS)
        if size == QVGA:
            return Picture(pixels, self._format)
        length = size[0] * size[1] * self._format
        if not self._part or len(self._part) != length:
            self._part = bytearray(length)
        _window(view, self._part, place, self._format, 0)
        return Picture(self._part, self._format, size)
