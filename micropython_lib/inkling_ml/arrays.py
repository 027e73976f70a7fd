# Arrays of several dimensions: ulab's where the firmware has it, else a small one of our own.
import array

try:
    from ulab import numpy
except ImportError:
    numpy = None


class ndarray:
    """A flat buffer with a shape. Indexing by numbers, slices and tuples of both."""

    def __init__(self, values, shape):
        self._values = memoryview(values)
        self.shape = tuple(shape)

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        for i in range(len(self)):
            yield self[i]

    def __getitem__(self, key):
        return self._part(key if isinstance(key, tuple) else (key,))

    def _part(self, keys):
        if not keys:
            return self
        if not self.shape:
            raise IndexError("more indices than dimensions")
        rest = self.shape[1:]
        size = len(self._values) // self.shape[0]
        key = keys[0]
        if isinstance(key, slice):
            rows = [self._part((i,) + keys[1:]) for i in range(self.shape[0])[key]]
            return rows_of(rows)
        if not -self.shape[0] <= key < self.shape[0]:
            raise IndexError("index %d of %d" % (key, self.shape[0]))
        start = key % self.shape[0] * size
        if not rest:
            return self._values[start]
        return ndarray(self._values[start : start + size], rest)._part(keys[1:])

    def flatten(self):
        return ndarray(self._values, (len(self._values),))

    def reshape(self, shape):
        size = 1
        for side in shape:
            size *= side
        if size != len(self._values):
            raise ValueError("%d values have no shape %s" % (len(self._values), shape))
        return ndarray(self._values, shape)

    def tolist(self):
        return list(self) if len(self.shape) == 1 else [row.tolist() for row in self]

    def __repr__(self):
        return "array(%s)" % self.tolist()


def shaped(values, dtype, shape):
    """A buffer of this typecode as an array of this shape; integers of 32 bits become floats."""
    if dtype == "i":
        values, dtype = array.array("f", values), "f"
    if numpy is None:
        return ndarray(values, shape)
    types = {"b": numpy.int8, "B": numpy.uint8, "f": numpy.float}
    return numpy.frombuffer(values, dtype=types[dtype]).reshape(shape)


def rows_of(rows):
    """An array of rows of numbers, or of numbers."""
    if numpy is not None:
        return numpy.array(rows)
    flat = array.array("f")
    shape = (len(rows),)
    for row in rows:
        if isinstance(row, ndarray):
            flat.extend(array.array("f", row._values))
            inner = row.shape
        elif isinstance(row, (list, tuple)):
            flat.extend(array.array("f", row))
            inner = (len(row),)
        else:
            flat.append(row)
            inner = ()
    return ndarray(flat, shape + inner if rows else (0,))


def reals(given):
    """What `inkling.Model.predict` takes for an array of either kind: its values are real ones."""
    if isinstance(given, ndarray):
        return array.array("f", given._values)
    if numpy is not None and isinstance(given, numpy.ndarray):
        flat = given.flatten()
        # ulab's floats are its widest
        return flat if flat.itemsize > 2 else numpy.array(flat, dtype=numpy.float)
    return given
