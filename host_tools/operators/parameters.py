"""What pages share: windows, activations, multipliers, and options that many operators have."""

from __future__ import annotations

from host_tools.arithmetic import activation_range, quantize_multiplier
from host_tools.errors import CommandError
from host_tools.graph import Operator, Tensor
from host_tools.operators.arguments import Scale


def window(
    operator: Operator, source: Tensor, kernel: tuple[int, int], dilation: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """((pad above, pad left), (output height, output width)). ComputePaddingHeightWidth."""
    stride = (operator.options["stride_h"], operator.options["stride_w"])
    numbers = [*kernel, *stride, *dilation]
    if min(numbers) < 1 or max(numbers) > 1 << 15:
        raise CommandError(
            f"its window is {list(kernel)}, its strides {list(stride)} and dilations "
            f"{list(dilation)}; each must be 1 or more, and at most 32768"
        )
    pads, sizes = [], []
    for i, size in enumerate(source.shape[1:3]):
        reach = (kernel[i] - 1) * dilation[i] + 1
        if operator.options["padding"] == "SAME":
            count = -(-size // stride[i])
        else:
            count = (size + stride[i] - reach) // stride[i]
        if count < 1:
            raise CommandError(
                f"its window {list(kernel)} does not fit the input {list(source.shape)}"
            )
        sizes.append(count)
        pads.append(max(0, (count - 1) * stride[i] + reach - size) // 2)
    return (pads[0], pads[1]), (sizes[0], sizes[1])


def activation(operator: Operator, result: Scale) -> tuple[int, int]:
    fused = operator.options["fused_activation_function"]
    lowest, highest = activation_range(fused, "int8", result.scale, result.zero_point)
    if lowest > highest:
        raise CommandError(
            f"the fused activation {fused} leaves no value of its output (scale "
            f"{result.scale:g}, zero point {result.zero_point})"
        )
    return lowest, highest


def multiplier_of(real: float) -> tuple[int, int]:
    if not real < 1 << 30:
        raise CommandError(f"its scales multiply to {real:g}; less than 2^30 is supported")
    return quantize_multiplier(real)


# options that many operators have, as `Page.options` gives them
Options = dict[str, type | str]

FUSED: Options = {"fused_activation_function": "ActivationFunctionType"}
STRIDES: Options = {"padding": "Padding", "stride_w": int, "stride_h": int}
