# OpenMV's module `ml` on Inkling: a script moves over by its import lines and its file's suffix.
# docs/device.md says what is here, what differs and why.
import inkling
import uctypes

from inkling_ml.arrays import reals, shaped
from inkling_ml.preprocessing import Normalization, is_picture


class Model:
    """A network with the interface of OpenMV's `ml.Model`; all else is `inkling.Model`'s.

    `path` names a blob, `net.ink`. `postprocess(model, inputs, outputs)` makes of the outputs'
    stored values what `predict` returns. `load_to_fb` does nothing here, as in OpenMV 5.
    """

    def __init__(self, path, load_to_fb=False, postprocess=None):
        self._model = inkling.Model(path)
        self.postprocess = postprocess
        self.labels = self._model.labels or _labels_beside(path)

    def __getattr__(self, name):
        return getattr(self._model, name)

    def __repr__(self):
        return str(self._model)

    def predict(self, inputs, callback=None):
        """Returns an array of real values an output, shaped as it, or what `callback` returns.

        An input is a picture, a `Normalization` of one, an array of real values, or a callable
        that gets the input's bytes, shape and dtype and fills them.
        """
        inputs = [Normalization()(one) if is_picture(one) else one for one in inputs]
        entries = [self._entry(i, one) for i, one in enumerate(inputs)]
        if any(isinstance(one, Normalization) for one in inputs):
            values = self._model.predict(entries, fit="squeeze", scaling="openmv")
        else:
            values = self._model.predict(entries)
        shapes = self._model.output_shape
        postprocess = callback or self.postprocess
        if postprocess is None:
            return [shaped(one, "f", shapes[i]) for i, one in enumerate(values)]
        del values
        types = self._model.output_dtype
        stored = [shaped(self._model.output(i), types[i], shapes[i]) for i in range(len(shapes))]
        return postprocess(self, inputs, stored)

    def _entry(self, index, one):
        if isinstance(one, Normalization):
            return one.entry(self._model.input_dtype[index])
        if not callable(one):
            return reals(one)
        view = self._model.input(index)
        size = len(bytes(view[:1])) * len(view)
        raw = uctypes.bytearray_at(uctypes.addressof(view), size)
        one(raw, self._model.input_shape[index], ord(self._model.input_dtype[index]))
        return view


def _labels_beside(path):
    try:
        with open(path.rsplit(".", 1)[0] + ".txt") as file:
            return [line.rstrip("\r\n") for line in file]
    except (OSError, AttributeError):  # the blob may be a buffer
        return None
