"""Staying with the scene: small fields that follow the camera, and where paint may fall."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Mask, Matrix, Plane
from pipelines.motion.craft.blend import times, to_plane
from pipelines.motion.effect import Moment, Stage

Shape = tuple[int, int]
"""(height, width)."""


def shape_of(stage: Stage) -> Shape:
    """Return (height, width) of the frames."""
    height, width = stage.pixels.shape[:2]
    return height, width


def small_shape(shape: Shape, factor: int) -> Shape:
    """Return the size of a field at 1/``factor`` of ``shape``, at least 1 × 1."""
    return -(-shape[0] // factor), -(-shape[1] // factor)


def shrink(array: NDArray[Any], factor: int) -> NDArray[Any]:
    """Average an image or a map down to 1/``factor``."""
    height, width = small_shape((array.shape[0], array.shape[1]), factor)
    return np.asarray(cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA))


def grow(array: NDArray[Any], shape: Shape) -> NDArray[Any]:
    """Enlarge a small field to ``shape``, linearly."""
    return np.asarray(cv2.resize(array, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))


def follow(field: NDArray[Any], warp: Matrix, factor: int = 1) -> NDArray[Any]:
    """Move a field of frame 0, at 1/``factor`` of its size, to where the camera sees it now.

    Args:
        field: (h, w) or (h, w, channels), uint8 or float32.
        warp: (2, 3) pixel of frame 0 → pixel of this frame, at full size.
    """
    if np.allclose(warp, np.eye(2, 3), atol=1e-9):
        return field
    small = scaled(warp, factor)
    size = (field.shape[1], field.shape[0])
    moved = cv2.warpAffine(field, small, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved)


def scaled(warp: Matrix, factor: int) -> Matrix:
    """Return ``warp`` for pictures 1/``factor`` the size; pixel centres lie at integers."""
    small = np.asarray(warp, np.float64).copy()
    centre = np.full(2, (factor - 1) / 2)
    small[:, 2] = (small[:, :2] @ centre + small[:, 2] - centre) / factor
    return small


def feathered(region: Mask, width: float) -> Mask:
    """Soften the inside of a region's border over ``width`` pixels; outside stays 0.

    The frame's own border is no border of the region.
    """
    inside = (region > 0.5).astype(np.uint8)
    if inside.all():
        return region
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(region * smoothstep(0.0, width, np.asarray(distance, np.float32)), np.float32)


def smoothstep(low: float, high: float, x: Mask) -> Mask:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def beside_subject(stage: Stage) -> Mask:
    """Return where an effect may act that must not touch the product: 0..1, feathered."""
    return np.asarray(soft_region(stage) * (1 - stage.subject), np.float32)


def soft_region(stage: Stage) -> Mask:
    """Return the region with its border feathered over 4 % of the short side."""
    return feathered(stage.region, 0.04 * min(shape_of(stage)))


class Reach:
    """Where an effect may act, as the camera sees it now.

    Args:
        allowed: (height, width) float32 0..1, of frame 0.
    """

    def __init__(self, allowed: Mask) -> None:
        self._shape = (allowed.shape[0], allowed.shape[1])
        self._plane = to_plane(allowed)
        self._everywhere = bool(self._plane.min() == 255)

    def limit(self, plane: Plane, moment: Moment) -> Plane:
        """Enlarge a plane of this frame to full size, and keep it within reach."""
        full: Plane = grow(plane, self._shape)
        if self._everywhere:
            return full
        return times(full, np.asarray(follow(self._plane, moment.warp), np.uint8))


def clearance(allowed: Mask) -> Mask:
    """Return the distance in pixels from each allowed pixel to the nearest forbidden one.

    Where nothing is forbidden it is larger than any frame.
    """
    free = (allowed > 0.98).astype(np.uint8)
    if free.all():
        return np.full(allowed.shape, 1e6, np.float32)
    return np.asarray(cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
