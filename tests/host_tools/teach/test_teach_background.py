"""Backgrounds made of the classes' pictures."""

from __future__ import annotations

import numpy as np
from small_trunk import picture

from host_tools.teach import background


def test_they_are_the_same_for_the_same_seed_and_none_is_a_picture_given() -> None:
    rng = np.random.default_rng(1)
    pictures = np.stack([picture("red", rng, 30) for _ in range(5)])
    made = background.made(pictures, 40, np.random.default_rng(3))
    assert made.shape == (40, 30, 30, 3) and made.dtype == np.uint8
    np.testing.assert_array_equal(made, background.made(pictures, 40, np.random.default_rng(3)))
    distances = np.abs(made[:, None].astype(int) - pictures[None]).mean((2, 3, 4))
    assert distances.min() > 8
    assert len({one.tobytes() for one in made}) == 40


def test_each_kind_keeps_what_it_says() -> None:
    draw = np.random.default_rng(2)
    whole = draw.uniform(0, 255, (32, 32, 3))
    shuffled = background._shuffled(whole, draw)
    np.testing.assert_allclose(np.sort(shuffled, None), np.sort(whole, None))
    scrambled = background._scrambled(whole, draw)
    np.testing.assert_allclose(scrambled.mean((0, 1)), whole.mean((0, 1)))
    spectra = [np.abs(np.fft.rfft2(p, axes=(0, 1)))[1:-1, 1:-1] for p in (scrambled, whole)]
    np.testing.assert_allclose(*spectra, rtol=1e-6)
    enlarged = background._enlarged(whole, draw)
    assert np.abs(np.diff(enlarged, axis=0)).max() < np.abs(np.diff(whole, axis=0)).max() / 3
