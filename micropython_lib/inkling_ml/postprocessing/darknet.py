# What Darknet's detectors find.
import math

from inkling_ml.utils import logit, reader, sigmoid, window

# of a box: x, y, width, height, score, then the classes
_SCORE = 4
_CLASSES = 5


class YoloV2:
    """Boxes of cells [1, rows, columns, anchors x (5 + classes)]; anchors are (width, height)."""

    ANCHORS = (
        (0.9883, 3.3606),
        (2.1194, 5.3759),
        (3.052, 9.1336),
        (5.5517, 9.3066),
        (9.726, 11.1422),
    )

    def __init__(self, threshold=0.6, anchors=None, nms_threshold=0.1, nms_sigma=0.1):
        self.threshold = threshold
        self.anchors = self.ANCHORS if anchors is None else anchors
        self.nms_threshold = nms_threshold
        self.nms_sigma = nms_sigma

    def __call__(self, model, inputs, outputs):
        _, rows, columns, channels = model.output_shape[0]
        size = channels // len(self.anchors)
        found = []
        for number in range(len(self.anchors)):
            first = number * size + _SCORE
            for cell, score, _ in model.peaks(logit(self.threshold), first=first, last=first + 1):
                found.append((cell, number, score))
        if not found:
            return ()
        found.sort()
        nms = window(model, inputs)
        read = reader(model)
        width, height = nms.window
        for cell, number, score in found:
            box = read(cell * channels + number * size, size)
            x = (cell % columns + sigmoid(box[0])) / columns
            y = (cell // columns + sigmoid(box[1])) / rows
            w = self.anchors[number][0] * math.exp(box[2]) / columns * 0.5
            h = self.anchors[number][1] * math.exp(box[3]) / rows * 0.5
            classes = box[_CLASSES:]
            nms.add_bounding_box(
                (x - w) * width,
                (y - h) * height,
                (x + w) * width,
                (y + h) * height,
                sigmoid(score),
                classes.index(max(classes)),
            )
        return nms.get_bounding_boxes(self.nms_threshold, self.nms_sigma)


class YoloLC(YoloV2):
    """The same with the anchors of YOLO-LC."""

    ANCHORS = (
        (0.076023, 0.258508),
        (0.163031, 0.413531),
        (0.234769, 0.702585),
        (0.427054, 0.715892),
        (0.748154, 0.857092),
    )
