"""The kernels that can compute an operator, each with its parameters, data and scratch.

Lowering names the kernel that runs anywhere, with its weights in CMSIS-NN's layout. The packed
kernels of the Cortex-M7 stand beside it where they are exact and have the shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from host_tools.blob.layout import DATA_ALIGNMENT
from host_tools.cycles.lines import Machine
from host_tools.kernels import KERNELS
from host_tools.kernels.card import Data, Packing
from host_tools.kernels.layer import Layer
from host_tools.kernels.requantization import Refused
from host_tools.plan.costs import Prediction, predict, predict_on
from host_tools.plan_types import Plan, PlanOperator


@dataclass(frozen=True, eq=False)
class Candidate:
    """A kernel for an operator; `flash` is what its parameters and data add to the blob, bytes.

    `cycles` are those of the plan's machine: what is predicted, and the lines missed there.
    """

    kernel: str
    params: dict[str, Any]
    data: dict[str, np.ndarray]
    scratch_size: int
    flash: int
    cost: Prediction
    cycles: int

    def given_to(self, operator: PlanOperator) -> PlanOperator:
        """`operator`, whose candidate it is, with this kernel."""
        return replace(
            operator,
            kernel=self.kernel,
            params=dict(self.params),
            data=dict(self.data),
            scratch_size=self.scratch_size,
        )


@dataclass(frozen=True)
class Inexact:
    """A kernel that has the shape of an operator, but would not give its bits, and why."""

    kernel: str
    cycles: int
    why: str


def candidates(
    plan: Plan, operator: PlanOperator, machine: Machine | None = None
) -> list[Candidate]:
    """What can compute a lowered operator of `plan` for its target, the lowered kernel first."""
    return examined(plan, operator, machine or Machine())[0]


def examined(
    plan: Plan, operator: PlanOperator, machine: Machine
) -> tuple[list[Candidate], list[Inexact]]:
    """The candidates, and the kernels that are none though they have the shape."""
    layer = plan.layer(operator)
    found = [_candidate(operator.kernel, layer, operator.params, operator.data, machine)]
    inexact = []
    for kernel in possible_kernels(plan, operator)[1:]:
        params = packed_params(operator.kernel, kernel, operator.params)
        try:
            data = packings(operator.kernel)[kernel].pack(operator.params, operator.data)
        except Refused as refusal:
            cycles = predict_on(machine, kernel, replace(layer, params=params))
            inexact.append(Inexact(kernel, cycles, str(refusal)))
            continue
        found.append(_candidate(kernel, layer, params, data, machine))
    return found, inexact


def possible_kernels(plan: Plan, operator: PlanOperator) -> list[str]:
    """The kernels that have the shape of a lowered operator, its own first."""
    if plan.target != "cortex-m7":
        return [operator.kernel]
    return kernels_of_shape(operator.kernel, plan.layer(operator))


def kernels_of_shape(lowered: str, layer: Layer) -> list[str]:
    """The kernels that have the shape of a layer, `lowered` first; all of its parameters count."""
    others = packings(lowered)
    return [lowered, *(kernel for kernel in others if others[kernel].fits(layer))]


def packings(lowered: str) -> dict[str, Packing]:
    """The kernels that can take the place of one of lowering, and how."""
    return {name: card.packs[lowered] for name, card in KERNELS.items() if lowered in card.packs}


def packed_params(lowered: str, kernel: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of `kernel` in place of the lowered one with `params`."""
    values = {**params, **packings(lowered)[kernel].params(params)}
    return {name: values[name] for name in KERNELS[kernel].params}


def _candidate(
    kernel: str, layer: Layer, params: Mapping[str, Any], data: Data, machine: Machine
) -> Candidate:
    card = KERNELS[kernel]
    own = replace(layer, params=params)
    flash = card.record.size + sum(
        -(-array.nbytes // DATA_ALIGNMENT) * DATA_ALIGNMENT for array in data.values()
    )
    cost, cycles = predict(kernel, own), predict_on(machine, kernel, own)
    return Candidate(kernel, dict(params), dict(data), card.scratch(own), flash, cost, cycles)
