# What `host_tools view` puts on the board as the module inkling_view: sends the pictures that a
# script shows, or draws on, and takes what was set on the page. The format of the messages stands
# in host_tools/view/protocol.py.
import io
import json
import select
import struct
import sys
import time
from binascii import crc32

MAGIC = b"\x1e\x00INK"
# of each kind, and of a line that the page sends
MOST_RESULTS = 100
MOST_LINE = 500
QUALITY = 80
# between two measurements of the operators, in ms
MEASURE_MS = 1000

# a module like the camera's, whose pictures are looked at
CAMERA = """from {0} import *
import sys as _sys
_view = _sys.modules["inkling_view"]
if "CSI" in globals():
    CSI = _view.watched_class(CSI)
if "snapshot" in globals():
    snapshot = _view.watched(snapshot)
"""


class Modules:
    """A file system with this text as the file of a module: so that it becomes a real module."""

    def __init__(self, text):
        self.text = text

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def stat(self, path):
        if not path.endswith("inkling_camera.py"):
            raise OSError(2)
        return (0x8000, 0, 0, 0, 0, 0, len(self.text), 0, 0, 0)

    def open(self, path, mode):
        return io.BytesIO(self.text.encode())


class Camera:
    """A camera, but for its snapshot()."""

    def __init__(self, camera, snapshot):
        self.camera = camera
        self.snapshot = snapshot

    def __getattr__(self, name):
        return getattr(self.camera, name)


class View:
    """`settings` are the page's, by name; with `measure` operators are measured, now and then."""

    def __init__(self, settings, measure):
        self.settings = settings
        self.measure = measure
        self.measured = None
        self.line = ""
        self.drawn = None
        self.end = None
        self.poll = select.poll()
        self.poll.register(sys.stdin, select.POLLIN)

    def show(self, image, results=None, *, labels=None, model=None, **settings):
        begin = time.ticks_ms()
        self.drawn = None
        if labels is None and model is not None:
            labels = model.labels
        head = results_of(results, labels)
        head["settings"] = settings
        if self.end is not None:
            head["ms"] = time.ticks_diff(begin, self.end)
        if model is not None:
            head["model"] = str(model.name)
            due = self.measured is None or time.ticks_diff(begin, self.measured) >= MEASURE_MS
            if self.measure and due:
                head["operators"] = operators_of(model, image)
                self.measured = time.ticks_ms()
        head["size"] = (image.width(), image.height())
        head["format"], pixels = pixels_of(image)
        send(json.dumps(head).encode(), pixels)
        self.take()
        for name in settings:
            if name in self.settings and isinstance(settings[name], (bool, int, float)):
                settings[name] = type(settings[name])(self.settings[name])
        self.end = time.ticks_ms()
        return settings

    def take(self):
        """Reads what the page has sent, a line of JSON at a time."""
        for _ in range(4 * MOST_LINE):
            if not self.poll.poll(0):
                return
            letter = sys.stdin.read(1)
            if letter != "\n":
                self.line = (self.line + letter)[-MOST_LINE:]
                continue
            try:
                given = json.loads(self.line)
                self.settings.update(given["settings"])
                self.measure = given["measure"]
            except (ValueError, KeyError, TypeError):
                pass
            self.line = ""

    def watched(self, snapshot):
        """A snapshot() that shows the picture before, as the script left it, if it did not."""

        def take(*args, **options):
            if self.drawn is not None:
                self.show(self.drawn)
            image = snapshot(*args, **options)
            self.drawn = image
            return image

        return take

    def watched_class(self, kind):
        def make(*args, **options):
            camera = kind(*args, **options)
            return Camera(camera, self.watched(camera.snapshot))

        return make

    def watch(self, name):
        """Puts itself before a camera's module. Whether there is one, and it has a class CSI."""
        try:
            __import__(name)
        except ImportError:
            return False
        try:
            import vfs
        except ImportError:
            import os as vfs
        vfs.mount(Modules(CAMERA.format(name)), "/inkling-view")
        sys.path.insert(0, "/inkling-view")
        try:
            sys.modules[name] = module = __import__("inkling_camera")
        finally:
            sys.path.pop(0)
            vfs.umount("/inkling-view")
            sys.modules.pop("inkling_camera", None)
        return hasattr(module, "CSI")


def number(value):
    # JSON has neither NaN nor infinity
    return value if -1e30 < value < 1e30 else None


def name_of(label, labels):
    if isinstance(label, str) or labels is None or not 0 <= label < len(labels):
        return str(label)
    return str(labels[label])


def results_of(results, labels):
    """What was found, with names: whole pictures' labels and boxes."""
    found, boxes = [], []
    results = () if results is None else results
    if len(results) and isinstance(results[0], (int, float)):
        import inkling

        results = inkling.top(results)
    for place, one in enumerate(results):
        if isinstance(one, list):  # a class's, of OpenMV's detectors: (rectangle, score, ...)
            boxes += [box[0] + (number(box[1]), name_of(place, labels)) for box in one]
        elif len(one) == 2:
            found.append((name_of(one[0], labels), number(one[1])))
        else:
            boxes.append(one[:4] + (number(one[4]), name_of(one[5], labels)))
    return {"labels": found[:MOST_RESULTS], "boxes": boxes[:MOST_RESULTS]}


def operators_of(model, image):
    """(name, kernel, microseconds, multiply-accumulates) of each, or why there are none."""
    try:
        try:
            rows = model.profile([image])
        except (TypeError, ValueError):
            rows = model.profile()  # of several inputs, or none that takes a picture
    except Exception as error:
        return str(error) or str(type(error))
    return [(row[1], row[2], row[3], row[5]) for row in rows]


def pixels_of(image):
    """A format and its bytes: "jpeg", "rgb565" (little-endian) or "grey"."""
    pixels = image.bytearray()
    if bytes(pixels[:3]) == b"\xff\xd8\xff":
        return "jpeg", pixels
    try:
        if hasattr(image, "to_jpeg"):
            return "jpeg", image.to_jpeg(quality=QUALITY, copy=True).bytearray()
        return "jpeg", image.compressed(quality=QUALITY).bytearray()  # older, and virtual, cameras
    except Exception:  # it has neither, or no room for it
        pass
    depth = len(pixels) // (image.width() * image.height())
    return "rgb565" if depth == 2 else "grey", pixels


def send(head, pixels):
    head = struct.pack("<I", len(head)) + head
    crc = crc32(pixels, crc32(head))
    start = MAGIC + struct.pack("<II", len(head) + len(pixels), crc)
    for part in (start, head, pixels):
        view = memoryview(part)
        while view:
            view = view[sys.stdout.buffer.write(view) :]


def begin(settings, measure, names):
    """Looks on from now on, also at the cameras' modules of these names."""
    view = sys.modules["inkling_view"] = View(settings, measure)
    import inkling

    if not hasattr(inkling, "show"):
        try:
            inkling.show = view.show
        except AttributeError:  # firmware from before inkling.show
            pass
    if not view.watch("csi") or "sensor" in names:
        view.watch("sensor")
    if "csi" not in sys.modules and "sensor" not in sys.modules:
        view.watch("virtual_camera")
