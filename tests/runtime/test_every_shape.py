"""Every kernel on tensors that it may not take: the runtime refuses them, or keeps within them.

Of layers of each kernel, alone in a blob, each tensor's dimensions, rank, type and zero point are
changed one at a time. The runtime with AddressSanitizer and UBSan and the twin in Python say the
same of each.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from alone import Alone
from blob_editor import BlobEditor
from judge import judged

from host_tools.kernels import KERNELS
from host_tools.verifier import twin

LAYERS = 3
_BYTES = {1: 1, 2: 1, 3: 4, 4: 4}  # of an element, by dtype


def other_shapes(layer: Alone) -> Iterator[bytes]:
    """The layer's blob with one thing of one tensor changed."""
    good = layer.editor.bytes()
    for tensor in layer.tensors:
        for changes in _changes(layer, tensor):
            editor = BlobEditor(good)
            for field, value in changes.items():
                editor.set("tensor", tensor, field, value)
            dims = [editor.get("tensor", tensor, f"dims[{i}]") for i in range(6)]
            item = _BYTES[editor.get("tensor", tensor, "dtype")]
            editor.set("tensor", tensor, "size", math.prod(dims) * item)
            yield editor.bytes()


def _changes(layer: Alone, tensor: int) -> Iterator[dict[str, float]]:
    dims = layer.dims(tensor)
    rank = len(dims)
    for axis, size in enumerate(dims):
        for other in (size - 1, size + 1, 2 * size, 1):
            if other > 0:
                yield {f"dims[{axis}]": other}
    # the same elements, shorter by a dimension or longer by one
    if rank:
        yield {
            "rank": rank - 1,
            f"dims[{rank - 1}]": 1,
            "dims[0]": math.prod(dims[-1:] + dims[:1]),
        }
    if 0 < rank < 6:
        yield {"rank": rank + 1}
        moved = dict(zip((f"dims[{i}]" for i in range(6)), (1, *dims), strict=False))
        yield {"rank": rank + 1, **moved}
    zero = layer.editor.get("tensor", tensor, "zero_point")
    for dtype in (1, 2, 3, 4):
        plain = {"scale": 1.0, "zero_point": 0} if dtype > 2 else {"zero_point": abs(zero)}
        yield {"dtype": dtype, **plain}
    yield {"zero_point": zero - 1}
    yield {"zero_point": zero + 1}


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_keeps_within_tensors_of_any_shape(
    blobs: dict[str, bytes], kernel: str, judge_blobs: Path, tmp_path: Path
) -> None:
    layer = Alone(blobs, kernel)
    tried = [
        blob
        for _ in layer.others(np.random.default_rng(5), LAYERS)
        for blob in other_shapes(layer)
    ]
    lines = judged(judge_blobs, tried, tmp_path)
    for blob, line in zip(tried, lines, strict=True):
        refused = twin.refusal(blob)
        assert line == f"refused {refused}" if refused else line.startswith("runs ")
    assert {line.partition(" ")[0] for line in lines} == {"runs", "refused"}
