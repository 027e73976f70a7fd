"""Says of an operator in a blob what its kernel costs, and what the others of its shape would.

It sees shapes, not the model's weights: whether another kernel would be exact it cannot tell, nor
for what limits the blob was packed. Only the plan knows why a kernel was taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from host_tools.blob.reader import Blob, BlobOperator
from host_tools.cycles.lines import Machine
from host_tools.kernels import KERNELS
from host_tools.kernels.conv import ONE_GROUP
from host_tools.kernels.layer import Layer
from host_tools.plan.candidates import kernels_of_shape, packed_params
from host_tools.plan.costs import Prediction, predict, predict_on

# in a reason that shapes leave open
NOT_KNOWN = "is not exact, or needs more"


@dataclass(frozen=True)
class Choice:
    """A kernel, what a call of it is predicted to cost (`cycles`: on the machine), its weights."""

    kernel: str
    cost: Prediction
    cycles: int
    weight_bytes: int


def choices(blob: Blob, operator: BlobOperator, machine: Machine | None = None) -> list[Choice]:
    """The kernel that an operator has, then those that its shape would allow in its place."""
    layer = blob.layer(operator)
    machine = machine or Machine()
    own = _choice(operator.kernel, layer, machine)
    if blob.target != "cortex-m7":
        return [own]
    lowered = _lowered_kernel(operator)
    if lowered is None:
        return [own]
    layer = replace(layer, params=_lowered_params(operator, lowered, layer))
    return [own] + [
        _choice(kernel, replace(layer, params=_params(kernel, lowered, layer)), machine)
        for kernel in kernels_of_shape(lowered, layer)
        if kernel != operator.kernel
    ]


def reason(found: list[Choice]) -> str:
    """Why the first of `choices` was taken, as far as shapes tell."""
    own, *others = found
    if not others:
        return "no other"
    best = min(others, key=lambda one: (one.cycles, one.weight_bytes))
    if own.cycles <= best.cycles:
        return "fastest"
    needs = "flash or RAM" if own.weight_bytes < best.weight_bytes else "RAM"
    return f"{best.kernel} {NOT_KNOWN} {needs}"


def _choice(kernel: str, layer: Layer, machine: Machine) -> Choice:
    size = sum(KERNELS[kernel].block_sizes(layer).values())
    return Choice(kernel, predict(kernel, layer), predict_on(machine, kernel, layer), size)


def _params(kernel: str, lowered: str, layer: Layer) -> dict[str, int]:
    return (
        dict(layer.params) if kernel == lowered else packed_params(lowered, kernel, layer.params)
    )


def _lowered_kernel(operator: BlobOperator) -> str | None:
    """The portable kernel in whose place an operator's may stand."""
    found = list(KERNELS[operator.kernel].packs)
    if any(operator.kernel in card.packs for card in KERNELS.values()):
        found.append(operator.kernel)
    # a full convolution stands for a depthwise one as well, which the operator's name tells
    depthwise = [one for one in found if one == "depthwise_conv_s8"]
    if operator.name.startswith("DEPTHWISE") and depthwise:
        return depthwise[0]
    return found[0] if found else None


def _lowered_params(operator: BlobOperator, lowered: str, layer: Layer) -> dict[str, int]:
    """What the portable kernel's parameters are, as far as shapes and costs depend on them."""
    filled = {**ONE_GROUP, "filter_offset": 0, **operator.params}
    if lowered == "depthwise_conv_s8":
        filled["channel_factor"] = layer.output[3] // max(1, layer.inputs[0][3])
    # four units and more that share a requantization are packed in blocks
    per_channel = filled.get("blocks") == 0 and filled["units"] >= 4
    return {"per_channel": int(per_channel), **filled}
