"""Makes the int8 .tflite file from a trained network; no training here.

litert-torch writes the float network and litert-quantizer quantizes it: weights per channel in
convolutions and per tensor in the fully connected layer, input and output int8. The input's range
is set to 0 .. 255, so its scale is 1 and its zero point -128: input = value - 128, exactly.
"""

from __future__ import annotations

from pathlib import Path

import litert_torch
import numpy as np
import tflite
import torch
from litert_quantizer import calibrator, quantizer, recipe, recipe_manager
from litert_quantizer.qtyping import QuantGranularity, TFLOperationName
from litert_quantizer.utils import qsv_utils
from torch import nn

from host_tools.quantize.repeated import shared_ranges
from host_tools.tflite import read_model
from host_tools.tflite.tensors import exact_names

BITS = 8
MOST_FAR = 1e-3  # Of probabilities, between torch and the float file.


class QuantizeError(Exception):
    """The converter made something else than the network the board is meant to run."""


def float_model(network: nn.Module, shown: np.ndarray, path: Path) -> None:
    """Write the float network, of inputs [1, ...] of values 0 to 255, as a .tflite file.

    Raises QuantizeError unless the file gives what the network gives for the inputs uint8
    [N, ...].
    """
    network.eval()
    for values in network.parameters():
        # litert-torch copies others and tells them apart by memory that it has freed.
        values.data = values.data.contiguous(memory_format=torch.contiguous_format)
    inputs = torch.from_numpy(shown.astype(np.float32))
    converted = litert_torch.convert(network, (inputs[:1],))
    converted.export(str(path))
    with torch.no_grad():
        expected = network(inputs).numpy()
    found = np.concatenate([converted(row[np.newaxis]) for row in inputs.numpy()])
    far = float(np.abs(found - expected).max())
    if far > MOST_FAR:
        raise QuantizeError(f"{path}: is up to {far:.3f} from the network, {MOST_FAR} are allowed")


def int8_model(float_path: Path, shown: np.ndarray, path: Path) -> None:
    """Quantize the float .tflite file by the ranges seen over the inputs uint8 [N, ...]."""
    rules = recipe_manager.RecipeManager()
    rules.load_quantization_recipe(recipe.static_wi8_ai8())
    rules.add_static_config(
        ".*", TFLOperationName.FULLY_CONNECTED, BITS, BITS, QuantGranularity.TENSORWISE
    )
    # The default update is a moving average, which clips; this one keeps the extremes.
    watch = calibrator.Calibrator(
        str(float_path), num_threads=1, qsv_update_func=qsv_utils.min_max_update
    )
    (signature,) = watch.get_signature_list()
    names = watch.get_signature_list()[signature]["inputs"]
    samples = [{names[0]: values[None].astype(np.float32)} for values in shown]
    watch.calibrate({signature: samples}, rules)
    ranges = watch.get_model_qsvs()
    input_name = tensor_names(float_path)[0]
    ranges[input_name] = {
        "min": np.zeros_like(ranges[input_name]["min"]),
        "max": np.full_like(ranges[input_name]["max"], 255.0),
    }
    share(float_path, ranges)
    make = quantizer.Quantizer(str(float_path), rules.get_quantization_recipe())
    content = make.quantize(ranges, enable_progress_report=False).quantized_model
    path.write_bytes(content)


def share(path: Path, ranges: dict[str, dict[str, np.ndarray]]) -> None:
    """Give what is the same in each step of an unrolled layer one range, in place."""
    content = path.read_bytes()
    names = exact_names(content)
    known = {
        index: (float(ranges[name]["min"].min()), float(ranges[name]["max"].max()))
        for index, name in enumerate(names)
        if name in ranges
    }
    for index, (low, high) in shared_ranges(read_model(content), known).items():
        if (low, high) != known[index]:
            ends = ranges[names[index]]
            ends["min"], ends["max"] = (
                np.full_like(ends["min"], low),
                np.full_like(ends["max"], high),
            )


def tensor_names(path: Path) -> tuple[str, str]:
    """Return the names of a .tflite file's only input and only output."""
    graph = tflite.Model.GetRootAs(path.read_bytes()).Subgraphs(0)
    ends = (graph.Inputs(0), graph.Outputs(0))
    first, last = (graph.Tensors(index).Name().decode() for index in ends)
    return first, last


def check(path: Path, expected: list[str] | None) -> None:
    """Raise QuantizeError unless the int8 file has these operators, if any, types and input."""
    model = tflite.Model.GetRootAs(path.read_bytes())
    graph = model.Subgraphs(0)
    codes = {value: name for name, value in vars(tflite.BuiltinOperator).items()}
    found = [
        codes[model.OperatorCodes(graph.Operators(index).OpcodeIndex()).BuiltinCode()]
        for index in range(graph.OperatorsLength())
    ]
    if expected is not None and found != expected:
        raise QuantizeError(f"{path}: operators are {found}, expected {expected}")
    ends = {"input": graph.Inputs(0), "output": graph.Outputs(0)}
    for end, index in ends.items():
        if graph.Tensors(index).Type() != tflite.TensorType.INT8:
            raise QuantizeError(f"{path}: the {end} is not int8")
    parameters = graph.Tensors(ends["input"]).Quantization()
    scale, zero_point = parameters.Scale(0), parameters.ZeroPoint(0)
    if (scale, zero_point) != (1.0, -128):
        raise QuantizeError(
            f"{path}: the input has scale {scale} and zero point {zero_point}, expected 1 and -128"
        )
