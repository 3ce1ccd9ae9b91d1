"""The guided filter with a colour guide (He, Sun and Tang, "Guided Image Filtering", 2010)."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import ImageF, Mask

Symmetric = dict[tuple[int, int], Mask]
"""The upper triangle of a 3 × 3 matrix at each pixel."""


def guided_filter(guide: ImageF, values: Mask, radius: int, epsilon: float) -> Mask:
    """Return ``values`` as a locally linear function of the guide's colour (eq. 19).

    Args:
        guide: (height, width, 3) float32 0..1.
        values: (height, width) float32.
        radius: of the square window, in pixels.
        epsilon: variance of colour below which a window counts as flat; larger is smoother.
    """
    planes = [np.ascontiguousarray(guide[:, :, channel]) for channel in range(3)]
    means = [box(plane, radius) for plane in planes]
    mean = box(values, radius)
    shared = [box(planes[i] * values, radius) - means[i] * mean for i in range(3)]
    slopes = _solve(_covariance(planes, means, radius, epsilon), shared)
    smooth = box(mean - _dot(slopes, means), radius)
    return smooth + _dot([box(slope, radius) for slope in slopes], planes)


def box(values: Mask, radius: int) -> Mask:
    """Return the mean over squares of 2 × radius + 1 pixels, for maps with any channels."""
    side = 2 * radius + 1
    return np.asarray(cv2.blur(values, (side, side)), np.float32)


def _covariance(planes: list[Mask], means: list[Mask], radius: int, epsilon: float) -> Symmetric:
    matrix = {
        (i, j): box(planes[i] * planes[j], radius) - means[i] * means[j]
        for i in range(3)
        for j in range(i, 3)
    }
    for i in range(3):
        matrix[i, i] += np.float32(epsilon)
    return matrix


def _solve(matrix: Symmetric, right: list[Mask]) -> list[Mask]:
    """Solve each pixel's system by cofactors."""
    a, b, c = matrix[0, 0], matrix[0, 1], matrix[0, 2]
    d, e, f = matrix[1, 1], matrix[1, 2], matrix[2, 2]
    aa, ab, ac = d * f - e * e, c * e - b * f, b * e - c * d
    bb, bc, cc = a * f - c * c, b * c - a * e, a * d - b * b
    determinant = np.maximum(a * aa + b * ab + c * ac, np.float32(1e-20))
    rows = ([aa, ab, ac], [ab, bb, bc], [ac, bc, cc])
    return [_dot(row, right) / determinant for row in rows]


def _dot(left: list[Mask], right: list[Mask]) -> Mask:
    total: Mask = left[0] * right[0] + left[1] * right[1] + left[2] * right[2]
    return total
