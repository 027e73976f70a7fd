# Which part of a picture a network sees.


def is_picture(given):
    return hasattr(given, "width") and hasattr(given, "height")


class Normalization:
    """Of a picture, the region `roi` (x, y, width, height), all of it by default.

    What numbers a network takes for pixels is said when it is packed: `scale`, `mean` and `stdev`
    are refused for float32 inputs where they are not the defaults, and change nothing for others.
    """

    def __init__(self, scale=(0.0, 1.0), mean=(0.0, 0.0, 0.0), stdev=(1.0, 1.0, 1.0), roi=None):
        self.scale = scale
        self.mean = mean
        self.stdev = stdev
        self.roi = roi
        self._image = None

    def __call__(self, image):
        """Binds it to a picture: what `predict` takes. Keeps the region, as OpenMV's does."""
        if not is_picture(image):
            raise ValueError("Normalization takes a picture, not a " + type(image).__name__)
        if self.roi is None:
            self.roi = (0, 0, image.width(), image.height())
        bound = Normalization(self.scale, self.mean, self.stdev, self.roi)
        bound._image = image
        return bound

    def entry(self, dtype):
        """What `inkling.Model.predict` takes: the picture and its region, cut to the picture."""
        if self._image is None:
            raise ValueError("Normalization has no picture: give Normalization()(image)")
        if dtype == "f" and (
            tuple(self.scale) != (0.0, 1.0) or any(self.mean) or any(n != 1 for n in self.stdev)
        ):
            raise ValueError(
                "Normalization's scale, mean and stdev are said when the network is packed: "
                "host_tools pack-model --image-range, --image-mean, --image-std"
            )
        x, y, width, height = [int(number) for number in self.roi]
        left, top = max(0, x), max(0, y)
        right = min(self._image.width(), x + width)
        bottom = min(self._image.height(), y + height)
        self.roi = (left, top, right - left, bottom - top)
        return self._image, self.roi
