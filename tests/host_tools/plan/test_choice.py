"""The choice of kernels: fewest predicted cycles within flash and RAM, the same on every run."""

from __future__ import annotations

import dataclasses
import itertools
import time
from pathlib import Path

import numpy as np
import pytest
from chains import Chain
from oracle import REAL_MODELS, ROOT, real_model

from host_tools.blob.reader import read_blob, weight_bytes
from host_tools.errors import CommandError
from host_tools.kernels import KERNELS, winograd
from host_tools.kernels.groups import GROUPS
from host_tools.kernels.layer import Layer
from host_tools.pack import pack, plan_model
from host_tools.plan.candidates import candidates, kernels_of_shape
from host_tools.plan.choose import Limits, choose_kernels
from host_tools.plan.costs import counts, predict
from host_tools.plan.explain import choices, reason
from host_tools.plan.knapsack import cheapest
from host_tools.plan.memory import plan_memory
from host_tools.plan_types import Plan

CIFAR10 = ROOT / "models" / "cifar10" / "cifar10.tflite"


def resnet() -> Path:
    return real_model("pretrainedResnet_quant")


def cycles(blob: bytes) -> int:
    """The predicted cycles of a blob."""
    read = read_blob(blob)
    return sum(choices(read, operator)[0].cost.cycles for operator in read.operators)


def kernels(blob: bytes) -> list[str]:
    return [operator.kernel for operator in read_blob(blob).operators]


def refusal(model: Path, **limits: int) -> str:
    with pytest.raises(CommandError) as error:
        pack(model, target="cortex-m7", **limits)
    return str(error.value)


# --- the sum of sizes ---


def test_the_cheapest_options_with_room_are_those_of_trying_all() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        groups = [
            [(int(size), int(cost)) for size, cost in rng.integers(0, 30, (rng.integers(1, 4), 2))]
            for _ in range(rng.integers(1, 6))
        ]
        capacity = int(rng.integers(0, 80))
        sums = [
            (sum(cost for _, cost in way), sum(size for size, _ in way))
            for way in itertools.product(*groups)
        ]
        possible = [way for way in sums if way[1] <= capacity]
        found = cheapest(groups, capacity)
        if not possible:
            assert found is None
            continue
        assert found is not None
        picked = [group[pick] for group, pick in zip(groups, found, strict=True)]
        assert (
            sum(cost for _, cost in picked),
            sum(size for size, _ in picked),
        ) == min(possible)


def test_hundreds_of_groups_take_seconds_and_come_close_to_the_best() -> None:
    rng = np.random.default_rng(4)
    groups = []
    for _ in range(300):
        size, cost = (int(n) for n in rng.integers(1000, 100_000, 2))
        groups.append([(size, 10 * cost), (4 * size, 5 * cost), (8 * size, 3 * cost)])
    capacity = 2 * sum(group[0][0] for group in groups)
    start = time.monotonic()
    found = cheapest(groups, capacity)
    assert time.monotonic() - start < 5
    assert found is not None
    picked = [group[pick] for group, pick in zip(groups, found, strict=True)]
    assert 0.999 * capacity < sum(size for size, _ in picked) <= capacity
    # the best that fractions of options could reach: as much saved a byte as possible first
    steps = sorted(
        ((small[1] - large[1]) / (large[0] - small[0]), large[0] - small[0])
        for group in groups
        for small, large in itertools.pairwise(group)
    )
    left, saved = capacity // 2, 0.0
    while left > 0:
        gain, size = steps.pop()
        saved += gain * min(size, left)
        left -= size
    bound = sum(group[0][1] for group in groups) - saved
    assert bound <= sum(cost for _, cost in picked) < 1.001 * bound


def test_without_a_capacity_each_option_is_the_cheapest_and_then_the_smallest() -> None:
    assert cheapest([[(9, 5), (3, 5), (1, 6)], [(4, 4), (4, 4)]], None) == [1, 0]


# --- limits ---


@pytest.mark.parametrize("flash", [None, 300 * 1024, 200_000, 95 * 1024])
def test_the_blob_keeps_the_limit_of_flash_and_is_the_same_again(flash: int | None) -> None:
    blob = pack(resnet(), target="cortex-m7", flash=flash)
    assert flash is None or len(blob) <= flash
    assert pack(resnet(), target="cortex-m7", flash=flash) == blob


def test_no_byte_over_the_limit_is_taken() -> None:
    for size in (100_000, 150_000, 200_000, 300_000):
        most = len(pack(resnet(), target="cortex-m7", flash=size))
        for less in (0, 1, 4, 8, 12, 16):
            blob = pack(resnet(), target="cortex-m7", flash=most - less)
            assert len(blob) <= most - less
            assert less or len(blob) == most


