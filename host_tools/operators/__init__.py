"""The operators of TensorFlow Lite: a page each, a family a file. `OPERATORS` is the table."""

from host_tools.operators import (
    elementwise,
    lookup,
    moves,
    pooling,
    quantization,
    reduction,
    resize,
    softmax,
    weighted,
)
from host_tools.operators.lowering import Page

OPERATORS: dict[str, Page] = {
    **elementwise.PAGES,
    **lookup.PAGES,
    **moves.PAGES,
    **pooling.PAGES,
    **quantization.PAGES,
    **reduction.PAGES,
    **resize.PAGES,
    **softmax.PAGES,
    **weighted.PAGES,
}
