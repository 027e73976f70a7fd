"""Every parameter of every kernel at the ends of ranges: the runtime refuses it, or is right.

Of a layer of each kernel, alone in a blob, each parameter in turn is what ends a range in some
rule, and what lies beside. The runtime with AddressSanitizer and UBSan and the twin in Python say
the same of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alone import BLOCKS, Alone
from blob_editor import PARAMS, BlobEditor
from judge import judged

from host_tools.kernels import KERNELS
from host_tools.verifier import twin

_WITH_PARAMETERS = [
    name
    for name, card in KERNELS.items()
    if set(PARAMS[card.number]) - {block.name for block in BLOCKS.get(name, ())}
]
# the ends of the rules of docs/blob-format.md
_ENDS = (0, 1, 2, 30, -31, 127, -127, 128, -128, 255, 256, 32767, -32768, 65535, 1 << 22)
_LARGE = (-(1 << 31), (1 << 30) - 1, 1 << 30, (1 << 31) - 1)


def other_fields(layer: Alone) -> Iterator[bytes]:
    """The layer's blob with one parameter changed."""
    good = layer.editor.bytes()
    for name in layer.params:
        value = layer.editor.get("params", 0, name)
        near = {end + step for end in _ENDS for step in (-1, 0, 1)}
        near |= {value + step for step in (-1, 1) if abs(value) < 1 << 30}
        for other in sorted({*near, *_LARGE} - {value}):
            editor = BlobEditor(good)
            editor.set("params", 0, name, other)
            yield editor.bytes()


@pytest.mark.parametrize("kernel", _WITH_PARAMETERS)
def test_a_kernel_keeps_within_its_rules_whatever_its_parameters(
    blobs: dict[str, bytes], kernel: str, judge_blobs: Path, tmp_path: Path
) -> None:
    tried = list(other_fields(Alone(blobs, kernel)))
    lines = judged(judge_blobs, tried, tmp_path)
    for blob, line in zip(tried, lines, strict=True):
        refused = twin.refusal(blob)
        # of work past all bounds C may count less
        if refused is None or "the work up to here" not in refused:
            assert line == f"refused {refused}" if refused else line.startswith("runs ")
    assert {line.partition(" ")[0] for line in lines} >= {"refused"}
