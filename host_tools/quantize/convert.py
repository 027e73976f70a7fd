"""Converts a network to a float32 .tflite with the tool that its format needs.

Run as a program of its own, `python -m host_tools.quantize.convert FORMAT SOURCE TARGET`: these
tools print much, and do not always live with each other in one process. Pictures leave with their
channels last, batches of any size as 1. Beside TARGET, an .npz of its name gets what a network of
one input and one output gives for random numbers: `x` and `y`, to hold the .tflite to.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from host_tools.files import temporary_folder
from host_tools.quantize.gru_steps import with_steps

# random inputs of one sample, and what the network itself gives; None where it is not of that kind
Example = tuple[Any, Any] | None


def keras(source: Path, target: Path) -> Example:
    """A .keras or .h5 file, by TensorFlow's converter."""
    import tensorflow as tf

    network = tf.keras.models.load_model(source, compile=False)
    kinds = tf.keras.layers
    for layer in network.layers:
        both = isinstance(layer, kinds.Bidirectional)
        for part in (layer.forward_layer, layer.backward_layer) if both else (layer,):
            if isinstance(part, kinds.RNN):
                part.unroll = True  # how often a loop runs, only a run knows
    with temporary_folder(target.parent) as name:
        folder = Path(name)
        # as a SavedModel, of which the converter folds the variables
        network.export(folder)
        return savedmodel(folder, target)


def savedmodel(source: Path, target: Path) -> Example:
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
    if len(specs) != 1 or specs[0].dtype != tf.float32:
        return None
    x = _random(specs[0].shape)
    outputs = [*call(tf.constant(x)).values()]
    return (x, outputs[0].numpy()) if len(outputs) == 1 else None


def _random(shape: Sequence[int]) -> Any:
    return np.random.default_rng(0).normal(0, 1, tuple(shape)).astype(np.float32)


def _fixed(tf: Any, shape: Sequence[int | None], dtype: Any, name: str) -> Any:
    """An input of one batch. Raises ValueError where another size is open."""
    sizes = list(shape)
    if None in sizes[1:]:
        raise ValueError(f"the input {name} is {sizes}: only the first size may be open")
    return tf.TensorSpec([1, *sizes[1:]], dtype, name=name)


def onnx(source: Path, target: Path) -> Example:
    """An .onnx file, by onnx2tf."""
    import onnx2tf
    import onnxruntime

    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    inputs, outputs = session.get_inputs(), session.get_outputs()
    with temporary_folder(target.parent) as folder:
        onnx2tf.convert(
            input_onnx_file_path=str(source),
            output_folder_path=folder,
            batch_size=1,
            # sequences stay as in training; pictures are turned to channels last
            keep_ncw_or_nchw_or_ncdhw_input_names=[i.name for i in inputs if len(i.shape) == 3],
            non_verbose=True,
        )
        (written,) = Path(folder).glob("*_float32.tflite")
        written.replace(target)
    if len(inputs) != 1 or len(outputs) != 1 or inputs[0].type != "tensor(float)":
        return None
    first, *rest = inputs[0].shape
    x = _random([first if isinstance(first, int) else 1, *rest])
    return x, session.run(None, {inputs[0].name: x})[0]


def pytorch(source: Path, target: Path) -> Example:
    """A .pt2 file of torch.export, by litert-torch."""
    import litert_torch
    import torch

    program = torch.export.load(source)
    inputs, named = program.example_inputs
    if named:
        raise ValueError(f"its inputs {', '.join(named)} have names; give them by place")
    # weights of another memory format it reads where they no longer are, without a word
    given = program.module()
    network = with_steps(program).module().to(memory_format=torch.contiguous_format)
    example = None
    if len(inputs) == 1 and inputs[0].dtype == torch.float32:
        x = _random(inputs[0].shape)
        with torch.no_grad():
            y = given(torch.from_numpy(x))
        example = (x, y.numpy()) if isinstance(y, torch.Tensor) else None
    pictures = [i for i, tensor in enumerate(inputs) if _is_picture(tensor.shape)]
    if pictures:
        network = litert_torch.to_channel_last_io(network, args=pictures)
        turn = {i: inputs[i].permute(0, 2, 3, 1) for i in pictures}
        inputs = tuple(turn.get(i, tensor) for i, tensor in enumerate(inputs))
    litert_torch.convert(network, inputs).export(str(target))
    return example


def _is_picture(shape: Sequence[int]) -> bool:
    return len(shape) == 4 and shape[1] in (1, 3)


CONVERTERS: dict[str, Callable[[Path, Path], Example]] = {
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
            example = CONVERTERS[kind](Path(source), Path(target))
    except Exception as error:
        lines = [line for line in str(error).splitlines() if line.strip()] or [""]
        sys.exit(f"{type(error).__name__}: {lines[0]}")
    if example:
        np.savez(Path(target).with_suffix(".npz"), x=example[0], y=example[1])


if __name__ == "__main__":
    main()
