"""The operators of TensorFlow Lite: a page each, a family a file. `OPERATORS` is the table."""

from host_tools.operators import (
    blocks,
    elementwise,
    lookup,
    matmul,
    moves,
    parts,
    pooling,
    quantization,
    recurrent,
    reduction,
    repeats,
    resize,
    softmax,
    transpose_conv,
    variables,
    weighted,
)
from host_tools.operators.lowering import Page

OPERATORS: dict[str, Page] = {
    **blocks.PAGES,
    **elementwise.PAGES,
    **lookup.PAGES,
    **matmul.PAGES,
    **moves.PAGES,
    **parts.PAGES,
    **pooling.PAGES,
    **quantization.PAGES,
    **recurrent.PAGES,
    **reduction.PAGES,
    **repeats.PAGES,
    **resize.PAGES,
    **softmax.PAGES,
    **transpose_conv.PAGES,
    **variables.PAGES,
    **weighted.PAGES,
}
