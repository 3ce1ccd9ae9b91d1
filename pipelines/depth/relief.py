"""Inflates a silhouette to a rounded relief.

Solves Poisson's equation ∇²h = −4 inside the silhouette with h = 0 on its rim; √h is then exactly
a half sphere for a disc (h = R² − r²) and a half cylinder's profile for a bar, up to a factor √2.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Mask

COARSEST = 24
SWEEPS = 24


def inflate(mask: Mask) -> Mask:
    """Return the height of the inflated silhouette in pixels.

    Args:
        mask: (height, width) float32 coverage; the rim is where it falls below one half.

    Returns:
        (height, width) float32, 0 outside; a disc of radius R rises to R at its centre.
    """
    inside = (mask > 0.5).astype(np.float32)
    return np.sqrt(np.maximum(_solve(inside), 0.0))


def _solve(inside: Mask) -> Mask:
    """Solve on a coarser grid first (nested iteration), then relax at this one."""
    height, width = inside.shape
    if min(height, width) <= COARSEST:
        return _relax(np.zeros_like(inside), inside, 400)
    half = (max(1, width // 2), max(1, height // 2))
    coarse = _solve((cv2.resize(inside, half, interpolation=cv2.INTER_AREA) > 0.5) * np.float32(1))
    ratio = (width / half[0]) * (height / half[1])
    start = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR) * np.float32(ratio)
    return _relax(start, inside, SWEEPS)


def _relax(guess: Mask, inside: Mask, sweeps: int) -> Mask:
    """Jacobi sweeps of the five-point Laplacian; outside stays 0."""
    kernel = np.array([[0, 0.25, 0], [0.25, 0, 0.25], [0, 0.25, 0]], np.float32)
    height = guess * inside
    for _ in range(sweeps):
        height = cv2.filter2D(height, cv2.CV_32F, kernel, borderType=cv2.BORDER_CONSTANT)
        height = (height + 1.0) * inside
    return height
