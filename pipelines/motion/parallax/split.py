"""Cuts a scene into layers, front to back, where depth jumps.

With the proxy the subject's matte is the cut. With a real depth map the cuts are the nearness
levels that most depth edges straddle: a slope that crosses a level without a jump is cut too, but
both sides then move alike and the cut does not show.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Depth, Mask, Plane

EDGE = 0.035
"""A jump of nearness (times relief) over three pixels that is a depth edge. Shih et al. 2020 (3D
Photography) use 0.04 of normalised disparity."""

MOST_LAYERS = 8
COVERED = 0.99
"""Share of the edges' weight that the cuts must straddle before no more are made."""

FEWEST = 0.005
"""Share of the edges' weight below which a cut is not worth a layer."""

GROWTH = 0.0022
"""Growth of the product's matte, share of the short side: about 2 pixels of 1080."""

NOTCH = 0.009
"""Width of a notch in the product's matte that is taken for a mistake, share of the short side."""

LEVELS = 64
SPREAD = 1.0
"""Pixels by which a front layer is grown, so that the photo's own soft edge belongs to it."""


def split(nearness: Depth, relief: float, scale: float) -> list[Plane]:
    """Return coverage of the layers of a real depth map, nearest first; the last covers all.

    Args:
        nearness: (height, width) float32.
        relief: depth of the scene; a flatter one needs fewer cuts.
        scale: frame pixels per pixel of the map, for the growth of edges.
    """
    levels = _cuts(nearness, relief)
    nearer = [_coverage(nearness, level, scale) for level in sorted(levels, reverse=True)]
    return [*nearer, everything(nearness.shape)]


def everything(shape: tuple[int, ...]) -> Plane:
    """Return the coverage of a layer that lies behind all others."""
    return np.full(shape, 255, np.uint8)


def _cuts(nearness: Depth, relief: float) -> list[float]:
    """Choose levels greedily by the weight of the edges each straddles."""
    kernel = np.ones((3, 3), np.uint8)
    high, low = cv2.dilate(nearness, kernel), cv2.erode(nearness, kernel)
    edge = (high - low) * relief > EDGE
    top, bottom = high[edge], low[edge]
    total = float((top - bottom).sum())
    levels: list[float] = []
    grid = (np.arange(LEVELS) + 0.5) / LEVELS
    remaining = np.ones(top.size, bool)
    while len(levels) < MOST_LAYERS - 1 and total > 0:
        weights = [
            float((top - bottom)[remaining & (bottom < level) & (level < top)].sum())
            for level in grid
        ]
        best = float(grid[int(np.argmax(weights))])
        if max(weights) < FEWEST * total:
            break
        levels.append(best)
        remaining &= ~((bottom < best) & (best < top))
        if (top - bottom)[remaining].sum() < (1 - COVERED) * total:
            break
    return levels


def grown(matte: Mask, outline: float = 0.0) -> Plane:
    """Return a matte's coverage, its notches closed, grown a little.

    A rim of backdrop that moves with the product shows less than a rim of product left behind.

    Args:
        matte: the product's, (height, width) 0..1.
        outline: growth beyond that, share of the short side: what a look has drawn round it.
    """
    coverage = cv2.convertScaleAbs(matte, alpha=255)
    notch, radius = NOTCH * min(matte.shape), growth(matte, outline)
    part = _around(coverage, math.ceil(notch + 3 * radius) + 2)
    closed = cv2.morphologyEx(coverage[part], cv2.MORPH_CLOSE, _disc(notch))
    wider = cv2.dilate(closed, _disc(radius))
    result = np.zeros_like(coverage)
    result[part] = cv2.GaussianBlur(wider, (0, 0), 0.4 * growth(matte))
    return result


def _around(coverage: Plane, pixels: int) -> tuple[slice, slice]:
    """The rows and columns that hold all coverage, and some more on each side."""
    left, top, width, height = cv2.boundingRect(coverage)
    return (
        slice(max(0, top - pixels), top + height + pixels),
        slice(max(0, left - pixels), left + width + pixels),
    )


def growth(matte: Mask, outline: float = 0.0) -> float:
    """Pixels by which a matte of that size is grown."""
    return max(1.0, (GROWTH + outline) * min(matte.shape))


def _disc(radius: float) -> NDArray[np.uint8]:
    side = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def _coverage(nearness: Depth, level: float, scale: float) -> Plane:
    """Anti-aliased coverage of what is nearer than a level, grown a little."""
    nearer = cv2.dilate((nearness > level).astype(np.float32), _disc(SPREAD * scale))
    return cv2.convertScaleAbs(cv2.GaussianBlur(nearer, (0, 0), 0.6), alpha=255)
