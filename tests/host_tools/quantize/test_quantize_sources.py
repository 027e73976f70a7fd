"""A converted network is held to the one that it was made of."""

from __future__ import annotations

import numpy as np
from corner_networks import corners
from oracle import LiteRt

from host_tools.quantize.sources import MOST_FAR, how_far


def test_another_network_is_far_and_the_same_is_near_in_either_order_of_channels() -> None:
    model = corners()
    x = np.random.default_rng(4).uniform(0, 1, (1, 8, 8, 3)).astype(np.float32)
    [y] = LiteRt(model).run([x])
    assert how_far(model, x, y) < 1e-6
    assert how_far(model, np.moveaxis(x, -1, 1), y) < 1e-6
    assert how_far(corners(sensitivity=1.2), x, y) > MOST_FAR
    # outputs whose dimensions lie in another order are compared by size
    assert how_far(model, x, np.flip(y).reshape(1, 2, 2)) < 1e-6
    assert how_far(model, x, y[:, :3]) == np.inf
