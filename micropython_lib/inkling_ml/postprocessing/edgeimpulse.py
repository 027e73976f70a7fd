# What Edge Impulse's detectors find.
from inkling_ml.utils import window


class Fomo:
    """Boxes around the cells [1, rows, columns, classes] whose score is above the threshold."""

    def __init__(
        self, threshold=0.4, w_scale=1.414214, h_scale=1.414214, nms_threshold=0.1, nms_sigma=0.001
    ):
        self.threshold = threshold
        self.w_scale = w_scale
        self.h_scale = h_scale
        self.nms_threshold = nms_threshold
        self.nms_sigma = nms_sigma

    def __call__(self, model, inputs, outputs):
        peaks = model.peaks(self.threshold, first=1)
        if not peaks:
            return ()
        nms = window(model, inputs)
        width, height = nms.window
        _, rows, columns, _ = model.output_shape[0]
        w, h = self.w_scale / columns * 0.5, self.h_scale / rows * 0.5
        for cell, score, label in peaks:
            x, y = (cell % columns + 0.5) / columns, (cell // columns + 0.5) / rows
            nms.add_bounding_box(
                (x - w) * width, (y - h) * height, (x + w) * width, (y + h) * height, score, label
            )
        return nms.get_bounding_boxes(self.nms_threshold, self.nms_sigma)
