"""Outputs that slide over their inputs: no byte is written before it is read for the last time."""

from __future__ import annotations

import numpy as np
import pytest
from chains import Chain
from oracle import ROOT, TfliteMicro, random_inputs, real_model
from sliding import LAYERS, laid_out, least_distance

from host_tools.blob.writer import write_blob
from host_tools.host_runtime import BlobError, HostModel
from host_tools.kernels import KERNELS
from host_tools.kernels.layer import Layer
from host_tools.pack import plan_model
from host_tools.plan.memory import Block, lower_bound, place_blocks
from host_tools.plan_types import Plan, PlanOperator, PlanTensor

SHAPES = 300
PIXELS = ("conv_packed_s8", "max_pool_simd_s8", "average_pool_simd_s8")


def random_operator(kernel: str, rng: np.random.Generator) -> tuple[Plan, PlanOperator]:
    """A convolution or pooling of random shape, as the verifier allows them."""
    channels, units = (int(n) for n in rng.integers(1, 9, 2))
    units = channels if "pool" in kernel else units
    source, output, params = [1], [1], {}
    for side, pad_name in (("h", "pad_top"), ("w", "pad_left")):
        size = int(rng.integers(1, 9))
        length, stride = (int(n) for n in rng.integers(1, 5, 2))
        pad = int(rng.integers(0, length))
        most = (size - 1 + pad) // stride + 1
        source.append(size)
        # mostly all the windows there are
        output.append(most if rng.random() < 0.7 else int(rng.integers(1, most + 1)))
        params |= {f"kernel_{side}": length, f"stride_{side}": stride, pad_name: pad}
    tensors = [
        PlanTensor("x", (*source, channels), "int8"),
        PlanTensor("y", (*output, units), "int8"),
    ]
    operator = PlanOperator(kernel, 0, "", (0,), 1, params)
    return Plan("p", "cortex-m7", tensors, [operator], (0,), (1,)), operator


def windows(plan: Plan, operator: PlanOperator) -> list[tuple[slice, slice]]:
    """Rows and columns of the input under each output pixel, in running order."""
    params = operator.params
    _, height, width, _ = plan.tensors[operator.output].shape
    return [
        (
            slice(max(0, y), max(0, y + params["kernel_h"])),
            slice(max(0, x), max(0, x + params["kernel_w"])),
        )
        for y in range(-params["pad_top"], height * params["stride_h"], params["stride_h"])
        for x in range(-params["pad_left"], width * params["stride_w"], params["stride_w"])
        if (y + params["pad_top"]) // params["stride_h"] < height
        and (x + params["pad_left"]) // params["stride_w"] < width
    ]


def survives(plan: Plan, operator: PlanOperator, before: int) -> bool:
    """Whether each pixel finds its window whole, if the output starts `before` the input.

    A convolution reads all channels of a pixel's window first; a pooling takes one at a time.
    """
    source, output = (plan.tensors[i].shape for i in (operator.inputs[0], operator.output))
    size = int(np.prod(source))
    untouched = np.arange(size)
    arena = np.concatenate([np.full(before, -1), untouched])
    arena = np.concatenate([arena, np.full(max(0, int(np.prod(output)) - len(arena)), -1)])
    held = arena[before : before + size].reshape(source[1:])
    wanted = untouched.reshape(source[1:])
    at = 0
    for rows, columns in windows(plan, operator):
        if operator.kernel == "conv_packed_s8":
            if not np.array_equal(held[rows, columns], wanted[rows, columns]):
                return False
            arena[at : at + output[3]] = -1
        else:
            for channel in range(output[3]):
                if (held[rows, columns, channel] != wanted[rows, columns, channel]).any():
                    return False
                arena[at + channel] = -1
        at += output[3]
    return True


@pytest.mark.parametrize("kernel", PIXELS)
def test_a_slide_is_the_least_that_lets_every_pixel_find_its_window(kernel: str) -> None:
    rng = np.random.default_rng(1)
    slid = 0
    for _ in range(SHAPES):
        plan, operator = random_operator(kernel, rng)
        found = KERNELS[operator.kernel].slide(plan.layer(operator))
        assert found is not None
        assert survives(plan, operator, found), (plan.tensors, operator.params)
        if found:
            slid += 1
            assert not survives(plan, operator, found - 1), (plan.tensors, operator.params)
    assert slid > SHAPES // 4


