"""Runs .tflite models in LiteRT, with every tensor that it computes on the way."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.graph import Graph

Array = npt.NDArray[Any]


class LiteRt:
    """A model that `graph` was read of, in LiteRT.

    With `every`, the tensors between the operators are kept. `reference` takes the kernels that
    define the results of int8; the others are fast, and right for float32.
    """

    def __init__(
        self, model: bytes, graph: Graph, *, every: bool = False, reference: bool = False
    ) -> None:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        kinds = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
        self.graph = graph
        try:
            with quiet():
                self.interpreter = Interpreter(
                    model_content=model,
                    experimental_op_resolver_type=kinds,
                    experimental_preserve_all_tensors=every,
                    num_threads=1,
                )
                self.interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise CommandError(f"LiteRT cannot run it: {_first_line(error)}") from error

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """The outputs for one sample: an array in each input's shape and dtype."""
        for index, array in zip(self.graph.inputs, inputs, strict=True):
            self.interpreter.set_tensor(index, array)
        try:
            self.interpreter.invoke()
        except RuntimeError as error:
            raise CommandError(f"LiteRT cannot run it: {_first_line(error)}") from error
        return [self.tensor(index) for index in self.graph.outputs]

    def tensor(self, index: int) -> Array:
        """What the last run computed."""
        return np.asarray(self.interpreter.get_tensor(index))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps what libraries say of themselves from the terminal, C++ too."""
    words = io.StringIO()
    kept = {number: os.dup(number) for number in (1, 2)}
    try:
        with (
            Path(os.devnull).open("wb") as nowhere,
            contextlib.redirect_stdout(words),
            contextlib.redirect_stderr(words),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            for number in kept:
                os.dup2(nowhere.fileno(), number)
            yield
    finally:
        for number, saved in kept.items():
            os.dup2(saved, number)
            os.close(saved)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
