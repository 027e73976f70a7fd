# Says what the camera sees, frame after frame: the best label, its score, the three best, and the
# frames a second. It needs nothing but Inkling and a network: mpremote run classify.py
# The other camera scripts take find_model, last_number, mark, open_camera, show and write from it.
import os
import time

import inkling


def find_model():
    for folder in ("/rom", "/sdcard", "/flash", "/"):
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith(".ink"))
        except OSError:
            continue
        if names:
            return folder + "/" + names[0]
    raise OSError("no .ink file in /rom, /sdcard, /flash or /: copy one with mpremote cp")


def open_camera(grayscale=False):
    """Returns a function that takes a picture of 320x240 pixels."""
    try:
        import csi

        if not hasattr(csi, "CSI"):
            raise ImportError("OpenMV 4.6 and 4.7 have sensor under this name too")
    except ImportError:
        try:
            import sensor
        except ImportError:
            try:
                import virtual_camera as csi
            except ImportError:
                raise OSError(
                    "no camera: neither csi nor sensor, "
                    "and no pictures from `host_tools sim --camera`"
                ) from None
        else:
            sensor.reset()
            sensor.set_pixformat(sensor.GRAYSCALE if grayscale else sensor.RGB565)
            sensor.set_framesize(sensor.QVGA)
            sensor.skip_frames(time=2000)
            return sensor.snapshot
    camera = csi.CSI()
    camera.reset()
    camera.pixformat(csi.GRAYSCALE if grayscale else csi.RGB565)
    camera.framesize(csi.QVGA)
    camera.snapshot(time=2000)  # lets exposure settle
    return camera.snapshot


def write(image, x, y, text):
    """Writes on a picture that can be drawn on; OpenMV's IDE and `host_tools sim` show it."""
    if not hasattr(image, "draw_string"):
        return
    image.draw_rectangle((x, y, 8 * len(text), 10), color=(0, 0, 0), fill=True)
    try:
        image.draw_string((x, y), text, color=(0, 255, 0))
    except (TypeError, ValueError):
        # OpenMV before 5.0 takes numbers only
        image.draw_string(x, y, text, color=(0, 255, 0))


def mark(image, rectangle, text):
    """Frames a part (x, y, width, height) of such a picture, and writes above on it."""
    if hasattr(image, "draw_rectangle"):
        x, y, width, height = rectangle
        image.draw_rectangle((x, y, width, height), color=(0, 255, 0), thickness=2)
        write(image, x, y, text)


def show(image, results, labels, model, **settings):
    """Shows a frame where `host_tools view` looks on; returns settings as its page has them."""
    if hasattr(inkling, "show"):  # a small native module has none
        return inkling.show(image, results, labels=labels, model=model, **settings)
    return settings


def last_number(folder):
    """The greatest number in names of the folder such as cup_0007.jpg, 0 where there is none."""
    last = 0
    for name in os.listdir(folder):
        number = name.rsplit(".", 1)[0].rsplit("_", 1)[-1]
        if "_" in name and number.isdigit():
            last = max(last, int(number))
    return last


def run(grayscale=False):
    model = inkling.Model(find_model())
    print(model)
    labels = model.labels or range(len(model.output()))
    snapshot = open_camera(grayscale)
    while True:
        start = time.ticks_ms()
        image = snapshot()
        [scores] = model.predict([image])
        found = inkling.top(scores)
        show(image, found, labels, model)
        best = ["%s %.2f" % (labels[index], score) for index, score in found]
        write(image, 0, 0, best[0])
        rate = 1000 / max(1, time.ticks_diff(time.ticks_ms(), start))
        print("%-16s %-48s %5.1f frames/s" % (best[0], ", ".join(best), rate))


if __name__ == "__main__":
    run()