def strips_survive(layer: Layer, before: int) -> bool:
    """Whether winograd_f45_s8 finds each row whole, if the output starts `before` the input.

    Its tiles, of 4 outputs of a row, are four beside each other, two by two, or one below another.
    """
    (_, height, width, channels), (_, out_h, out_w, units) = layer.inputs[0], layer.output
    beside = -(-out_w // 4)
    rows = {1: 4, 2: 2}.get(beside, 1)
    ends = max(before + height * width * channels, out_h * out_w * units)
    whole = np.full(ends, True)
    held = whole[before : before + height * width * channels].reshape(height, width * channels)
    for y in range(0, out_h, rows):
        for own in range(y, min(y + rows, out_h)):
            # the rows that the tile above has not transformed already
            for row in range(own + (5 - rows if y else 0), own + 5):
                row -= layer.params["pad_top"]
                if 0 <= row < height and not held[row].all():
                    return False
        whole[y * out_w * units : min(y + rows, out_h) * out_w * units] = False
    return True


def test_a_slide_of_strips_is_the_least_that_lets_every_tile_find_its_rows() -> None:
    rng = np.random.default_rng(3)
    slid = 0
    for _ in range(SHAPES):
        height, width = (int(n) for n in rng.integers(1, 17, 2))
        channels, units = 4 * int(rng.integers(1, 4)), int(rng.integers(1, 25))
        pad = int(rng.integers(max(0, 5 - height), 5))
        size = (height + pad + int(rng.integers(max(0, 5 - height - pad), 3)) - 4, width, units)
        layer = Layer({"pad_top": pad}, ((1, height, width, channels),), (1, *size))
        found = KERNELS["winograd_f45_s8"].slide(layer)
        assert found is not None
        assert strips_survive(layer, found), layer
        if found:
            slid += 1
            assert not strips_survive(layer, found - 1), layer
    assert slid > SHAPES // 4


def test_a_convolution_of_several_strips_or_pictures_does_not_slide() -> None:
    slide = KERNELS["winograd_f45_s8"].slide
    for batch, width in ((1, 17), (2, 16)):
        shape = (batch, 9, width, 8)
        assert slide(Layer({"pad_top": 2}, (shape,), shape)) is None
    # each row is read two rows before it is written over
    assert slide(Layer({"pad_top": 2}, ((1, 9, 16, 8),), (1, 9, 16, 8))) == 0


def test_a_packed_depthwise_convolution_keeps_a_pixel_more_before_its_input() -> None:
    rng = np.random.default_rng(1)
    for _ in range(SHAPES):
        plan, operator = random_operator("conv_packed_s8", rng)
        pixels = KERNELS[operator.kernel].slide(plan.layer(operator))
        operator.kernel = "depthwise_packed_s8"
        assert pixels is not None
        found = KERNELS[operator.kernel].slide(plan.layer(operator))
        assert found == pixels + plan.tensors[operator.output].shape[3]


@pytest.mark.parametrize("kernel", ["conv_packed_s8", "depthwise_packed_s8"])
def test_pictures_of_a_batch_do_not_slide(kernel: str) -> None:
    plan, operator = random_operator(kernel, np.random.default_rng(2))
    for tensor in plan.tensors:
        tensor.shape = (2, *tensor.shape[1:])
    assert KERNELS[operator.kernel].slide(plan.layer(operator)) is None


@pytest.mark.parametrize("kernel", LAYERS)
def test_c_takes_the_slide_that_python_gives_and_nothing_less(kernel: str) -> None:
    for chain in LAYERS[kernel]:
        model, graph = chain.build()
        plan = plan_model(model, target="cortex-m7", force=[kernel])
        [operator] = plan.operators
        assert operator.kernel == kernel
        source, output = plan.tensors[operator.inputs[0]], plan.tensors[operator.output]
        enough, step = least_distance(plan)
        inputs = random_inputs(graph, np.random.default_rng(3))
        expected = TfliteMicro(model).run(inputs)[0]
        for more in (0, step, 3 * step):
            ours = HostModel(laid_out(plan, enough + more)).run(inputs)[0]
            np.testing.assert_array_equal(ours, expected)
        less = [enough - 4]
        if kernel == "depthwise_3x3_s8" and step > 4:
            less += [enough + 4]
        for before in less:
            if -output.size < -before < source.size and -source.size < before < output.size:
                with pytest.raises(BlobError, match="overlap in the arena: the output and input"):
                    HostModel(laid_out(plan, before))


def test_a_depthwise_output_wider_than_its_input_does_not_slide() -> None:
    chain = Chain(2, 16)
    chain.input = source = chain.tensor([1, 4, 2, 16])
    chain.last = chain.tensor([1, 4, 6, 16])
    padding = chain.builder.constant([[0, 0], [0, 0], [2, 2], [0, 0]])
    chain.builder.operator("PAD", [source, padding], [chain.last])
    model, graph = chain.depthwise(padding="VALID").build()
    plan = plan_model(model, target="cortex-m7", force=["depthwise_3x3_s8"])
    [operator] = plan.operators
    assert plan.tensors[operator.output].shape == (1, 2, 4, 16)
    assert KERNELS[operator.kernel].slide(plan.layer(operator)) is None
    assert plan.tensors[operator.output].offset != plan.tensors[operator.inputs[0]].offset
    inputs = random_inputs(graph, np.random.default_rng(4))
    ours = HostModel(write_blob(plan)).run(inputs)[0]
    np.testing.assert_array_equal(ours, TfliteMicro(model).run(inputs)[0])


@pytest.mark.parametrize("seed", range(50))
def test_blocks_overlap_only_where_one_may_slide_over_the_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 30))
    lasts = np.arange(count) + rng.choice([1, 1, 1, 2, 4], count)
    sizes = 16 * rng.integers(1, 200, count)
    blocks = [Block(int(sizes[i]), i, int(lasts[i])) for i in range(count)]
    blocks += [Block(16 * int(rng.integers(1, 40)), i, i) for i in range(0, count, 3)]
    slides = {
        (i + 1, i): 16 * int(rng.integers(0, 100))
        for i in range(count - 1)
        if lasts[i] == i + 1 and rng.random() < 0.7
    }
    offsets, total = place_blocks(blocks, slides)
    assert total == max(o + b.size for o, b in zip(offsets, blocks, strict=True))
    assert total >= lower_bound(blocks, slides)
    # never more than without sliding, but for what the search misses
    assert total <= 1.1 * place_blocks(blocks)[1]
    for i, block in enumerate(blocks):
        for j, other in enumerate(blocks[:i]):
            if not block.meets(other):
                continue
            low, high = sorted((i, j), key=lambda k: offsets[k])
            apart = offsets[low] + blocks[low].size <= offsets[high]
            slid = (low, high) in slides and offsets[high] - offsets[low] >= slides[low, high]
            assert offsets[i] >= 0 and (apart or slid), (i, j)


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("pretrainedResnet_quant", 45_056),
        ("kws_ref_model", 12_288),
        ("vww_96_int8", 45_056),
        ("ad01_int8", 2_048),
    ],
)
def test_a_real_network_fits_the_memory_that_it_is_promised(name: str, most: int) -> None:
    assert plan_model(real_model(name), target="cortex-m7").arena_size <= most


def test_our_cifar10_network_fits_the_memory_that_it_is_promised() -> None:
    model = ROOT / "models" / "cifar10" / "cifar10.tflite"
    assert plan_model(model, target="cortex-m7").arena_size <= 34_000


def test_what_is_computed_in_place_may_be_computed_apart_where_that_takes_less() -> None:
    # 3072 bytes -> 2048 -> 2048 -> 4096: in place, the second would have to end where the last
    # does, and the first would lie behind
    chain = Chain(32, 3).conv(8, 3, stride=2).depthwise().conv(16).depthwise(stride=2)
    model, graph = chain.build()
    plan = plan_model(model, target="cortex-m7", force=["conv_packed_s8", "depthwise_3x3_s8"])
    first, second = plan.operators[1].inputs[0], plan.operators[1].output
    assert plan.tensors[first].offset != plan.tensors[second].offset
    assert plan.arena_size == 4096 + max(operator.scratch_size for operator in plan.operators)
    blob = HostModel(write_blob(plan))
    inputs = random_inputs(graph, np.random.default_rng(5))
    np.testing.assert_array_equal(blob.run(inputs)[0], TfliteMicro(model).run(inputs)[0])
