"""The kernels' fixed-point arithmetic equals host_tools.arithmetic, at its edges above all."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from portable_kernels import SANITIZERS, build_library

from host_tools.arithmetic import multiply_by_quantized_multiplier, wrap_int32

HERE = Path(__file__).resolve().parent
IntArray = npt.NDArray[np.int32]


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    undefined = [flag.replace("address,", "") for flag in SANITIZERS]
    source = HERE / "requantize_probe.c"
    return ctypes.CDLL(str(build_library(tmp_path_factory.mktemp("probe"), [source], *undefined)))


def _edges() -> tuple[IntArray, IntArray, IntArray]:
    rng = np.random.default_rng(3)
    powers = np.concatenate([(1 << np.arange(32)) + step for step in (-1, 0, 1)])
    sums = np.unique(
        wrap_int32(np.concatenate([powers, -powers, rng.integers(-(1 << 31), 1 << 31, 60)]))
    )
    multipliers = [0, 1, 1 << 30, (1 << 30) + 1, (1 << 31) - 2, (1 << 31) - 1, 0x5A827999]
    shifts = np.arange(-31, 32)
    grid = np.meshgrid(sums, np.array(multipliers), shifts, indexing="ij")
    a, b, c = (np.ascontiguousarray(part.reshape(-1), dtype=np.int32) for part in grid)
    return a, b, c


def _at(array: npt.NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def test_multiplies_as_the_reference_at_every_edge(probe: ctypes.CDLL) -> None:
    sums, multipliers, shifts = _edges()
    found = np.empty_like(sums)
    probe.probe_multiply(_at(sums), _at(multipliers), _at(shifts), _at(found), len(sums))
    expected = multiply_by_quantized_multiplier(sums, multipliers, shifts)
    np.testing.assert_array_equal(found, expected)


def test_multiplies_as_the_reference_near_halves(probe: ctypes.CDLL) -> None:
    # with the multiplier 2^30, a shift of -n divides by 2^(n + 1): these sums lie about halves
    shifts = np.repeat(np.arange(-30, 1, dtype=np.int32), 41 * 11)
    odd = np.tile(np.repeat(np.arange(-20, 21), 11), 31)
    sums = wrap_int32((odd << (-shifts.astype(np.int64))) + np.tile(np.arange(-5, 6), 31 * 41))
    multipliers = np.full_like(shifts, 1 << 30)
    found = np.empty_like(sums)
    probe.probe_multiply(_at(sums), _at(multipliers), _at(shifts), _at(found), len(sums))
    expected = multiply_by_quantized_multiplier(sums, multipliers, shifts)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("offset", [-128, -1, 0, 127])
def test_wraps_where_an_offset_leaves_int32(offset: int, probe: ctypes.CDLL) -> None:
    sums, multipliers, shifts = _edges()
    found = np.empty(len(sums), np.int8)
    arrays = (_at(sums), _at(multipliers), _at(shifts))
    probe.probe_requantize(*arrays, offset, _at(found), len(sums))
    scaled = multiply_by_quantized_multiplier(sums, multipliers, shifts).astype(np.int64)
    expected = np.clip(wrap_int32(scaled + offset), -128, 127)
    np.testing.assert_array_equal(found, expected)
