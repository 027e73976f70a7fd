"""Writes the GRU layers of an exported PyTorch program step by step, as the packer knows them.

torch.nn.GRU and GRUCell stay whole in a program of torch.export. What litert-torch makes of them
computes new + update * (state - new); the packer makes one kernel of a step that computes
update * state + (1 - update) * new, which is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def with_steps(program: Any) -> Any:
    """The torch.export.ExportedProgram with its GRU layers unrolled, all else as it was."""
    import torch

    rules: dict[Any, Callable[..., Any]] = {
        torch.ops.aten.gru_cell.default: step,
        torch.ops.aten.gru.input: layers,
    }
    if not any(node.target in rules for node in program.graph.nodes):
        return program
    return program.run_decompositions(rules)


def step(
    given: Any, state: Any, weights: Any, state_weights: Any, bias: Any = None, kept: Any = None
) -> Any:
    """The next state [n, units] after the inputs [n, depth]; as aten.gru_cell."""
    import torch
    from torch.nn import functional

    reset, update, new = functional.linear(given, weights, bias).chunk(3, 1)
    parts = functional.linear(state, state_weights, kept).chunk(3, 1)
    reset = torch.sigmoid(reset + parts[0])
    update = torch.sigmoid(update + parts[1])
    new = torch.tanh(new + reset * parts[2])
    return update * state + (1 - update) * new


def layers(
    given: Any,
    start: Any,
    weights: Sequence[Any],
    biases: bool,
    count: int,
    dropout: float,
    train: bool,
    both_ways: bool,
    batch_first: bool,
) -> tuple[Any, Any]:
    """All outputs and each layer's last state; as aten.gru.input, without dropout."""
    import torch

    along = 1 if batch_first else 0
    each = 4 if biases else 2
    values = list(given.unbind(along))
    ends: list[Any] = []
    for _ in range(count):
        ways = []
        for backwards in (False, True)[: 1 + both_ways]:
            place = len(ends)
            state, found = start[place], []
            for value in reversed(values) if backwards else values:
                state = step(value, state, *weights[each * place : each * (place + 1)])
                found.append(state)
            ends.append(state)
            ways.append(found[::-1] if backwards else found)
        values = ways[0]
        if both_ways:
            values = [torch.cat(outputs, 1) for outputs in zip(*ways, strict=True)]
    return torch.stack(values, along), torch.stack(ends)