def test_more_flash_never_costs_cycles() -> None:
    found = [
        cycles(pack(resnet(), target="cortex-m7", flash=1024 * size))
        for size in (90, 95, 110, 150, 200, 300, 500)
    ]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.7 * found[0]


def test_labels_count_as_flash() -> None:
    labels = [f"a label of some length {index}" for index in range(10)]
    size = len(pack(CIFAR10, labels=labels, flash=100_000))
    assert size > len(pack(CIFAR10))
    with pytest.raises(CommandError, match=f"the smallest possible is {size} bytes"):
        pack(CIFAR10, labels=labels, flash=size - 1)


@pytest.mark.parametrize("name", ["cifar10", "resnet"])
def test_too_little_flash_is_refused_with_the_least_that_will_do(name: str) -> None:
    model = CIFAR10 if name == "cifar10" else resnet()
    message = refusal(model, flash=50_000)
    assert message.startswith(f"{model}: --flash 50000 is too small: the smallest possible is ")
    least = int(message.split()[-2])
    assert len(pack(model, target="cortex-m7", flash=least)) == least
    assert f"the smallest possible is {least} bytes" in refusal(model, flash=least - 1)


@pytest.mark.parametrize("name", ["cifar10", "resnet"])
@pytest.mark.parametrize("flash", [None, 95 * 1024])
def test_too_little_ram_is_refused_with_the_least_that_will_do(
    name: str, flash: int | None
) -> None:
    model = CIFAR10 if name == "cifar10" else resnet()
    limits = {} if flash is None else {"flash": flash}
    message = refusal(model, ram=20_000, **limits)
    within = "" if flash is None else f" within --flash {flash}"
    assert message.startswith(
        f"{model}: --ram 20000 is too small: the smallest possible{within} is "
    )
    least = int(message.split()[-2])
    blob = pack(model, target="cortex-m7", ram=least, **limits)
    assert read_blob(blob).arena_size == least
    assert flash is None or len(blob) <= flash
    assert f" is {least} bytes" in refusal(model, ram=least - 1, **limits)


def test_less_ram_costs_cycles() -> None:
    free = pack(resnet(), target="cortex-m7")
    tight = pack(resnet(), target="cortex-m7", ram=38_000)
    assert read_blob(free).arena_size > 38_000 >= read_blob(tight).arena_size
    assert cycles(tight) > cycles(free)


def test_the_portable_target_has_limits_but_no_choice() -> None:
    blob = pack(CIFAR10)
    assert pack(CIFAR10, flash=len(blob), ram=read_blob(blob).arena_size) == blob
    with pytest.raises(CommandError, match=f"the smallest possible is {len(blob)} bytes"):
        pack(CIFAR10, flash=len(blob) - 1)


# --- candidates ---


def test_a_3x3_convolution_may_be_computed_in_four_ways() -> None:
    plan = plan_model(resnet())
    plan.target = "cortex-m7"
    found = candidates(plan, plan.operators[1])
    assert [one.kernel for one in found] == [
        "conv_s8",
        "conv_packed_s8",
        "winograd_f2_s8",
        "winograd_f4_s8",
    ]
    assert [one.cost.cycles for one in found] == sorted(
        (one.cost.cycles for one in found), reverse=True
    )
    plan.target = "portable"
    assert [one.kernel for one in candidates(plan, plan.operators[1])] == ["conv_s8"]


def test_trying_a_choice_leaves_the_plan_that_it_is_made_of_as_it_was() -> None:
    plan = plan_model(resnet())
    plan.target = "cortex-m7"
    before = plan.copy()
    chosen = choose_kernels(plan, Limits(flash=300_000))
    # it exchanges inputs where only the second can be written over, and places tensors
    plan_memory(chosen)
    assert chosen.operators != before.operators
    for operator, old in zip(plan.operators, before.operators, strict=True):
        assert (operator.kernel, operator.inputs) == (old.kernel, old.inputs)
        assert operator.params == old.params and operator.data.keys() == old.data.keys()
    assert plan.tensors == before.tensors


def test_a_forced_kernel_computes_what_it_can() -> None:
    blob = pack(resnet(), target="cortex-m7", force=("winograd_f2_s8",))
    assert kernels(blob).count("winograd_f2_s8") == 4
    assert "winograd_f4_s8" not in kernels(blob)


