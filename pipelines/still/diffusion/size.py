"""Through the model's size and back: a network draws well only near the size it was trained on.

A still is padded to the shape of a size that the network takes, by mirroring its border, then
resampled as a whole; the result goes back the same way. So nothing is squeezed: both axes are
scaled alike, to within half a pixel of the still over its whole side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", np.uint8, np.float32)

SHAPE_WEIGHT = 4.0
"""How much worse a wrong shape is, which costs padding, than a wrong number of pixels."""

LONGEST = 4.0
"""Longest side that is tried, over that of the square with as many pixels."""


@dataclass(frozen=True)
class Native:
    """What a network was trained on.

    Attributes:
        pixels: in a picture.
        multiple: what both sides have to be multiples of.
    """

    pixels: int
    multiple: int


@dataclass(frozen=True)
class Fit:
    """How a still becomes what a network sees, and back.

    Attributes:
        still: (width, height) of the still.
        padded: the same after mirroring its border.
        model: the same as the network sees it.
    """

    still: tuple[int, int]
    padded: tuple[int, int]
    model: tuple[int, int]

    @property
    def scale(self) -> float:
        """Pixels of the still for one of the network's, along a side."""
        return math.sqrt(self.padded[0] * self.padded[1] / (self.model[0] * self.model[1]))

    @property
    def _offset(self) -> tuple[int, int]:
        return (self.padded[0] - self.still[0]) // 2, (self.padded[1] - self.still[1]) // 2

    def into(self, plane: NDArray[Number]) -> NDArray[Number]:
        """Return a (height, width[, channels]) plane of the still at the network's size."""
        left, top = self._offset
        right = self.padded[0] - self.still[0] - left
        bottom = self.padded[1] - self.still[1] - top
        mirrored = cv2.copyMakeBorder(plane, top, bottom, left, right, cv2.BORDER_REFLECT_101)
        return _resampled(mirrored, self.model)

    def back(self, plane: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a float32 plane of the network's size at the still's."""
        left, top = self._offset
        padded = _resampled(plane, self.padded)
        return padded[top : top + self.still[1], left : left + self.still[0]]


def fit_size(width: int, height: int, native: Native) -> Fit:
    """Return how a still of that size is fitted to a network.

    >>> fit_size(1920, 1080, Native(pixels=512 * 512, multiple=64)).model
    (704, 384)
    """
    model = _choose(width, height, native)
    padded_width = max(width, round(height * model[0] / model[1]))
    padded_height = max(height, round(width * model[1] / model[0]))
    return Fit((width, height), (padded_width, padded_height), model)


def _choose(width: int, height: int, native: Native) -> tuple[int, int]:
    """Return the (width, height) of the best shape near the native number of pixels."""
    shape, unit = width / height, native.multiple

    def cost(size: tuple[int, int]) -> float:
        off_shape = abs(math.log(size[0] / size[1] / shape))
        return SHAPE_WEIGHT * off_shape + abs(math.log(size[0] * size[1] / native.pixels))

    last = max(1, int(LONGEST * math.sqrt(native.pixels)) // unit)
    rows = range(1, last + 1)
    nearest = [(round(row * shape), row) for row in rows]
    sizes = [(min(last, max(1, column)) * unit, row * unit) for column, row in nearest]
    return min(sizes, key=cost)


def _resampled(plane: NDArray[Number], size: tuple[int, int]) -> NDArray[Number]:
    """Resample as a whole: averages where it shrinks, bicubic where it grows, itself if neither."""
    height, width = plane.shape[:2]
    if (width, height) == size:
        return plane
    shrinks = size[0] * size[1] < width * height
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
