"""Whether the backdrop at an edge is plain enough to go on beyond it."""

from __future__ import annotations

from typing import Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, Mask
from pipelines.media import Still

T = TypeVar("T", bound=np.generic)
Edge = Literal["top", "bottom", "left", "right"]

STRIP = 0.1
"""Depth of the strip looked at, as a share of the still's extent towards that edge."""

ROUGHNESS = 5.0
"""A plain strip strays from its smooth fit by at most so many levels, for 95 % of its pixels."""

CALM = 20.0
"""A strip that strays farther than a plain one, but no farther than this, has nothing in it that is
missed where only its light and colour go on: a wooden table, not what lies on it."""

_TOUCH = 0.01


def is_plain(still: Still, edge: Edge, across: slice, roughness: float = ROUGHNESS) -> bool:
    """Whether the strip along ``edge``, within ``across``, is smooth and free of the subject.

    Grain is averaged away before looking; a slow gradient of any direction counts as plain, and so
    does what strays from it by at most ``roughness`` levels.
    """
    pixels = turned(still.pixels, edge)[:, across]
    subject = turned(still.subject.mask, edge)[:, across]
    depth = strip_depth(pixels.shape[0])
    if subject[: max(1, depth // 3)].mean() > _TOUCH:
        return False
    strip = _averaged(pixels[:depth])
    weight = cv2.resize(1 - subject[:depth], strip.shape[1::-1], interpolation=cv2.INTER_AREA) > 0.9
    return bool(_roughness(strip, weight) <= roughness)


def turned(array: NDArray[T], edge: Edge) -> NDArray[T]:
    """Return a view of ``array`` whose first row lies at ``edge``."""
    if edge in ("left", "right"):
        array = array.swapaxes(0, 1)
    return array[::-1] if edge in ("bottom", "right") else array


def strip_depth(extent: int) -> int:
    """Rows of the strip that stands for the backdrop."""
    return max(4, round(STRIP * extent))


def _averaged(strip: Image | Mask) -> NDArray[np.float32]:
    """Shrink to about 96 columns, so that grain is gone and structure stays."""
    height, width = strip.shape[:2]
    scale = min(1.0, 96 / width)
    size = (max(4, round(width * scale)), max(3, round(height * scale)))
    small = cv2.resize(np.ascontiguousarray(strip), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _roughness(strip: NDArray[np.float32], weight: NDArray[np.bool_]) -> float:
    """95th percentile of the distance from the best cubic-by-linear surface, robustly fitted."""
    height, width = strip.shape[:2]
    if weight.mean() < 0.5:
        return np.inf
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, x**2, x**3, y, x * y, x**2 * y], axis=-1)
    basis, values = terms[weight], strip[weight]
    trusted = np.ones(len(values), bool)
    for _ in range(3):
        surface, *_ = np.linalg.lstsq(basis[trusted], values[trusted], rcond=None)
        distance = np.abs(values - basis @ surface).max(axis=1)
        trusted = distance <= max(2.0, 3.0 * float(np.median(distance)))
    return float(np.percentile(distance, 95))
