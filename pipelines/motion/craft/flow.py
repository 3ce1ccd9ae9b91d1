"""Endless flow of a texture along any field, and sampling of textures that tile."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, Mask
from pipelines.motion.craft.scene import grow

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
    size = np.array([width, height], np.float32)
    inside = where - size * np.floor(where / size)
    x, y = cv2.split(inside)
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


def displace(pixels: Image, offset: Field) -> Image:
    """Let each pixel show what lies at its place + ``offset``, bilinearly; only where it moves.

    Args:
        pixels: (height, width, 3) uint8, written into and returned.
        offset: (h, w, 2) float32, in pixels of the frame; may be smaller than it.
    """
    box = _moving(offset, (pixels.shape[0], pixels.shape[1]))
    part = pixels[box]
    full = grow(offset, (pixels.shape[0], pixels.shape[1]))[box]
    # Four channels resample twice as fast as three.
    wide = cv2.cvtColor(part, cv2.COLOR_RGB2RGBA)
    how = cv2.INTER_LINEAR | cv2.WARP_RELATIVE_MAP
    # One two-channel map is five times quicker than two.
    moved = cv2.remap(wide, full, None, how, borderMode=cv2.BORDER_REFLECT_101)
    part[...] = cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB)
    return pixels


def _moving(offset: Field, shape: tuple[int, int]) -> tuple[slice, slice]:
    """Return the box of the frame that moves, with what it draws from."""
    left, top, width, height = cv2.boundingRect(np.any(offset != 0, axis=-1).astype(np.uint8))
    reach = int(np.abs(offset).max()) + 2
    cell_down, cell_across = shape[0] / offset.shape[0], shape[1] / offset.shape[1]
    rows = (top - 1) * cell_down - reach, (top + height + 1) * cell_down + reach
    columns = (left - 1) * cell_across - reach, (left + width + 1) * cell_across + reach
    return _span(*rows, shape[0]), _span(*columns, shape[1])


def _span(start: float, stop: float, size: int) -> slice:
    """Return whole pixels from ``start`` to ``stop`` within 0..size, one at least."""
    first = min(max(int(start), 0), size - 1)
    return slice(first, max(min(int(np.ceil(stop)), size), first + 1))
