"""How well a loop hides its seam: the step from the last frame to the first.

A plain difference of those two frames punishes loops that move fast there, and a ratio to the
whole clip's median punishes loops that are slow there. So the step is compared with its two
neighbours alone, in brightness (`seam_ratio`) and in velocity (`seam_kink`).
"""

from __future__ import annotations

import cv2

from pipelines.arrays import Plane
from pipelines.media import Seam
from pipelines.quality.motion import flow_between, length_of, seen_mean, shrink

NOISE_FLOOR = 0.5
"""Grey levels that a good codec adds to any step; keeps the ratio calm where nothing moves."""

FLOW_FLOOR = 0.1
"""Pixels a frame at the scale of `shrink`: slower clips count as moving this fast."""


def measure_seam(tail: tuple[Plane, Plane], head: tuple[Plane, Plane], typical: float) -> Seam:
    """Measure the seam of a loop from the four frames around it.

    Args:
        tail: the last frame but one and the last, (height, width) uint8 full-range grey.
        head: the first frame and the second.
        typical: the clip's mean flow in pixels a frame at the scale of `shrink`.
    """
    before, last = (shrink(plane) for plane in tail)
    first, after = (shrink(plane) for plane in head)
    return Seam(seam_ratio(tail, head), seam_kink((before, last), (first, after), typical))


def seam_ratio(tail: tuple[Plane, Plane], head: tuple[Plane, Plane]) -> float:
    """Return (d + e) / (mean of the neighbouring steps + e), e being `NOISE_FLOOR`.

    1 is perfect, below 0.8 beside moving neighbours a visible hold, above 1.25 a jump.
    """
    neighbours = (mean_step(*tail) + mean_step(*head)) / 2
    return (mean_step(tail[1], head[0]) + NOISE_FLOOR) / (neighbours + NOISE_FLOOR)


def mean_step(first: Plane, second: Plane) -> float:
    """Return the mean absolute difference of two planes, in grey levels."""
    return cv2.norm(first, second, cv2.NORM_L1) / first.size


def seam_kink(tail: tuple[Plane, Plane], head: tuple[Plane, Plane], typical: float) -> float:
    """Return the larger change of flow at the seam's two joints over the ``typical`` flow.

    A straight reversal at speed scores 2, a smooth path under 0.3. Planes as `shrink` makes them.
    """
    arriving = flow_between(*tail)
    across = flow_between(tail[1], head[0])
    leaving = flow_between(*head)
    changes = [
        seen_mean(length_of(later - earlier), head[0])
        for earlier, later in ((arriving, across), (across, leaving))
    ]
    return max(changes) / max(typical, FLOW_FLOOR)
