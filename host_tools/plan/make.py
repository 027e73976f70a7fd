"""Makes the plan of a graph: the steps, in their order."""

from __future__ import annotations

from host_tools.blob.layout import TARGETS
from host_tools.cycles.lines import Machine
from host_tools.errors import CommandError
from host_tools.graph import Graph, Tensor
from host_tools.operators.arguments import label
from host_tools.plan.choose import Limits, choose_kernels
from host_tools.plan.constant_channels import without_constant_channels
from host_tools.plan.costs import predict_on
from host_tools.plan.dense_windows import dense_windows
from host_tools.plan.fold_channels import fold_channels
from host_tools.plan.fold_constants import fold_constants
from host_tools.plan.fold_copies import fold_copies
from host_tools.plan.fold_dilations import fold_dilations
from host_tools.plan.fold_pads import fold_pads
from host_tools.plan.fuse_gru import fuse_gru
from host_tools.plan.fuse_tables import fuse_tables
from host_tools.plan.image_tables import Pictures, image_tables
from host_tools.plan.limits import check_limits, check_run
from host_tools.plan.lower import check_tensor, lower
from host_tools.plan.narrow_indices import narrow_indices
from host_tools.plan.quantize_early import quantize_early
from host_tools.plan.quantized_inputs import quantized_inputs
from host_tools.plan.states import read_in_place
from host_tools.plan_types import Plan, PlanOperator, PlanTensor, view_root


def make_plan(
    graph: Graph,
    target: str = "portable",
    pictures: Pictures | None = None,
    limits: Limits | None = None,
    *,
    drop_constants: bool = True,
) -> Plan:
    """The plan that computes the graph's outputs exactly as tflite-micro does.

    `target` is portable or cortex-m7; the same arguments give the same plan. Raises CommandError
    for what is not supported, naming all of it at once, and for limits that cannot be met.
    Without `drop_constants`, channels that never vary are kept, as a measure of the kernels alone.
    """
    if target not in TARGETS:
        raise CommandError(f"the target {target!r} is not known; give {' or '.join(TARGETS)}")
    model, graph = graph, quantize_early(narrow_indices(graph))
    graph = fuse_tables(fuse_gru(fold_dilations(fold_constants(graph))))
    given, graph = graph, quantized_inputs(graph, model)
    operators, views = lower(graph)
    operators = fold_pads(graph, fold_copies(graph, operators, views), views)
    operators = fold_channels(graph, operators, views)
    plan = read_in_place(_assemble(graph, operators, views, target))
    plan.real_inputs = tuple(
        number
        for number, (before, after) in enumerate(zip(given.inputs, graph.inputs, strict=True))
        if before != after
    )
    pictures = pictures or Pictures()
    plan.image_tables, plan.bgr = image_tables(plan, pictures), pictures.bgr
    plan.fit, plan.scaling = pictures.fit, pictures.scaling
    if not drop_constants:
        return _settled(plan, limits or Limits())
    return _cheapest(without_constant_channels(plan), limits or Limits())


def _cheapest(plans: list[Plan], limits: Limits) -> Plan:
    """Of plans of the same bits, settled, the fastest; the first is the smallest."""
    best = _settled(plans[0], limits)
    for plan in plans[1:]:
        try:
            other = _settled(plan, limits)
        except CommandError:
            continue  # larger, so it may be beyond a limit that the first keeps
        if _cycles(other, limits.machine) < _cycles(best, limits.machine):
            best = other
    return best


def _cycles(plan: Plan, machine: Machine) -> int:
    return sum(predict_on(machine, one.kernel, plan.layer(one)) for one in plan.operators)


def _settled(plan: Plan, limits: Limits) -> Plan:
    """The plan with its kernels and memory. Raises CommandError where a limit is not kept."""
    if not limits.force:  # else a forced kernel of convolutions would miss some
        plan = dense_windows(plan)
    check_limits(plan)
    plan = choose_kernels(plan, limits)
    check_run(plan)
    return plan


def _assemble(
    graph: Graph, operators: list[PlanOperator], views: dict[int, int], target: str
) -> Plan:
    """The plan of these operators over only the tensors they use, in the graph's order."""
    for what, indices in (("input", graph.inputs), ("output", graph.outputs)):
        for index in indices:
            _check_io(graph, views, index, what)
    if len(set(graph.inputs)) < len(graph.inputs):
        raise CommandError("a tensor is the model's input twice; each must be one of its own")
    used = {*graph.inputs, *graph.outputs}
    for operator in operators:
        used.update((*operator.inputs, operator.output))
    used.update([view_root(views, index) for index in used])
    order = sorted(used)
    place = {index: position for position, index in enumerate(order)}
    tensors = []
    for index in order:
        tensor = _tensor(graph.tensors[index])
        if (root := view_root(views, index)) != index:
            tensor.view_of = place[root]
        tensors.append(tensor)
    for operator in operators:
        operator.inputs = tuple(place[index] for index in operator.inputs)
        operator.output = place[operator.output]
    return Plan(
        name=graph.name,
        target=target,
        tensors=tensors,
        operators=operators,
        inputs=tuple(place[index] for index in graph.inputs),
        outputs=tuple(place[index] for index in graph.outputs),
    )


def _check_io(graph: Graph, views: dict[int, int], index: int, what: str) -> None:
    tensor = graph.tensors[index]
    try:
        check_tensor(graph, index)
    except CommandError as error:
        raise CommandError(f"the model's {what}: {error}") from error
    if graph.tensors[view_root(views, index)].state:
        raise CommandError(f"the model's {what} {label(tensor)} is a state: give a copy of it out")
    if graph.tensors[view_root(views, index)].data is not None:
        raise CommandError(
            f"the model's {what} {label(tensor)} is a constant: nothing would be computed"
        )


def _tensor(tensor: Tensor) -> PlanTensor:
    quantization = tensor.quantization
    planned = PlanTensor(
        tensor.name,
        tensor.shape,
        tensor.dtype,
        data=tensor.data,
        state=tensor.state,
        initial=tensor.initial,
    )
    eight_bit = tensor.dtype in ("int8", "uint8")
    if eight_bit and quantization is not None and len(quantization.scale) == 1:
        planned.scale = float(quantization.scale[0])
        planned.zero_point = int(quantization.zero_point[0])
    return planned
