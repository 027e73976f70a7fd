# Runs a model on stored values.
import time

import inkling
import uctypes


def bytes_of(buffer):
    return uctypes.bytearray_at(uctypes.addressof(buffer), len(bytes(buffer)))


def load(where):
    # bytes of the heap that were free before and after
    global model, inputs, outputs
    model = inputs = outputs = None
    gc.collect()  # noqa: F821
    before = gc.mem_free()  # noqa: F821
    model = inkling.Model(where)
    inputs = [bytes_of(model.input(i)) for i in range(len(model.input_shape))]
    outputs = [bytes_of(model.output(i)) for i in range(len(model.output_shape))]
    gc.collect()  # noqa: F821
    return before, gc.mem_free()  # noqa: F821


def run():
    # microseconds
    start = time.ticks_us()
    model.run()
    return time.ticks_diff(time.ticks_us(), start)
