"""ARG_MAX and ARG_MIN of what is dequantized for another output: found among the stored values."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import TfliteMicro, extreme_inputs, random_inputs
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.errors import CommandError
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.tflite import read_model


def _model(kind: str, scale: float) -> bytes:
    builder = ModelBuilder()
    scores = builder.tensor([3, 40], scale=scale, zero_point=-7)
    real, found = builder.tensor([3, 40], "float32"), builder.tensor([3], "int32")
    builder.operator("DEQUANTIZE", [scores], [real])
    builder.operator(kind, [real, builder.constant([-1])], [found], output_type="INT32")
    return builder.build([scores], [real, found])


@pytest.mark.parametrize("kind", ["ARG_MAX", "ARG_MIN"])
@pytest.mark.parametrize("scale", [0.05, 1e-45, 1.3e36])
def test_the_index_is_that_of_the_real_values(kind: str, scale: float) -> None:
    model = _model(kind, scale)
    blob = pack(model)
    kernels = [operator.kernel for operator in read_blob(blob).operators]
    assert sorted(kernels) == ["arg_max_s8", "dequantize_f32"]
    graph, oracle, runtime = read_model(model), TfliteMicro(model), HostModel(blob)
    rng = np.random.default_rng(1)
    for inputs in [*(random_inputs(graph, rng) for _ in range(20)), *extreme_inputs(graph)]:
        for ours, theirs in zip(runtime.run(inputs), oracle.run(inputs, 2), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_scale_that_makes_different_values_infinity_is_refused() -> None:
    with pytest.raises(CommandError, match="is float32; int8 is needed here"):
        pack(_model("ARG_MAX", 1.4e36))
