# Searches each frame for what the network knows: a window slides over it in several sizes, and
# what is found is printed and marked on the picture. Needs classify.py on the board too.
import time

import inkling
from classify import find_model, mark, open_camera

LABELS = ()  # look for these only; empty: for every label
THRESHOLD = 0.9  # the least score
SCALES = (1.0, 0.66, 0.44)  # sizes of the window, as parts of the greatest that fits
STEP = 0.5  # from one window to the next, as a part of the window
OVERLAP = 0.3  # of two finds that share more than this of the smaller, the better one stays


def places(whole, part):
    """Where windows begin along an axis: from edge to edge, evenly, STEP apart at most."""
    room = whole - part
    gaps = max(1, -int(-room // (part * STEP)))
    return sorted({room * place // gaps for place in range(gaps + 1)})


def windows(width, height, shape):
    """Windows (x, y, width, height) of the proportions that the network's input has."""
    greatest = min(height, width * shape[1] // shape[2])
    for scale in SCALES:
        window_height = max(1, int(greatest * scale))
        window_width = max(1, min(width, window_height * shape[2] // shape[1]))
        for y in places(height, window_height):
            for x in places(width, window_width):
                yield x, y, window_width, window_height


def shared(a, b):
    """The part of the smaller rectangle that lies in the other one, 0 to 1."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0, across) * max(0, down) / min(a[2] * a[3], b[2] * b[3])


def merge(finds):
    """The best of the finds (score, label, rectangle) that overlap, best first."""
    kept = []
    for find in sorted(finds, key=lambda find: (-find[0], -find[2][3], find[2])):
        if all(shared(find[2], other[2]) <= OVERLAP for other in kept):
            kept.append(find)
    return kept


def run():
    model = inkling.Model(find_model())
    print(model)
    labels = model.labels or range(len(model.output()))
    snapshot = open_camera()
    while True:
        start = time.ticks_ms()
        image = snapshot()
        finds = []
        count = 0
        for window in windows(image.width(), image.height(), model.input_shape[0]):
            [scores] = model.predict([(image, window)])
            [(index, score)] = inkling.top(scores, 1)
            if score >= THRESHOLD and (not LABELS or labels[index] in LABELS):
                finds.append((score, labels[index], window))
            count += 1
        finds = merge(finds)
        # marked only now: the marks would be in the windows that overlap
        for score, label, (x, y, width, height) in finds:
            text = "%s %.2f" % (label, score)
            print("%-16s at (%d, %d), %dx%d" % (text, x, y, width, height))
            mark(image, (x, y, width, height), text)
        seconds = time.ticks_diff(time.ticks_ms(), start) / 1000
        print("%d found in %d windows, %.2f s" % (len(finds), count, seconds))


run()
