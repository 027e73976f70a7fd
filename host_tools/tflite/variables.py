"""Makes states of a file's variables: what VAR_HANDLE names and CALL_ONCE sets at first.

A file has a handle for a variable, and operators that read and assign what it stands for. In a
Graph the state itself is a tensor: READ_VARIABLE reads it, ASSIGN_VARIABLE writes it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from host_tools.errors import CommandError
from host_tools.graph import Operator, Tensor
from host_tools.tflite.tensors import text

# a variable's container and name
_Key = tuple[str, str]


@dataclass(frozen=True)
class Initializer:
    """A subgraph that runs once, before all else."""

    tensors: list[Tensor]
    operators: list[Operator]


def resolve_variables(
    tensors: list[Tensor], operators: list[Operator], initializers: list[Initializer]
) -> list[Operator]:
    """The operators without VAR_HANDLE and CALL_ONCE, the others over states.

    A handle among `tensors` becomes its state. Raises CommandError for a variable that is never
    read or assigned in a way that says its type, or used before CALL_ONCE, and for an
    initializer that does more than to assign constants.
    """
    initial: dict[_Key, np.ndarray] = {}
    for initializer in initializers:
        initial |= _constants(initializer)
    keys = _keys(operators)
    states: dict[_Key, int] = {}
    kept: list[Operator] = []
    for operator in operators:
        where = f"operator {operator.index} ({operator.kind})"
        if operator.kind == "CALL_ONCE" and kept and states:
            raise CommandError(f"{where} runs after a variable is used: it must be the first")
        if operator.kind in ("VAR_HANDLE", "CALL_ONCE"):
            continue
        if operator.kind in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
            try:
                operator = _resolved(tensors, operator, keys, states, initial)
            except CommandError as error:
                raise CommandError(f"{where}: {error}") from error
        kept.append(operator)
    assigned = {index for operator in kept for index in operator.outputs}
    for (_, name), index in states.items():
        if index not in assigned:
            raise CommandError(f"the variable {name!r} is read, but never assigned")
    return kept


def _keys(operators: list[Operator]) -> dict[int, _Key]:
    """The variable that each handle stands for."""
    return {
        operator.outputs[0]: (
            operator.options["container"],
            text(operator.options["shared_name"].encode()),
        )
        for operator in operators
        if operator.kind == "VAR_HANDLE" and len(operator.outputs) == 1
    }


def _constants(initializer: Initializer) -> dict[_Key, np.ndarray]:
    """What the initializer assigns."""
    keys = _keys(initializer.operators)
    found = {}
    for operator in initializer.operators:
        where = f"CALL_ONCE's operator {operator.index} ({operator.kind})"
        if operator.kind == "VAR_HANDLE":
            continue
        if operator.kind != "ASSIGN_VARIABLE" or len(operator.inputs) != 2:
            raise CommandError(f"{where}: only constants assigned to variables are supported")
        handle, value = operator.inputs
        data = initializer.tensors[value].data if value >= 0 else None
        if handle not in keys or data is None:
            raise CommandError(f"{where}: it must assign a constant to a variable")
        found[keys[handle]] = data
    return found


def _resolved(
    tensors: list[Tensor],
    operator: Operator,
    keys: dict[int, _Key],
    states: dict[_Key, int],
    initial: dict[_Key, np.ndarray],
) -> Operator:
    """READ_VARIABLE from, or ASSIGN_VARIABLE to, the state in the place of the handle."""
    reads = operator.kind == "READ_VARIABLE"
    if (len(operator.inputs), len(operator.outputs)) != ((1, 1) if reads else (2, 0)):
        raise CommandError(
            f"it has {len(operator.inputs)} inputs and {len(operator.outputs)} outputs"
        )
    handle = operator.inputs[0]
    if handle not in keys:
        raise CommandError("its first input is not the output of a VAR_HANDLE")
    key = keys[handle]
    value = operator.outputs[0] if reads else operator.inputs[1]
    if value < 0:
        raise CommandError("it assigns nothing")
    like = tensors[value]
    if key not in states:
        states[key] = handle
        first = initial.get(key)
        if first is not None and (first.shape, first.dtype.name) != (like.shape, like.dtype):
            raise CommandError(
                f"the variable {key[1]!r} is {like.dtype} of shape {list(like.shape)}, but "
                f"CALL_ONCE assigns {first.dtype.name} of {list(first.shape)}"
            )
        tensors[handle] = dataclasses.replace(
            like, index=handle, name=key[1], data=None, state=True, initial=first
        )
    state = states[key]
    if reads:
        return dataclasses.replace(operator, inputs=(state,))
    return dataclasses.replace(operator, inputs=(value,), outputs=(state,))
