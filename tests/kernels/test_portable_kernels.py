"""Each portable C kernel writes what the numpy reference writes, byte for byte."""

from __future__ import annotations

import numpy as np
import pytest
from portable_cases import CASES, int8_values
from portable_kernels import SANITIZED, PortableKernels, build_for_tests

from host_tools.kernels import (
    conv,
    copy,
    depthwise_conv,
    elementwise,
    fully_connected,
    lut,
    pool,
    quantize,
    reduction,
    resize,
    softmax,
)

# the numpy function of each portable kernel, by its name in CASES
REFERENCE = {
    name: getattr(module, name)
    for module, names in (
        (conv, ("conv",)),
        (depthwise_conv, ("depthwise_conv",)),
        (fully_connected, ("fully_connected",)),
        (pool, ("average_pool", "max_pool")),
        (elementwise, ("add", "mul", "broadcast_add", "broadcast_sub", "broadcast_mul")),
        (softmax, ("softmax",)),
        (lut, ("lut",)),
        (copy, ("copy",)),
        (reduction, ("mean",)),
        (resize, ("resize_nearest",)),
        (quantize, ("quantize", "dequantize")),
    )
    for name in names
}
ROUNDS = 80 if SANITIZED else 250


@pytest.fixture(scope="module")
def portable(tmp_path_factory: pytest.TempPathFactory) -> PortableKernels:
    return PortableKernels(build_for_tests(tmp_path_factory.mktemp("kernels")))


@pytest.mark.parametrize("kernel", CASES)
def test_agrees_with_the_reference(kernel: str, portable: PortableKernels) -> None:
    for seed in range(ROUNDS):
        arrays, keywords = CASES[kernel](np.random.default_rng(seed))
        expected = REFERENCE[kernel](*arrays, **keywords)
        found = getattr(portable, kernel)(*arrays, **keywords)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected, err_msg=f"seed {seed}: {keywords}")


@pytest.mark.parametrize("kernel", ["add", "mul", "lut"])
def test_writes_the_same_in_place(kernel: str, portable: PortableKernels) -> None:
    for seed in range(40):
        arrays, keywords = CASES[kernel](np.random.default_rng(seed))
        function = getattr(portable, kernel)
        np.testing.assert_array_equal(
            function(*arrays, **keywords, in_place=True), function(*arrays, **keywords)
        )


@pytest.mark.parametrize("kernel", ["conv", "depthwise_conv", "fully_connected"])
def test_takes_a_missing_bias_as_zeros(kernel: str, portable: PortableKernels) -> None:
    for seed in range(40):
        (source, weights, bias, *scales), keywords = CASES[kernel](np.random.default_rng(seed))
        function = getattr(portable, kernel)
        np.testing.assert_array_equal(
            function(source, weights, None, *scales, **keywords),
            function(source, weights, np.zeros_like(bias), *scales, **keywords),
        )


def test_sums_of_long_rows_wrap_as_the_reference_does(portable: PortableKernels) -> None:
    depth = 300_000  # 300,000 x 255 x 128 is past 2^33
    rng = np.random.default_rng(1)
    keywords = {
        **{"depth": depth, "units": 5, "per_channel": 0, "input_offset": -127},
        **{"filter_offset": 0, "output_offset": 3, "act_min": -128, "act_max": 127},
        "output_shape": (1, 5),
    }
    weights = np.stack([np.full(depth, -128)] * 4 + [int8_values(rng, (depth,))]).astype(np.int8)
    arrays = (
        *(np.full((1, depth), -128, np.int8), weights, np.zeros(5, np.int32)),
        *(np.array([1 << 30], np.int32), np.array([-25], np.int32)),
    )
    np.testing.assert_array_equal(
        portable.fully_connected(*arrays, **keywords),
        REFERENCE["fully_connected"](*arrays, **keywords),
    )


@pytest.mark.parametrize("size", [511, 512, 513, 4095, 4096, 8192])
def test_softmax_of_many_equal_elements(size: int, portable: PortableKernels) -> None:
    rows = np.full((1, size), 5, np.int8)
    keywords = {"multiplier": 1 << 30, "shift": 22, "diff_min": -248, "output_shape": rows.shape}
    np.testing.assert_array_equal(
        portable.softmax(rows, **keywords), REFERENCE["softmax"](rows, **keywords)
    )


def test_refuses_channels_that_groups_do_not_divide(portable: PortableKernels) -> None:
    arrays, keywords = CASES["conv"](np.random.default_rng(0))
    source = np.zeros((*arrays[0].shape[:3], 5), np.int8)
    with pytest.raises(AssertionError):
        portable.conv(source, *arrays[1:], **{**keywords, "channel_factor": 2})
