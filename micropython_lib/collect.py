# Takes pictures of one thing for `host_tools teach`, into a folder named by its label:
#     mpremote mount pictures exec "LABEL = 'cup'" run micropython_lib/collect.py
# Through the mount they come straight into the computer's folder; without one they stay on the
# board's disk. Needs classify.py on the board too.
import os
import time

from classify import last_number, open_camera, write

LABEL = globals().get("LABEL", "")  # what the pictures show
COUNT = 20  # pictures to take
WAIT = 3  # seconds before the first
EVERY = 1  # seconds from one to the next: time to move the thing or the camera
GRAYSCALE = False
KEEP_FREE = 64 * 1024  # bytes of the board's disk that are left free
QUALITY = 90


def find_folder(label):
    """The folder of a label, made where it is missing: on the computer, the card or the flash."""
    if not label or "/" in label or label.startswith("."):
        raise ValueError(
            "LABEL is %r: give what the pictures show, as in "
            "mpremote mount pictures exec \"LABEL = 'cup'\" run collect.py" % label
        )
    base = "/pictures"
    for disk in ("/remote", "/sdcard", "/flash"):
        try:
            os.stat(disk)
        except OSError:
            continue
        base = disk if disk == "/remote" else disk + base
        break
    own = base + "/" + label
    for path in (base, own):
        try:
            os.mkdir(path)
        except OSError:
            os.stat(path)
    return own


def has_room(folder, size):
    if folder.startswith("/remote"):
        return True
    status = os.statvfs(folder)
    return status[1] * status[4] >= size + KEEP_FREE


def save(image, start):
    """Saves a JPEG where the picture can become one, else a BMP; returns its path."""
    if hasattr(image, "to_jpeg"):
        # not by image.save, which writes FAT disks past MicroPython's mounts in much firmware
        path = start + ".jpg"
        image = image.to_jpeg(quality=QUALITY, copy=True)
    else:
        path = start + ".bmp"
    try:
        if path.endswith(".bmp"):
            image.save(path)
        else:
            with open(path, "wb") as file:
                file.write(image.bytearray())
    except Exception:
        try:
            os.remove(path)
        except OSError:
            pass
        raise
    return path


def run():
    folder = find_folder(LABEL)
    snapshot = open_camera(GRAYSCALE)
    print("%s: %d pictures into %s, from all sides" % (LABEL, COUNT, folder))
    time.sleep(WAIT)
    number = last_number(folder)
    for taken in range(1, COUNT + 1):
        start = time.ticks_ms()
        try:
            image = snapshot()
        except SystemExit:  # the virtual camera has shown all that it has
            return
        if not has_room(folder, image.size()):
            raise OSError("the disk of %s is full: copy the pictures off and remove them" % folder)
        path = save(image, "%s/%s_%04d" % (folder, LABEL, number + taken))
        print("%d of %d: %s" % (taken, COUNT, path))
        write(image, 0, 0, "%s %d" % (LABEL, taken))
        time.sleep_ms(max(0, 1000 * EVERY - time.ticks_diff(time.ticks_ms(), start)))


run()
