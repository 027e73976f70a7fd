# What Ultralytics' detectors find. Their boxes are (x, y, width, height) as parts of the input.
from inkling_ml.utils import reader, window


def _add(nms, box, score, label):
    width, height = nms.window
    x, y, w, h = box[0], box[1], box[2] * 0.5, box[3] * 0.5
    nms.add_bounding_box(
        (x - w) * width, (y - h) * height, (x + w) * width, (y + h) * height, score, label
    )


class YoloV5:
    """Boxes of an output [1, boxes, 5 + classes]: a box, its score, those of the classes."""

    def __init__(self, threshold=0.6, nms_threshold=0.1, nms_sigma=0.1):
        self.threshold = threshold
        self.nms_threshold = nms_threshold
        self.nms_sigma = nms_sigma

    def __call__(self, model, inputs, outputs):
        peaks = model.peaks(self.threshold, first=4, last=5)
        if not peaks:
            return ()
        nms = window(model, inputs)
        read = reader(model)
        size = model.output_shape[0][2]
        for row, score, _ in peaks:
            box = read(row * size, size)
            classes = box[5:]
            _add(nms, box, score, classes.index(max(classes)))
        return nms.get_bounding_boxes(self.nms_threshold, self.nms_sigma)


class YoloV8:
    """Boxes of an output [1, 4 + classes, boxes]: a box, the scores of the classes."""

    def __init__(self, threshold=0.6, nms_threshold=0.1, nms_sigma=0.1):
        self.threshold = threshold
        self.nms_threshold = nms_threshold
        self.nms_sigma = nms_sigma

    def __call__(self, model, inputs, outputs):
        peaks = model.peaks(self.threshold, first=4, axis=1)
        if not peaks:
            return ()
        nms = window(model, inputs)
        read = reader(model)
        count = model.output_shape[0][2]
        for column, score, label in peaks:
            _add(nms, read(column, 4, count), score, label - 4)
        return nms.get_bounding_boxes(self.nms_threshold, self.nms_sigma)
