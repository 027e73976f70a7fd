"""Builtin options of the operators that Inkling knows, by the schema's names in snake_case."""

from __future__ import annotations

import importlib
from typing import Any

import tflite


def _names(enum: type) -> dict[int, str]:
    return {v: k for k, v in vars(enum).items() if isinstance(v, int) and not k.startswith("_")}


PADDING = _names(tflite.Padding)
ACTIVATION = _names(tflite.ActivationFunctionType)
WEIGHTS_FORMAT = _names(tflite.FullyConnectedOptionsWeightsFormat)
TENSOR_TYPE = _names(tflite.TensorType)
OPERATOR = _names(tflite.BuiltinOperator)
OPTIONS_TYPE = _names(tflite.BuiltinOptions)

_FUSED = {"fused_activation_function": ACTIVATION}
_STRIDES = {"padding": PADDING, "stride_w": int, "stride_h": int}
_DILATIONS = {"dilation_w_factor": int, "dilation_h_factor": int}
_WINDOW = {**_STRIDES, "filter_width": int, "filter_height": int, **_FUSED}
_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")

# operator -> (options table, {field: int, bool, float, tuple or an enum's names})
FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "ADD": ("AddOptions", {**_FUSED, "pot_scale_int16": bool}),
    "AVERAGE_POOL_2D": ("Pool2DOptions", _WINDOW),
    "CONCATENATION": ("ConcatenationOptions", {"axis": int, **_FUSED}),
    "CONV_2D": ("Conv2DOptions", {**_STRIDES, **_DILATIONS, **_FUSED}),
    "DEPTHWISE_CONV_2D": (
        "DepthwiseConv2DOptions",
        {**_STRIDES, "depth_multiplier": int, **_DILATIONS, **_FUSED},
    ),
    "FULLY_CONNECTED": (
        "FullyConnectedOptions",
        {
            **_FUSED,
            "weights_format": WEIGHTS_FORMAT,
            "keep_num_dims": bool,
            "asymmetric_quantize_inputs": bool,
        },
    ),
    "LEAKY_RELU": ("LeakyReluOptions", {"alpha": float}),
    "MAX_POOL_2D": ("Pool2DOptions", _WINDOW),
    "MEAN": ("ReducerOptions", {"keep_dims": bool}),
    "MUL": ("MulOptions", _FUSED),
    "RESHAPE": ("ReshapeOptions", {"new_shape": tuple}),
    "RESIZE_NEAREST_NEIGHBOR": (
        "ResizeNearestNeighborOptions",
        {"align_corners": bool, "half_pixel_centers": bool},
    ),
    "SOFTMAX": ("SoftmaxOptions", {"beta": float}),
    "SPLIT": ("SplitOptions", {"num_splits": int}),
    "SQUEEZE": ("SqueezeOptions", {"squeeze_dims": tuple}),
    "STRIDED_SLICE": ("StridedSliceOptions", {**dict.fromkeys(_MASKS, int), "offset": bool}),
    "SUB": ("SubOptions", {**_FUSED, "pot_scale_int16": bool}),
}


def read_options(kind: str, operator: tflite.Operator) -> dict[str, Any]:
    """The options of an operator of `kind`; {} for a kind without an entry in FIELDS.

    An operator without an options table gets the schema's defaults. Raises ValueError, with a
    message for the user, for another kind's table or a number that no enum has.
    """
    if kind not in FIELDS:
        return {}
    name, fields = FIELDS[kind]
    given = OPTIONS_TYPE.get(operator.BuiltinOptionsType(), "unknown")
    if given not in (name, "NONE"):
        raise ValueError(f"its options are {given}, but they must be {name}")
    table = getattr(importlib.import_module(f"tflite.{name}"), name)()
    union = operator.BuiltinOptions() if given == name else None
    if union is None:
        # a vtable of no fields, then a table that points to it
        table.Init(b"\x04\0\x04\0\x04\0\0\0", 4)
    else:
        table.Init(union.Bytes, union.Pos)
    return {field: _value(table, field, kind_of) for field, kind_of in fields.items()}


def _value(table: Any, field: str, kind_of: Any) -> Any:
    camel = "".join(part.capitalize() for part in field.split("_"))
    if kind_of is tuple:
        if getattr(table, f"{camel}Length")() == 0:
            return ()
        values = getattr(table, f"{camel}AsNumpy")()
        if len(values) > 64:
            raise ValueError(f"its {field} has {len(values)} entries; at most 64 are allowed")
        return tuple(int(value) for value in values)
    value = getattr(table, camel)()
    if isinstance(kind_of, dict):
        if value not in kind_of:
            raise ValueError(f"its {field} is {value}, which the schema does not know")
        return kind_of[value]
    return kind_of(value)
