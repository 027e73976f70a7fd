# Saves a picture each time that something comes into view of which the network is sure, named by
# label and number: cat_0001.jpg. It leaves room on the disk, and goes on after errors, such as a
# card that is pulled out. Needs classify.py on the board too.
import os
import time

import inkling
from classify import find_model, last_number, open_camera

LABELS = ()  # save these only; empty: every label
THRESHOLD = 0.9  # the least score
KEEP_FREE = 64 * 1024  # bytes of the disk that are left free


def find_disk():
    for folder in ("/sdcard", "/flash"):
        try:
            os.listdir(folder)
            return folder + "/"
        except OSError:
            continue
    return "/"


def free_bytes(disk):
    status = os.statvfs(disk)
    return status[1] * status[4]


def save(image, disk, label):
    """Saves a JPEG where the picture can become one, else a BMP; returns what to tell the user."""
    jpeg = hasattr(image, "to_jpeg")
    needed = image.size() // 4 if jpeg else image.size() + 2048
    free = free_bytes(disk)
    if free < needed + KEEP_FREE:
        return "not saved: %s has %d bytes free, and %d stay free" % (disk, free, KEEP_FREE)
    name = "".join(c if c.isalpha() or c.isdigit() else "-" for c in label)
    path = "%s%s_%04d.%s" % (disk, name, last_number(disk) + 1, "jpg" if jpeg else "bmp")
    try:
        image.save(path)
    except Exception:
        try:
            os.remove(path)
        except OSError:
            pass
        raise
    return "saved " + path


def run():
    model = inkling.Model(find_model())
    print(model)
    labels = model.labels or range(len(model.output()))
    snapshot = open_camera()
    disk = find_disk()
    print("saves to %s, which has %d bytes free" % (disk, free_bytes(disk)))
    in_view = None
    while True:
        try:
            image = snapshot()
            [scores] = model.predict([image])
            [(index, score)] = inkling.top(scores, 1)
            label = str(labels[index])
            if score < THRESHOLD or (LABELS and label not in LABELS):
                in_view = None
            elif label != in_view:
                in_view = label
                print("%-16s %s" % ("%s %.2f" % (label, score), save(image, disk, label)))
        except (OSError, RuntimeError, MemoryError) as error:
            print("goes on after %r" % error)
            time.sleep(1)


run()
