# OpenMV's csi, sensor and image over the virtual camera, with each generation's argument rules.
# Taken from OpenMV's C sources:
#   image   4.5 to 4.8: py_image.c, py_helper_consume_array of py_helper.c, at v4.5.9 (f1aa0247d)
#           and v4.8.1 (2c24e0b78): coordinates as numbers or all in one tuple (the text with them)
#           5.0: modules/py_image.c at v5.0.0 (7b7b4e73c) and cbbb877ed: coordinates in a tuple
#   sensor  src/omv/modules/py_sensor.c at v4.5.9, modules/py_csi.c at v4.7.0 and v5.0.0: functions
#   csi     4.6 and 4.7 (v4.7.0): another name of sensor, without CSI
#           4.8 and 5.0: modules/py_csi_ng.c at v4.8.1 and v5.0.0: the class CSI
# Runs on the board as openmv_stand_in.py, beside a csi.py and a sensor.py that take from here.
import virtual_camera

RGB565 = virtual_camera.RGB565
GRAYSCALE = virtual_camera.GRAYSCALE
QVGA = virtual_camera.QVGA


def consume_array(args, length):
    """py_helper_consume_array: `length` values in one tuple or list, or as arguments."""
    if isinstance(args[0], (tuple, list)):
        return fixed_array(args[0], length), args[1:]
    if len(args) < length:
        raise ValueError("Not enough positional arguments!")
    return args[:length], args[length:]


def fixed_array(value, length):
    """mp_obj_get_array_fixed_n."""
    if not isinstance(value, (tuple, list)):
        raise TypeError("object '%s' isn't a tuple or list" % type(value).__name__)
    if len(value) != length:
        raise ValueError("requested length %d but object has length %d" % (length, len(value)))
    return value


class Picture4:
    def __init__(self, picture):
        self.picture = picture

    def __getattr__(self, name):
        return getattr(self.picture, name)

    def draw_rectangle(self, *args, **keywords):
        rectangle, rest = consume_array(args, 4)
        self.picture.draw_rectangle(rectangle, *rest, **keywords)
        return self

    def draw_string(self, *args, **keywords):
        (x, y, text), rest = consume_array(args, 3)
        self.picture.draw_string((x, y), text, *rest, **keywords)
        return self


class Picture5(Picture4):
    def draw_rectangle(self, rectangle, *args, **keywords):
        self.picture.draw_rectangle(fixed_array(rectangle, 4), *args, **keywords)
        return self

    def draw_string(self, place, text, *args, **keywords):
        self.picture.draw_string(fixed_array(place, 2), text, *args, **keywords)
        return self


def camera_class(picture_class):
    """CSI of modules/py_csi_ng.c, as far as scripts use it."""

    class CSI:
        def __init__(self, *, cid=-1, delays=True, fflush=True, stream=None):
            self._camera = virtual_camera.CSI()

        def reset(self, *, hard=True):
            self._camera.reset()

        def pixformat(self, value):
            self._camera.pixformat(value)

        def framesize(self, value):
            self._camera.framesize(value)

        def snapshot(self, *, time=-1, frames=-1, blocking=True, image=None):
            if time == -1 and frames == -1:
                return picture_class(self._camera.snapshot())
            return None

    return CSI


def functions(picture_class):
    """The module sensor's functions by name."""
    camera = virtual_camera.CSI()
    calls = []

    def snapshot():
        # a camera that was not set up gives nothing of use
        assert calls == ["reset", "set_pixformat", "set_framesize", "skip_frames"], calls
        return picture_class(camera.snapshot())

    def reset():
        calls.append("reset")
        camera.reset()

    def set_pixformat(value):
        calls.append("set_pixformat")
        camera.pixformat(value)

    def set_framesize(value):
        calls.append("set_framesize")
        camera.framesize(value)

    def skip_frames(n=0, *, time=300):
        calls.append("skip_frames")

    return {
        "reset": reset,
        "set_pixformat": set_pixformat,
        "set_framesize": set_framesize,
        "skip_frames": skip_frames,
        "snapshot": snapshot,
    }
