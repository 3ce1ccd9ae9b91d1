"""Cuts a scene into layers, front to back, where depth jumps.

With the proxy the subject's matte is the cut. With a real depth map the cuts are the nearness
levels that most depth edges straddle: a slope that crosses a level without a jump is cut too, but
both sides then move alike and the cut does not show.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Depth, Mask

EDGE = 0.035
"""A jump of nearness (times relief) over three pixels that is a depth edge. Shih et al. 2020 (3D
Photography) use 0.04 of normalised disparity."""

MOST_LAYERS = 8
COVERED = 0.99
"""Share of the edges' weight that the cuts must straddle before no more are made."""

FEWEST = 0.005
"""Share of the edges' weight below which a cut is not worth a layer."""

LEVELS = 64
SPREAD = 1.0
"""Pixels by which a front layer is grown, so that the photo's own soft edge belongs to it."""


def split(nearness: Depth, relief: float, scale: float) -> list[Mask]:
    """Return coverage of the layers of a real depth map, nearest first, the last one all 1.

    Args:
        nearness: (height, width) float32.
        relief: depth of the scene; a flatter one needs fewer cuts.
        scale: frame pixels per pixel of the map, for the growth of edges.
    """
    levels = _cuts(nearness, relief)
    return [_coverage(nearness, level, scale) for level in sorted(levels, reverse=True)] + [
        np.ones_like(nearness)
    ]


def _cuts(nearness: Depth, relief: float) -> list[float]:
    """Choose levels greedily by the weight of the edges each straddles."""
    kernel = np.ones((3, 3), np.uint8)
    high, low = cv2.dilate(nearness, kernel), cv2.erode(nearness, kernel)
    edge = (high - low) * relief > EDGE
    top, bottom = high[edge], low[edge]
    total, levels = float((top - bottom).sum()), []
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


def _coverage(nearness: Depth, level: float, scale: float) -> Mask:
    """Anti-aliased coverage of what is nearer than a level, grown a little."""
    radius = max(1, round(SPREAD * scale))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    grown = cv2.dilate((nearness > level).astype(np.float32), disc)
    return cv2.GaussianBlur(grown, (0, 0), 0.6)
