"""64-bit indices are kept as int32, and are those of the same model with int32."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import LiteRt, TfliteMicro
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.errors import CommandError
from host_tools.host_runtime import HostModel
from host_tools.pack import pack


def _indices(dtype: str, kind: str = "ARG_MAX") -> bytes:
    """int8 [2, 6, 4] to the indices of its rows' greatest [2, 4], and to these flat [8]."""
    builder = ModelBuilder()
    source = builder.tensor([2, 6, 4], scale=0.1)
    found = builder.tensor([2, 4], dtype)
    flat = builder.tensor([8], dtype)
    builder.operator(kind, [source, builder.constant([1])], [found], output_type=dtype.upper())
    builder.operator("RESHAPE", [found, builder.constant([8])], [flat])
    return builder.build([source], [found, flat])


@pytest.mark.parametrize("kind", ["ARG_MAX", "ARG_MIN"])
def test_indices_of_int64_are_those_of_int32(kind: str) -> None:
    wide, narrow = HostModel(pack(_indices("int64", kind))), TfliteMicro(_indices("int32", kind))
    rng = np.random.default_rng(1)
    for _ in range(20):
        given = rng.integers(-128, 128, (2, 6, 4)).astype(np.int8)
        for ours, theirs in zip(wide.run([given]), narrow.run([given], 2), strict=True):
            assert ours.dtype == np.int32
            np.testing.assert_array_equal(ours, theirs)


def test_indices_that_are_cast_back_to_int32_need_no_cast() -> None:
    builder = ModelBuilder()
    source = builder.tensor([3, 5], scale=0.1)
    found, cast = builder.tensor([3], "int64"), builder.tensor([3], "int32")
    builder.operator("ARG_MAX", [source, builder.constant([1])], [found], output_type="INT64")
    builder.operator("CAST", [found], [cast])
    blob = pack(builder.build([source], [cast]))
    assert [operator.kernel for operator in read_blob(blob).operators] == ["arg_max_s8"]


def test_small_numbers_that_are_cast_to_int64_stay_int32() -> None:
    builder = ModelBuilder()
    source, wide = builder.tensor([4], "uint8"), builder.tensor([4], "int64")
    builder.operator("CAST", [source], [wide])
    model = builder.build([source], [wide])
    given = np.array([0, 1, 128, 255], np.uint8)
    [ours] = HostModel(pack(model)).run([given])
    [theirs] = LiteRt(model).run([given])
    assert (ours.dtype, theirs.dtype) == (np.int32, np.int64)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("given", "wanted"), [("int64", "int32"), ("float32", "int64")])
def test_what_int32_may_not_hold_is_refused(given: str, wanted: str) -> None:
    builder = ModelBuilder()
    scores = builder.tensor([4], scale=0.1)
    source, target = builder.tensor([4], given), builder.tensor([4], wanted)
    positive = builder.tensor([4], scale=0.1)
    builder.operator("RELU", [scores], [positive])
    builder.operator("CAST", [source], [target])
    with pytest.raises(CommandError, match="is int64; .*int32"):
        pack(builder.build([scores, source], [positive, target]))
