"""Views of pictures to learn from: as another distance, place, light and camera would show them.

They are made of pictures of twice the network's height and width, so that a view of a part of one
is as sharp as the whole.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

# each view shows between these shares of the picture's side
LEAST_SIDE, MOST_SIDE = 0.7, 1.05
ASPECT = 1.15
SHIFT = 0.08  # of the side, beside what a smaller part leaves
DEGREES = 12.0
GAIN, CHANNEL_GAIN, OFFSET = 1.4, 1.12, 20.0


def views(pictures: Tensor, generator: torch.Generator, mirror: bool) -> Tensor:
    """A view of each picture: uint8 [N, 2 height, 2 width, channels] to float [N, channels,
    height, width] of 0 to 255."""
    count, height, width, channels = pictures.shape

    def draw(low: float, high: float, *sizes: int) -> Tensor:
        return low + (high - low) * torch.rand(count, *sizes, generator=generator)

    def factor(most: float, *sizes: int) -> Tensor:
        return torch.exp(draw(-math.log(most), math.log(most), *sizes))

    side, aspect = draw(LEAST_SIDE, MOST_SIDE), factor(ASPECT).sqrt()
    across, down = side * aspect, side / aspect
    angle = draw(-DEGREES, DEGREES) * (math.pi / 180)
    cosine, sine = angle.cos(), angle.sin()
    flip = torch.where(draw(0, 1) < 0.5, -1.0, 1.0) if mirror else torch.ones(count)
    room_x, room_y = (1 - across).clamp(min=0) + SHIFT, (1 - down).clamp(min=0) + SHIFT
    rows = [
        torch.stack([flip * across * cosine, -down * sine, room_x * draw(-1, 1)], 1),
        torch.stack([flip * across * sine, down * cosine, room_y * draw(-1, 1)], 1),
    ]
    grid = functional.affine_grid(
        torch.stack(rows, 1), [count, channels, height // 2, width // 2], align_corners=False
    )
    values = pictures.permute(0, 3, 1, 2).float()
    values = functional.grid_sample(values, grid, padding_mode="reflection", align_corners=False)
    gain = factor(GAIN, 1, 1, 1) * factor(CHANNEL_GAIN, channels, 1, 1)
    return (values * gain + draw(-OFFSET, OFFSET, 1, 1, 1)).clamp(0, 255)
