"""Picks one option of each group so that the costs' sum is least and the sizes' sum has room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Option = tuple[int, int]  # size, cost
MOST_WAYS = 20_000


def cheapest(groups: Sequence[Sequence[Option]], capacity: int | None) -> list[int] | None:
    """The option's place in each group, or None where even the smallest sizes have no room.

    Groups join one by one, and of all ways so far those are kept that no other beats in both sums:
    that is exact, unless they are so many that some are left out (see MOST_WAYS). Of equal costs
    the smaller size is taken, of equals the option that comes first.
    """
    least = [min(group) for group in groups]
    if capacity is None or sum(_fastest(group)[0] for group in groups) <= capacity:
        return [group.index(_fastest(group)) for group in groups]
    after = sum(size for size, _ in least)
    if after > capacity:
        return None
    sizes, costs = np.zeros(1, np.int64), np.zeros(1, np.int64)
    steps = []
    for group, smallest in zip(groups, least, strict=True):
        after -= smallest[0]
        all_sizes = np.concatenate([sizes + size for size, _ in group])
        all_costs = np.concatenate([costs + cost for _, cost in group])
        order = np.lexsort((all_costs, all_sizes))
        order = order[all_sizes[order] <= capacity - after]
        best = np.minimum.accumulate(all_costs[order])
        order = order[np.concatenate([[True], best[1:] < best[:-1]])]
        if len(order) > MOST_WAYS:
            # evenly, with the smallest and the cheapest among them
            order = order[np.linspace(0, len(order) - 1, MOST_WAYS).astype(np.int64)]
        steps.append((order, len(sizes)))
        sizes, costs = all_sizes[order], all_costs[order]
    place = len(sizes) - 1
    picked = []
    for order, before in reversed(steps):
        option, place = divmod(int(order[place]), before)
        picked.append(option)
    return picked[::-1]


def _fastest(group: Sequence[Option]) -> Option:
    return min(group, key=lambda option: (option[1], option[0]))
