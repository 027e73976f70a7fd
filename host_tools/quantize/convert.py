"""Converts a network to a float32 .tflite with the tool that its format needs.

Run as a program of its own, `python -m host_tools.quantize.convert FORMAT SOURCE TARGET`: these
tools print much, and do not always live with each other in one process. Pictures leave with their
channels last, batches of any size as 1.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any


def keras(source: Path, target: Path) -> None:
    """A .keras or .h5 file, by TensorFlow's converter."""
    import tensorflow as tf

    network = tf.keras.models.load_model(source, compile=False)
    with _folder_beside(target) as folder:
        # as a SavedModel, of which the converter folds the variables
        network.export(folder)
        savedmodel(folder, target)


def savedmodel(source: Path, target: Path) -> None:
    """A SavedModel's folder, by TensorFlow's converter."""
    import tensorflow as tf

    network = tf.saved_model.load(str(source))
    if len(network.signatures) != 1 and "serving_default" not in network.signatures:
        raise ValueError(
            f"the SavedModel has the signatures {sorted(network.signatures)}: save it with one, "
            "or with serving_default"
        )
    signature = network.signatures.get("serving_default") or [*network.signatures.values()][0]
    given = signature.structured_input_signature[1]
    specs = [_fixed(tf, spec.shape, spec.dtype, name) for name, spec in given.items()]

    @tf.function
    def call(*values: Any) -> Any:
        return signature(**dict(zip(given, values, strict=True)))

    function = call.get_concrete_function(*specs)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], network)
    target.write_bytes(converter.convert())


def _fixed(tf: Any, shape: Sequence[int | None], dtype: Any, name: str) -> Any:
    """An input of one batch. Raises ValueError where another size is open."""
    sizes = list(shape)
    if None in sizes[1:]:
        raise ValueError(f"the input {name} is {sizes}: only the first size may be open")
    return tf.TensorSpec([1, *sizes[1:]], dtype, name=name)


def onnx(source: Path, target: Path) -> None:
    """An .onnx file, by onnx2tf."""
    import onnx2tf

    with _folder_beside(target) as folder:
        onnx2tf.convert(
            input_onnx_file_path=str(source),
            output_folder_path=str(folder),
            batch_size=1,
            non_verbose=True,
        )
        (written,) = folder.glob("*_float32.tflite")
        written.replace(target)


def pytorch(source: Path, target: Path) -> None:
    """A .pt2 file of torch.export, by litert-torch."""
    import litert_torch
    import torch

    program = torch.export.load(source)
    inputs, named = program.example_inputs
    if named:
        raise ValueError(f"its inputs {', '.join(named)} have names; give them by place")
    # weights of another memory format it reads where they no longer are, without a word
    network = program.module().to(memory_format=torch.contiguous_format)
    pictures = [i for i, tensor in enumerate(inputs) if _is_picture(tensor.shape)]
    if pictures:
        network = litert_torch.to_channel_last_io(network, args=pictures)
        turn = {i: inputs[i].permute(0, 2, 3, 1) for i in pictures}
        inputs = tuple(turn.get(i, tensor) for i, tensor in enumerate(inputs))
    litert_torch.convert(network, inputs).export(str(target))


def _is_picture(shape: Sequence[int]) -> bool:
    return len(shape) == 4 and shape[1] in (1, 3)


@contextlib.contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        yield Path(folder)


CONVERTERS: dict[str, Callable[[Path, Path], None]] = {
    "keras": keras,
    "onnx": onnx,
    "pytorch": pytorch,
    "savedmodel": savedmodel,
}


def main() -> None:
    kind, source, target = sys.argv[1:]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    # what a converter throws has no list; the last line of stderr is what our caller shows
    try:
        with contextlib.redirect_stdout(sys.stderr):
            CONVERTERS[kind](Path(source), Path(target))
    except Exception as error:
        lines = [line for line in str(error).splitlines() if line.strip()] or [""]
        sys.exit(f"{type(error).__name__}: {lines[0]}")


if __name__ == "__main__":
    main()
