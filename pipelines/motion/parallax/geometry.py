"""From nearness to space, and from a pixel of a new view back to its pixel in the still.

For a camera with centre C, the pixel of the still seen at a pixel of the new view is *linear in
inverse depth* w = 1/z: it runs along the epipolar line ``at_infinity + w * per_inverse_depth``.
So finding what a pixel sees is one scalar equation, w = W(position(w)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Depth, Mask, Matrix
from pipelines.camera.pose import Pose, intrinsics, inverse
from pipelines.quantile import quantile

FloatMap = NDArray[np.float32]

MEDIAN_SIDE = 512
"""A map is thinned to about so many rows and columns: the median of those is the median."""

SHALLOWEST = 0.1
"""Inverse depth is kept above this: nothing lies farther than ten subject distances."""


@dataclass(frozen=True)
class Relief:
    """Nearness → inverse depth: 1/z = 1 + relief · (nearness − middle).

    Attributes:
        relief: depth of the scene; 0 is the plane z = 1.
        middle: nearness that lies in the subject plane.
    """

    relief: float
    middle: float

    @classmethod
    def of(cls, nearness: Depth, subject: Mask, relief: float) -> Relief:
        """Put the subject's median nearness (the picture's, without a subject) at z = 1."""
        step = max(1, min(nearness.shape) // MEDIAN_SIDE)
        thin = np.s_[step // 2 :: step, step // 2 :: step]
        inside = nearness[thin][subject[thin] > 0.5]
        known = inside if inside.size else nearness[thin]
        return cls(relief, quantile(known, 0.5))

    def inverse_depth(self, nearness: Depth) -> FloatMap:
        """Return 1/z of each pixel, in 1/subject distances."""
        return np.maximum(1.0 + self.relief * (nearness - self.middle), SHALLOWEST).astype(
            np.float32
        )


@dataclass(frozen=True, eq=False)
class Epipolar:
    """Where in the still each node of a new view looks, as a function of inverse depth.

    Attributes:
        at_infinity: (2, rows, columns) x and y in the still at inverse depth 0.
        per_inverse_depth: (2, rows, columns) pixels per unit of inverse depth.
    """

    at_infinity: FloatMap
    per_inverse_depth: FloatMap

    def at(self, inverse_depth: FloatMap | float) -> FloatMap:
        """Return (2, rows, columns) x and y in the still at the given inverse depth."""
        return self.at_infinity + np.float32(inverse_depth) * self.per_inverse_depth


@dataclass(frozen=True, eq=False)
class View:
    """One frame's camera against frame 0's.

    Attributes:
        first: (3, 3) intrinsics of frame 0, which is the world.
        lens: (3, 3) intrinsics of this frame.
        motion: (4, 4) world → this camera; for the product, its own motion is included.
    """

    first: Matrix
    lens: Matrix
    motion: Matrix

    @classmethod
    def of(cls, pose: Pose, width: int, height: int, fov_deg: float, product: bool) -> View:
        """Return the view of a pose, of the product when it moves by itself, else of the scene."""
        motion = pose.camera @ pose.subject if product else pose.camera
        return cls(intrinsics(width, height, fov_deg), pose.lens(width, height, fov_deg), motion)

    def epipolar(self, columns: FloatMap, rows: FloatMap) -> Epipolar:
        """Return the epipolar lines of the nodes at ``columns`` × ``rows`` (pixels)."""
        back = inverse(self.motion)
        centre = back[:3, 3]
        ray = back[:3, :3] @ np.linalg.inv(self.lens)
        x, y = columns[None, :].astype(np.float64), rows[:, None].astype(np.float64)
        depth = ray[2, 0] * x + ray[2, 1] * y + ray[2, 2]
        focal, middle = self.first[0, 0], self.first[:2, 2]
        shape = (2, rows.size, columns.size)
        at_infinity = np.empty(shape, np.float32)
        per_inverse_depth = np.empty(shape, np.float32)
        for axis in range(2):
            slope = (ray[axis, 0] * x + ray[axis, 1] * y + ray[axis, 2]) / depth
            at_infinity[axis] = focal * slope + middle[axis]
            per_inverse_depth[axis] = focal * (centre[axis] - centre[2] * slope)
        return Epipolar(at_infinity, per_inverse_depth)
