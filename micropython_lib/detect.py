# Draws boxes around what a network finds in each frame, and prints them: a network such as FOMO,
# whose output is a map [1, height, width, classes] with a background as class 0. Needs classify.py
# on the board too.
import time

import inkling
from classify import find_model, mark, open_camera, show

THRESHOLD = 0.5  # a find's score is greater; host_tools view has a slider for it
LABELS = ()  # names of the classes, the background's too; empty: from net.txt beside net.ink
FIT = "squeeze"  # the whole frame, as FOMO is trained by default
SCALING = "bilinear"


def find_labels(path, count):
    """A name for each class: LABELS, else the lines of the .txt file beside the network."""
    labels = list(LABELS)
    try:
        if not labels:
            with open(path[: -len(".ink")] + ".txt") as file:
                labels = [line.strip() for line in file if line.strip()]
    except OSError:
        pass
    if len(labels) == count - 1:
        labels.insert(0, "background")
    return labels if len(labels) == count else [str(number) for number in range(count)]


def run():
    path = find_model()
    model = inkling.Model(path)
    print(model)
    shape = model.output_shape[0]
    if len(shape) != 4 or shape[3] < 2:
        raise ValueError("the output is no map [1, height, width, classes], but %s" % (shape,))
    labels = find_labels(path, shape[3])
    settings = {"threshold": THRESHOLD}
    snapshot = open_camera()
    while True:
        start = time.ticks_ms()
        image = snapshot()
        model.predict([image], fit=FIT, scaling=SCALING)
        region = (0, 0, image.width(), image.height())
        finds = model.peaks(settings["threshold"], first=1, near=1, region=region)
        settings = show(image, finds, labels, model, **settings)
        for x, y, width, height, score, label in finds:
            text = "%s %.2f" % (labels[label], score)
            print("%-16s at (%d, %d), %dx%d" % (text, x, y, width, height))
            mark(image, (x, y, width, height), text)
        rate = 1000 / max(1, time.ticks_diff(time.ticks_ms(), start))
        print("%d found, %.1f frames/s" % (len(finds), rate))


run()
