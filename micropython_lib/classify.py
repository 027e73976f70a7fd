# Says what the camera sees, frame after frame: the best label, its score, then the three best.
# Runs as it is on an OpenMV camera and on the virtual board: mpremote run classify.py
import os

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


def open_camera():
    """Returns a function that takes a picture."""
    try:
        import csi
    except ImportError:
        try:
            import sensor
        except ImportError:
            import virtual_camera as csi
        else:
            sensor.reset()
            sensor.set_pixformat(sensor.RGB565)
            sensor.set_framesize(sensor.QVGA)
            sensor.skip_frames(time=2000)
            return sensor.snapshot
    camera = csi.CSI()
    camera.reset()
    camera.pixformat(csi.RGB565)
    camera.framesize(csi.QVGA)
    camera.snapshot(time=2000)  # lets exposure settle
    return camera.snapshot


model = inkling.Model(find_model())
print(model)
labels = model.labels or range(len(model.output()))
snapshot = open_camera()
while True:
    [scores] = model.predict([snapshot()])
    best = ["%s %.2f" % (labels[index], score) for index, score in inkling.top(scores)]
    print("%-16s %s" % (best[0], ", ".join(best)))
