"""Builtin options of the operators that we know, by the schema's names in snake_case."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

# from its modules: ai-edge-litert 2.1 puts an empty file over the package's own
from tflite.BuiltinOperator import BuiltinOperator
from tflite.BuiltinOptions import BuiltinOptions
from tflite.Operator import Operator
from tflite.TensorType import TensorType

from host_tools.operators import OPERATORS
from host_tools.operators.floats import FLOATS


def _names(enum: type) -> dict[int, str]:
    return {v: k for k, v in vars(enum).items() if isinstance(v, int) and not k.startswith("_")}


TENSOR_TYPE = _names(TensorType)
OPERATOR = _names(BuiltinOperator)
OPTIONS_TYPE = _names(BuiltinOptions)


# of operators that the reader itself resolves, in the form of a page's options
RESOLVED: dict[str, tuple[str, Mapping[str, type | str]]] = {
    "CALL_ONCE": ("CallOnceOptions", {"init_subgraph_index": int}),
    "VAR_HANDLE": ("VarHandleOptions", {"container": str, "shared_name": str}),
}


def _schema(name: str) -> Any:
    """A class of the schema: tables, and enumerations of names."""
    return getattr(importlib.import_module(f"tflite.{name}"), name)


def read_options(kind: str, operator: Operator) -> dict[str, Any]:
    """The options of an operator of `kind`; {} for a kind that has none or is not known.

    An operator without an options table gets the schema's defaults. Raises ValueError, with a
    message for the user, for another kind's table or a number that no enum has.
    """
    page = OPERATORS.get(kind) or FLOATS.get(kind)
    options = RESOLVED.get(kind, page.options if page else None)
    if options is None:
        return {}
    name, fields = options
    given = OPTIONS_TYPE.get(operator.BuiltinOptionsType(), "unknown")
    if given not in (name, "NONE"):
        raise ValueError(f"its options are {given}, but they must be {name}")
    table = _schema(name)()
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
    if kind_of is str:
        return (value or b"").decode("utf8", "replace")
    if isinstance(kind_of, str):
        names = _names(_schema(kind_of))
        if value not in names:
            raise ValueError(f"its {field} is {value}, which the schema does not know")
        return names[value]
    return kind_of(value)
