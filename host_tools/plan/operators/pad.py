"""Lowers PAD and PADV2 to a copy into an output filled with the zero point, or a given value."""

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, copy_elements, strides
from host_tools.reference.arguments import (
    check_same_quantization,
    check_shape,
    constant,
    inputs,
    integers,
    output,
    quantized,
)


def lower_pad(graph: Graph, operator: Operator) -> Lowered:
    source, paddings, value = inputs(graph, operator, 2, 3)
    assert source is not None and paddings is not None
    target = output(graph, operator)
    check_same_quantization(source, target)
    fill = quantized(target, "int8").zero_point
    if value is not None:
        check_same_quantization(value, target)
        fill = int(constant(value, "int8").reshape(-1)[0])
    numbers = integers(paddings)
    if len(numbers) != 2 * len(source.shape) or min(numbers, default=0) < 0:
        raise CommandError(f"the paddings {numbers} do not fit the shape {list(source.shape)}")
    before, after = numbers[::2], numbers[1::2]
    padded = tuple(b + n + a for b, n, a in zip(before, source.shape, after, strict=True))
    check_shape(target, padded)
    steps = strides(padded)
    return [
        copy_elements(
            operator,
            source,
            target,
            source.shape,
            input_strides=strides(source.shape),
            output_start=sum(b * step for b, step in zip(before, steps, strict=True)),
            output_strides=steps,
            fill=fill,
        )
    ]