def test_kernels_that_the_firmware_leaves_out_are_not_chosen() -> None:
    with_all = pack(resnet(), target="cortex-m7")
    assert any("winograd" in kernel for kernel in kernels(with_all))
    blob = pack(resnet(), target="cortex-m7", without=GROUPS["INK_WINOGRAD"])
    assert not any("winograd" in kernel for kernel in kernels(blob))
    with pytest.raises(CommandError, match=r"operator 0 \(CONV_2D\) needs conv_s8, which firmwa"):
        pack(resnet(), without=["conv_s8"])


# --- what the choice is explained by ---


@pytest.mark.parametrize("name", [*REAL_MODELS, "cifar10"])
def test_an_explanation_has_the_costs_and_sizes_that_the_choice_had(name: str) -> None:
    model = CIFAR10 if name == "cifar10" else real_model(name)
    check_explanations(model)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 8])
def test_an_explanation_of_a_depthwise_layer_has_the_kernels_of_its_shape(channels: int) -> None:
    for factor, kernel in itertools.product((1, 2, 3), (2, 3)):
        model, _ = Chain(6, channels).conv(factor * channels, kernel, depthwise=True).build()
        check_explanations(model)


def check_explanations(model: bytes | Path) -> None:
    """Each operator of a model is explained by the kernels that there were to choose from."""
    plan = plan_model(model, drop_constants=False)
    plan.target = "cortex-m7"
    read = read_blob(pack(model, target="cortex-m7", drop_constants=False))
    for planned, operator in zip(plan.operators, read.operators, strict=True):
        options = {one.kernel: one for one in candidates(plan, planned)}
        explained = choices(read, operator)
        assert explained[0].kernel == operator.kernel
        assert explained[0].weight_bytes == weight_bytes(operator)
        for choice in explained:
            if choice.kernel in options:
                candidate = options.pop(choice.kernel)
                assert choice.cost == candidate.cost
                assert choice.weight_bytes == sum(a.nbytes for a in candidate.data.values())
        assert not options
        layer = Layer(
            planned.params,
            tuple(plan.tensors[index].shape for index in planned.inputs),
            plan.tensors[planned.output].shape,
        )
        names = {choice.kernel for choice in explained}
        assert names == set(kernels_of_shape(planned.kernel, layer))


def test_the_plan_knows_why_each_kernel_was_taken() -> None:
    fast = plan_model(resnet(), target="cortex-m7")
    assert why(fast, 1) == ("winograd_f4_s8", "fastest")
    assert why(fast, 14) == ("softmax_s8", "no other")
    small = plan_model(resnet(), target="cortex-m7", flash=90 * 1024)
    assert why(small, 9) == ("conv_packed_s8", "less flash than winograd_f4_s8")
    assert why(small, 8) == ("conv_packed_s8", "fastest")
    tight = plan_model(resnet(), target="cortex-m7", ram=fast.arena_size - 1)
    reasons = {operator.why for operator in tight.operators}
    assert reasons == {"fastest", "no other", "less RAM than winograd_f4_s8"}
    forced = plan_model(resnet(), target="cortex-m7", force=("average_pool_s8",))
    assert why(forced, 12) == ("average_pool_s8", "asked for")
    portable = plan_model(resnet())
    assert {operator.why for operator in portable.operators} == {"no other"}


def test_the_plan_knows_which_faster_kernel_is_not_exact_and_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strict = dataclasses.replace(winograd.METHODS[4], limit=1000)
    monkeypatch.setitem(winograd.METHODS, 4, strict)
    assert why(plan_model(resnet(), target="cortex-m7"), 1) == (
        "winograd_f2_s8",
        "winograd_f4_s8 is not exact: an accumulator can reach 1000",
    )


def why(plan: Plan, index: int) -> tuple[str, str]:
    """The kernel of an operator, and why."""
    return plan.operators[index].kernel, plan.operators[index].why


def test_a_blob_leaves_open_what_shapes_do_not_tell() -> None:
    fast = choices_of(pack(resnet(), target="cortex-m7"), 1)
    assert fast == ("winograd_f4_s8", "fastest")
    small = choices_of(pack(resnet(), target="cortex-m7", flash=90 * 1024), 9)
    assert small == (
        "conv_packed_s8",
        "winograd_f4_s8 is not exact, or needs more flash or RAM",
    )
    forced = pack(resnet(), target="cortex-m7", force=("max_pool_s8", "average_pool_s8"))
    assert choices_of(forced, 12) == (
        "average_pool_s8",
        "average_pool_simd_s8 is not exact, or needs more RAM",
    )
    assert choices_of(forced, 14) == ("softmax_s8", "no other")


def choices_of(blob: bytes, index: int) -> tuple[str, str]:
    """The kernel of an operator, and why."""
    read = read_blob(blob)
    found = choices(read, read.operators[index])
    return found[0].kernel, reason(found)


