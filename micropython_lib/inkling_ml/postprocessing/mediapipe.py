# What MediaPipe's detectors find.
from inkling_ml.utils import logit, reader, sigmoid, window


class BlazeFace:
    """Faces with six points each. Outputs 0 and 3 are boxes, 1 and 2 their scores.

    `anchors` are the middles (x, y) of all boxes, as parts of the input; by default those of
    grids of 16x16 with two boxes a cell and of 8x8 with six.
    """

    # output of the scores, of the boxes, cells of a side, boxes a cell
    GRIDS = ((1, 0, 16, 2), (2, 3, 8, 6))

    def __init__(self, threshold=0.6, anchors=None, nms_threshold=0.1, nms_sigma=0.1):
        self.threshold = threshold
        self.anchors = anchors
        self.nms_threshold = nms_threshold
        self.nms_sigma = nms_sigma

    def __call__(self, model, inputs, outputs):
        nms = window(model, inputs)
        before = 0
        for scores, boxes, side, depth in self.GRIDS:
            size = model.output_shape[boxes][2]
            read = reader(model, boxes)
            for index, score, _ in model.peaks(logit(self.threshold), output=scores):
                anchor = (
                    (index // depth % side + 0.5) / side,
                    (index // depth // side + 0.5) / side,
                )
                if self.anchors is not None:
                    anchor = self.anchors[before + index]
                box = read(index * size, size)
                _add(nms, box, anchor, sigmoid(score))
            before += model.output_shape[boxes][1]
        return nms.get_bounding_boxes(self.nms_threshold, self.nms_sigma)[0] if nms.boxes else ()


def _add(nms, box, anchor, score):
    width, height = nms.window
    x, y = box[0] / width + anchor[0], box[1] / height + anchor[1]
    w, h = box[2] / width * 0.5, box[3] / height * 0.5
    points = [
        ((box[i] / width + anchor[0]) * width, (box[i + 1] / height + anchor[1]) * height)
        for i in range(4, len(box) - 1, 2)
    ]
    nms.add_bounding_box(
        (x - w) * width,
        (y - h) * height,
        (x + w) * width,
        (y + h) * height,
        score,
        0,
        keypoints=points,
    )
