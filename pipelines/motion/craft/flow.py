"""Endless flow of a texture along any field, and sampling of textures that tile."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Mask

Field = NDArray[np.float32]
"""(height, width, 2) float32 displacement in pixels, (x right, y down)."""


def pixel_grid(shape: tuple[int, int]) -> Field:
    """Return (height, width, 2) float32, each pixel's own (x, y)."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.stack([columns, rows], axis=-1).astype(np.float32)


def sample(texture: Mask, where: Field) -> Mask:
    """Look a tiling (h, w) texture up at (x, y) places of any range, bilinearly."""
    height, width = texture.shape
    wrapped = cv2.copyMakeBorder(texture, 0, 1, 0, 1, cv2.BORDER_WRAP)
    x, y = np.mod(where[..., 0], width), np.mod(where[..., 1], height)
    return np.asarray(cv2.remap(wrapped, x, y, cv2.INTER_LINEAR), np.float32)


def two_phase(texture: Mask, grid: Field, flow: Field, phase: float) -> Mask:
    """Let a tiling texture flow for ever along a steady field, once per loop without a jump.

    Two copies flow half a loop apart and fade into each other; each starts over unseen while its
    weight (and the weight's slope) is 0. A blend of two unlike textures loses contrast by
    √(w1² + w2²), which is divided out. Source: Vlachos, "Water Flow in Portal 2", SIGGRAPH 2010;
    the contrast by the sum of variances.

    Args:
        texture: (h, w) float32 of mean 0 that tiles in both directions.
        grid: where to look the texture up, :func:`pixel_grid` or a bent one.
        flow: pixels travelled in one loop.
        phase: position in the loop.
    """
    blend = np.zeros(grid.shape[:2], np.float32)
    weights = []
    for copy in (0.0, 0.5):
        age = (phase + copy) % 1.0
        weights.append(math.sin(math.pi * age) ** 2)
        # The second copy starts elsewhere in the texture, so that the two are unlike.
        start = np.array(texture.shape[::-1], np.float32) * copy
        blend += weights[-1] * sample(texture, grid + start - flow * (age - 0.5))
    return np.asarray(blend / math.hypot(*weights), np.float32)


def displace(pixels: NDArray[Any], offset: Field) -> NDArray[Any]:
    """Resample an RGB frame: each pixel shows what lies at its place + ``offset``, bilinearly.

    Args:
        pixels: (height, width, 3) uint8.
        offset: (height, width, 2) float32 pixels.
    """
    # Four channels resample twice as fast as three.
    wide = cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA)
    how = cv2.INTER_LINEAR | cv2.WARP_RELATIVE_MAP
    moved = cv2.remap(wide, offset, None, how, borderMode=cv2.BORDER_REFLECT_101)  # type: ignore[call-overload]
    return np.asarray(cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB))
