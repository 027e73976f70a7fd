"""The oracle: tflite-micro's interpreter, and the real models that the project is measured by."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from host_tools.graph import Graph

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("INKLING_SHARED", ROOT.parent / "shared"))

# every int8 network among the shared data that consists of operators we support
REAL_MODELS = (
    "ad01_int8",
    "kws_ref_model",
    "pretrainedResnet_quant",
    "str_ww_ref_model",
    "tflm_hello_world_int8",
    "vww_96_int8",
)


def wake_words() -> list[Path]:
    """microWakeWord's streaming models, of a package for tests; none where that is missing."""
    found = importlib.util.find_spec("pymicro_wakeword")
    folders = found.submodule_search_locations if found else None
    return [path for folder in folders or () for path in sorted(Path(folder).rglob("*.tflite"))]


def real_model(name: str) -> Path:
    """The path of a model of the shared data; skips the test where it is missing."""
    path = SHARED / "data" / "models" / f"{name}.tflite"
    if not path.exists():
        pytest.skip(f"{name}.tflite is not in {path.parent} (INKLING_SHARED)")
    return path


class TfliteMicro:
    """A model in tflite-micro. Models that its checks refuse abort the whole process."""

    def __init__(self, model: bytes, arena_size: int = 4 << 20) -> None:
        from tflite_micro import runtime

        self.interpreter = runtime.Interpreter.from_bytes(model, arena_size=arena_size)

    def run(self, inputs: Sequence[np.ndarray], outputs: int = 1) -> list[np.ndarray]:
        """The first `outputs` outputs, stored dtypes on both sides."""
        for index, array in enumerate(inputs):
            self.interpreter.set_input(array, index)
        self.interpreter.invoke()
        return [self.interpreter.get_output(index).copy() for index in range(outputs)]


class LiteRt:
    """A model in LiteRT's reference kernels: the oracle where tflite-micro has no int8 kernel."""

    def __init__(self, model: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        self.interpreter = Interpreter(
            model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
        )
        self.interpreter.allocate_tensors()

    def run(self, inputs: Sequence[np.ndarray], outputs: int = 1) -> list[np.ndarray]:
        """As `TfliteMicro.run`."""
        for details, array in zip(self.interpreter.get_input_details(), inputs, strict=True):
            self.interpreter.set_tensor(details["index"], array)
        self.interpreter.invoke()
        places = [details["index"] for details in self.interpreter.get_output_details()]
        return [self.interpreter.get_tensor(place) for place in places[:outputs]]


def random_inputs(graph: Graph, rng: np.random.Generator) -> list[np.ndarray]:
    """Inputs for a graph over the whole range of each stored dtype."""
    arrays = []
    for index in graph.inputs:
        tensor = graph.tensors[index]
        if tensor.dtype == "float32":
            arrays.append(rng.normal(0, 4, tensor.shape).astype(np.float32))
        else:
            limits = np.iinfo(tensor.dtype)
            values = rng.integers(limits.min, limits.max + 1, tensor.shape)
            arrays.append(values.astype(tensor.dtype))
    return arrays


def extreme_inputs(graph: Graph) -> list[list[np.ndarray]]:
    """Inputs of 8-bit graphs where every value is the lowest, the highest, 0, or alternates."""
    patterns: list[list[np.ndarray]] = []
    for pattern in ((0, 0), (-1, -1), (1, 1), (-1, 1), (1, -1)):
        arrays = []
        for index in graph.inputs:
            tensor = graph.tensors[index]
            limits = np.iinfo(tensor.dtype)
            by_sign = {-1: limits.min, 0: 0, 1: limits.max}
            size = int(np.prod(tensor.shape))
            values = np.resize([by_sign[sign] for sign in pattern], size)
            arrays.append(values.astype(tensor.dtype).reshape(tensor.shape))
        patterns.append(arrays)
    return patterns
