"""Staying with the scene: small fields that follow the camera, and where paint may fall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Mask, Matrix, Plane
from pipelines.motion.craft.blend import times, to_plane
from pipelines.motion.effect import Moment, Stage
from pipelines.ramp import eased

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
    if factor == 1:
        return array
    height, width = small_shape((array.shape[0], array.shape[1]), factor)
    return np.asarray(cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA))


def grow(array: NDArray[Any], shape: Shape) -> NDArray[Any]:
    """Enlarge a small field to ``shape``, linearly."""
    if array.shape[:2] == shape:
        return array
    return np.asarray(cv2.resize(array, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))


@dataclass(frozen=True)
class Grid:
    """A coarse grid over the frame, for fields too soft to need every pixel.

    Its size comes from the frame's shape, not from its resolution, so that a draft and its final
    draw the same noise.
    """

    shape: Shape
    factor: float

    @classmethod
    def over(cls, stage: Stage, cells: int) -> Grid:
        """Lay ``cells`` along the short side, and at most four times as many along the long."""
        shape = shape_of(stage)
        factor = max(min(shape) / cells, max(shape) / (4 * cells))
        return cls((max(1, round(shape[0] / factor)), max(1, round(shape[1] / factor))), factor)

    def coarsen(self, array: Mask) -> Mask:
        """Bring a map of the frame to the grid's size."""
        size = (self.shape[1], self.shape[0])
        how = cv2.INTER_AREA if self.factor > 1 else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(array, size, interpolation=how), np.float32)


def follow(field: NDArray[Any], warp: Matrix, factor: float = 1) -> NDArray[Any]:
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


def scaled(warp: Matrix, factor: float) -> Matrix:
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
    return np.asarray(region * smoothstep(0.0, width, _distance(inside)), np.float32)


def _distance(inside: Plane) -> Mask:
    """Return the distance in pixels from each pixel to the nearest one that is 0.

    OpenCV's last bit depends on where the array lies in memory. The square of a distance between
    pixels is whole, so rounding it gives the same bytes each time.
    """
    rough = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.sqrt(np.rint(np.square(rough, dtype=np.float32)))


def smoothstep(low: float, high: float, x: Mask) -> Mask:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``."""
    return eased((x - low) / (high - low))


def beside_subject(stage: Stage) -> Mask:
    """Return where an effect may act that must not touch the product: 0..1, feathered.

    On a large frame it keeps three pixels off, as far as a half-size plane can bleed.
    """
    beside = np.asarray(soft_region(stage) * (1 - stage.subject), np.float32)
    if plane_factor(shape_of(stage)) == 1:
        return beside
    return np.asarray(cv2.erode(beside, np.ones((7, 7), np.uint8)), np.float32)


def drawn(stage: Stage) -> bool:
    """Say whether a person drew a region, rather than leaving the whole frame."""
    return bool(stage.region.min() < 0.5)


def where_asked(stage: Stage) -> Mask:
    """Return the drawn region, over the product too (drawing there asks for it), else beside it."""
    return soft_region(stage) if drawn(stage) else beside_subject(stage)


def plane_factor(shape: Shape) -> int:
    """Return by how much planes are smaller than frames: soft things need no more than half."""
    return 2 if min(shape) >= 720 else 1


def soft_region(stage: Stage) -> Mask:
    """Return the region with its border feathered over 4 % of the short side."""
    return feathered(stage.region, 0.04 * min(shape_of(stage)))


class Reach:
    """Where an effect may act, as the camera sees it now.

    Args:
        allowed: (height, width) float32 0..1, of frame 0.
        sharp: whether its edges are kept to the pixel on large frames too, which costs more.
    """

    def __init__(self, allowed: Mask, *, sharp: bool = False) -> None:
        self._shape = (allowed.shape[0], allowed.shape[1])
        self._factor = 1 if sharp else plane_factor(self._shape)
        self._plane = to_plane(np.asarray(shrink(allowed, self._factor), np.float32))
        self._everywhere = bool(self._plane.min() == 255)

    def limit(self, plane: Plane, moment: Moment) -> Plane:
        """Keep a plane of this frame, of any size, within reach, and enlarge it to full size."""
        if self._everywhere:
            return np.asarray(grow(plane, self._shape), np.uint8)
        here = np.asarray(follow(self._plane, moment.warp, self._factor), np.uint8)
        within = times(np.asarray(grow(plane, (here.shape[0], here.shape[1])), np.uint8), here)
        return np.asarray(grow(within, self._shape), np.uint8)


def clearance(allowed: Mask) -> Mask:
    """Return the distance in pixels from each allowed pixel to the nearest forbidden one.

    Where nothing is forbidden it is larger than any frame.
    """
    free = (allowed > 0.98).astype(np.uint8)
    if free.all():
        return np.full(allowed.shape, 1e6, np.float32)
    return _distance(free)
