"""The size a model works at: near the number of pixels it was trained on, in the shot's shape."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

SHAPE_WEIGHT = 4.0
"""How much worse a wrong shape is than a wrong number of pixels, both as natural logarithms."""

WIDEST = 4.0
"""Longest side over the shortest that is tried."""


@dataclass(frozen=True)
class Native:
    """What a model was trained on.

    Attributes:
        frames: in a clip.
        side: of the square with as many pixels as its pictures (768 for 576 × 1024).
        unit: sides must be multiples of this many pixels: one cell of the network's coarsest level.
        cell: side in pixels of what one latent stands for.
    """

    frames: int
    side: int
    unit: int
    cell: int


def choose_size(width: int, height: int, native: Native) -> tuple[int, int]:
    """Return the (width, height) that a model works at for frames of that shape.

    Both are multiples of ``native.unit``. A slightly wrong shape squeezes what the model sees by
    that little, and comes out again when its frames are brought to the shot's size.

    >>> xt = Native(frames=25, side=768, unit=64, cell=8)
    >>> choose_size(1080, 1920, xt), choose_size(1080, 1080, xt), choose_size(1080, 1350, xt)
    ((576, 1024), (768, 768), (704, 896))
    """
    shape = math.log(width / height)

    def cost(size: tuple[int, int]) -> float:
        off_shape = abs(math.log(size[0] / size[1]) - shape)
        off_number = abs(math.log(size[0] * size[1] / native.side**2))
        return SHAPE_WEIGHT * off_shape + off_number

    last = int(native.side * math.sqrt(WIDEST)) // native.unit
    sides = [native.unit * count for count in range(1, last + 1)]
    return min(product(sides, sides), key=cost)
