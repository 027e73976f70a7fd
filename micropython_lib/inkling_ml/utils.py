# What the postprocessors share, and what scripts draw with.
import math

import inkling

from inkling_ml.arrays import rows_of


def logit(x):
    return math.log(x / (1.0 - x))


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


def quantize(model, value, index=0):
    """The stored value, not rounded, of a real one of an output."""
    if model.output_dtype[index] == "f":
        return value
    return value / model.output_scale[index] + model.output_zero_point[index]


def dequantize(model, value, index=0):
    """The real value of a stored one of an output."""
    if model.output_dtype[index] == "f":
        return value
    return (value - model.output_zero_point[index]) * model.output_scale[index]


def reader(model, index=0):
    """Returns a function of (start, count, step=1): a list of an output's real values."""
    stored = model.output(index)
    scale, zero = 1.0, 0
    if model.output_dtype[index] != "f":
        scale, zero = model.output_scale[index], model.output_zero_point[index]

    def read(start, count, step=1):
        return [(stored[i] - zero) * scale for i in range(start, start + count * step, step)]

    return read


def window(model, inputs):
    """An NMS over the first input: its size, and the part of the picture that it shows."""
    _, height, width, _ = model.input_shape[0]
    return NMS(width, height, getattr(inputs[0], "roi", None) or (0, 0, width, height))


class NMS:
    """Takes boxes in pixels of the network's input, gives the best in pixels of the picture."""

    def __init__(self, window_w, window_h, roi):
        if roi[2] < 1 or roi[3] < 1:
            raise ValueError("NMS: the roi %s is empty" % (tuple(roi),))
        self.window = window_w, window_h
        self.roi = roi
        self.boxes = []

    def add_bounding_box(self, xmin, ymin, xmax, ymax, score, label_index, keypoints=None):
        """Adds a box, cut to the input. Empty ones and scores out of 0 to 1 are left out."""
        width, height = self.window
        xmin, xmax = max(0.0, min(xmin, width)), max(0.0, min(xmax, width))
        ymin, ymax = max(0.0, min(ymin, height)), max(0.0, min(ymax, height))
        w, h = int(xmax - xmin), int(ymax - ymin)
        if 0.0 <= score <= 1.0 and w > 0 and h > 0:
            self.boxes.append((int(xmin), int(ymin), w, h, score, label_index, keypoints))

    def get_bounding_boxes(self, threshold=0.1, sigma=0.1):
        """Returns a list a label of ((x, y, w, h), score[, keypoints])."""
        x_scale = self.roi[2] / self.window[0]
        y_scale = self.roi[3] / self.window[1]
        # MicroPython's sort leaves equal scores in an order of its own, which OpenMV's boxes have
        boxes = sorted(self.boxes, key=lambda box: box[4], reverse=True)
        kept = inkling.nms(boxes, threshold, sigma)
        found = [[] for _ in range(max([boxes[i][5] for i, _ in kept] or [0]) + 1)]
        for index, score in kept:
            x, y, w, h, _, label, keypoints = boxes[index]
            place = (
                int(x * x_scale + self.roi[0]),
                int(y * y_scale + self.roi[1]),
                int(w * x_scale),
                int(h * y_scale),
            )
            if keypoints is None:
                found[label].append((place, score))
                continue
            points = [
                [point[0] * x_scale + self.roi[0], point[1] * y_scale + self.roi[1]]
                + list(point[2:])
                for point in keypoints
            ]
            found[label].append((place, score, rows_of(points)))
        return found


def _draw(method, place, *rest, **options):
    try:
        method(place, *rest, **options)
    except (TypeError, ValueError):
        # OpenMV before 5.0 takes numbers
        method(*place, *rest, **options)


def draw_predictions(
    image,
    boxes,
    labels,
    colors,
    scores=None,
    format="pascal_voc",
    font_width=8,
    font_height=10,
    text_color=(255, 255, 255),
):
    """Draws boxes with their labels above them.

    `format` is how a box is given: "pascal_voc" (two corners, as parts of the picture's sides),
    None ((x, y, width, height) in pixels), or "point" (the same, a dot drawn in the middle).
    """
    image_w, image_h = image.width(), image.height()
    scale = min(4, max(1, image_w // 320))
    thickness = min(3, max(1, image_w // 480))
    for i, (x, y, w, h) in enumerate(boxes):
        text = labels[i] if scores is None else "%s %.2f" % (labels[i], scores[i])
        if format == "pascal_voc":
            x, y = int(x * image_w), int(y * image_h)
            w, h = int(w * image_w) - x, int(h * image_h) - y
        high = font_height * scale
        if format == "point":
            x, y = x + w // 2, y + h // 2
            radius = min(16, max(4, image_w // 60))
            _draw(
                image.draw_circle, (x, y, radius), color=colors[i], thickness=thickness, fill=True
            )
            top = max(0, y - radius - high)
        else:
            _draw(image.draw_rectangle, (x, y, w, h), color=colors[i], thickness=thickness)
            top = y - high
        name = (x, top, len(text) * font_width * scale, high)
        _draw(image.draw_rectangle, name, color=colors[i], fill=True)
        _draw(image.draw_string, (x, top), text.upper(), text_color, scale=scale)


def draw_keypoints(image, keypoints, radius=4, color=(255, 0, 0), thickness=1, fill=False):
    """Draws a circle at each point, or a pixel where the radius is 0."""
    for point in keypoints:
        x, y = int(point[0]), int(point[1])
        if radius > 0:
            _draw(image.draw_circle, (x, y, radius), color=color, thickness=thickness, fill=fill)
        elif radius == 0:
            _draw(image.set_pixel, (x, y), color)


def draw_skeleton(
    image,
    keypoints,
    lines,
    kp_radius=4,
    kp_color=(255, 0, 0),
    kp_thickness=1,
    kp_fill=False,
    line_color=(0, 255, 0),
    line_thickness=1,
):
    """Draws the points, and a line between the two points of each pair in `lines`."""
    draw_keypoints(image, keypoints, kp_radius, kp_color, kp_thickness, kp_fill)
    for a, b in lines:
        ends = [int(keypoints[end][axis]) for end in (a, b) for axis in (0, 1)]
        _draw(image.draw_line, tuple(ends), color=line_color, thickness=line_thickness)