# --- the cost model ---


def test_panels_within_the_input_are_counted_like_the_kernel_walks() -> None:
    rng = np.random.default_rng(2)
    for _ in range(300):
        batch, height, width, kernel_h, kernel_w, stride = (
            int(rng.integers(1, most)) for most in (8, 12, 12, 5, 5, 3)
        )
        pad = (int(rng.integers(0, kernel_h)), int(rng.integers(0, kernel_w)))
        out_h = (height + pad[0] - 1) // stride + 1
        out_w = (width + pad[1] - 1) // stride + 1
        if (kernel_h, kernel_w, stride) == (1, 1, 1):
            continue
        params = {"kernel_h": kernel_h, "kernel_w": kernel_w, "stride_h": stride}
        params |= {"stride_w": stride, "pad_top": pad[0], "pad_left": pad[1]}
        params |= {"act_min": -128, "act_max": 127}
        layer = Layer(params, ((batch, height, width, 4),), (batch, out_h, out_w, 2))
        inside = 0
        pixels = list(itertools.product(range(batch), range(out_h), range(out_w)))
        for start in range(0, len(pixels) // 4 * 4, 4):
            panel = pixels[start : start + 4]
            _, y, x = panel[0]
            top, left = y * stride - pad[0], x * stride - pad[1]
            right = (x + 3) * stride - pad[1] + kernel_w
            one_row = panel[3][1] == y and panel[3][0] == panel[0][0]
            within = top >= 0 and left >= 0 and top + kernel_h <= height and right <= width
            inside += one_row and within
        assert counts("conv_packed_s8", layer)["inside"] == inside


def test_taps_of_windows_are_counted_without_padding() -> None:
    rng = np.random.default_rng(3)
    for _ in range(100):
        size, kernel, stride, dilation = (int(rng.integers(1, most)) for most in (12, 5, 4, 3))
        pad = int(rng.integers(0, (kernel - 1) * dilation + 1))
        output = (size - 1 + pad) // stride + 1
        params = {f"{name}_w": 1 for name in ("kernel", "stride", "dilation")}
        params |= {"kernel_h": kernel, "stride_h": stride, "dilation_h": dilation}
        params |= {"pad_top": pad, "pad_left": 0}
        layer = Layer(params, ((1, size, 1, 1),), (1, output, 1, 1))
        assert counts("max_pool_s8", layer)["tap"] == sum(
            0 <= place * stride - pad + tap * dilation < size
            for place in range(output)
            for tap in range(kernel)
        )


def test_huge_windows_and_batches_are_counted_at_once() -> None:
    params = {"kernel_h": 32_768, "kernel_w": 1, "stride_h": 1, "stride_w": 1, "pad_top": 0}
    params |= {"pad_left": 0, "act_min": -128, "act_max": 127, "channel_factor": 1}
    layer = Layer(params, ((1 << 20, 65_535, 1, 4),), (1 << 20, 32_768, 1, 4))
    start = time.monotonic()
    assert counts("conv_packed_s8", layer)["multiply"] == (1 << 33) * 2 * 32_768
    assert counts("max_pool_s8", layer)["output"] == 1 << 37
    assert time.monotonic() - start < 1


def test_every_kernel_of_a_blob_has_a_cost() -> None:
    params = dict.fromkeys(
        (
            *("kernel_h", "kernel_w", "stride_h", "stride_w", "dilation_h", "dilation_w"),
            *("channel_factor", "groups", "pad_top", "pad_left", "act_min", "act_max"),
            *("depth", "units", "blocks", "fill", "element_size", "axes"),
            *("batches", "filters", "memory", "rank", "steps", "time_major", "wide"),
        ),
        1,
    )
    vectors = dict.fromkeys(("count", "input_stride", "output_stride"), (1, 1, 1, 2, 3, 4))
    layer = Layer({**params, **vectors}, ((1, 12, 12, 32),) * 2, (1, 12, 12, 32))
    for kernel in KERNELS:
        cost = predict(kernel, layer)
        assert 0 < cost.cycles < 10_000_000, kernel
        assert 0 < cost.instructions < 10_000_000, kernel


def test_a_prediction_is_made_of_the_layer_in_the_blob() -> None:
    read = read_blob(pack(CIFAR10, target="cortex-m7"))
    operator = read.operators[0]
    found = counts(operator.kernel, read.layer(operator))
    # 32 x 32 pixels by fours, 32 channels by twos, 75 taps by fours
    assert found["multiply"] == 256 * 16 * 19
    assert found["pair"] == 256 * 16
