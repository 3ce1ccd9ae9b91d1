"""Clips and pictures whose motion and colours are known by formula."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from pipelines.arrays import Image, Plane
from pipelines.media import CameraTrack, Clip

Path2D = Callable[[float], tuple[float, float]]
"""Phase in [0, 1) → shift of the picture in pixels, x then y."""

_WAVES = np.random.default_rng(5).uniform(-1, 1, (12, 4))


def texture(width: int, height: int, dx: float = 0.0, dy: float = 0.0) -> Image:
    """A smooth colourful texture shifted by exactly (dx, dy) pixels: a sum of plane waves.

    Being a formula, not a picture, it is shifted without any interpolation.
    """
    x = np.arange(width, dtype=np.float32)[None] - np.float32(dx)
    y = np.arange(height, dtype=np.float32)[:, None] - np.float32(dy)
    channels = np.full((height, width, 3), 128.0, np.float32)
    for row, (across, along, turn, tint) in enumerate(_WAVES):
        wave = np.sin(0.35 * (across * x + along * y) + 9 * turn)
        channels[..., row % 3] += np.float32(4 + 2 * tint) * wave
        channels += 9 * wave[..., None]
    return np.clip(np.rint(channels), 0, 255).astype(np.uint8)


def circle(radius: float) -> Path2D:
    """A closed path of constant speed that starts at (0, 0)."""
    return lambda phase: (
        radius * math.sin(2 * math.pi * phase),
        radius * (1 - math.cos(2 * math.pi * phase)),
    )


def swing(radius: float) -> Path2D:
    """There and back on a cosine: closed, and at rest at the seam."""
    return lambda phase: (radius * (1 - math.cos(2 * math.pi * phase)), 0.0)


def line(length: float) -> Path2D:
    """One way at constant speed."""
    return lambda phase: (length * phase, 0.0)


def track(width: int, height: int, count: int) -> CameraTrack:
    """A camera that never moves; its focal length tells the frames apart."""
    intrinsics = np.tile(np.eye(3), (count, 1, 1))
    intrinsics[:, 0, 0] = np.arange(count)
    return CameraTrack(width, height, intrinsics, np.tile(np.eye(3, 4), (count, 1, 1)))


def moving_clip(
    width: int, height: int, count: int, path: Path2D, *, fps: float = 30.0, closed: bool = True
) -> Clip:
    """A clip of `texture` on a path known by formula."""
    return Clip(
        width,
        height,
        fps,
        count,
        lambda index: texture(width, height, *path(index / count)),
        track(width, height, count),
        closed,
    )


def grey(image: Image) -> Plane:
    """Full-range luma of a picture, by the weights of BT.601 that grey planes use."""
    return np.rint(image @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
