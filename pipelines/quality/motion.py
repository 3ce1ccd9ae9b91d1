"""How much a clip moves: dense optical flow at a small, fixed scale."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Plane
from pipelines.flow import Flow, dense_flow

FLOW_SIDE = 270
"""Short side, in pixels, of the planes that flow is measured on."""

PLAIN = 1.5
"""Grey levels per pixel below which a gradient may be noise; twice that counts in full."""

STEPS = 64
"""Of a grey level, that gradients are rounded to."""


def shrink(plane: Plane) -> Plane:
    """Average a grey plane down to a short side of `FLOW_SIDE`; smaller planes stay."""
    height, width = plane.shape
    scale = FLOW_SIDE / min(height, width)
    if scale >= 1:
        return plane
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA)


def flow_between(first: Plane, second: Plane) -> Flow:
    """Return the flow that carries ``first`` to ``second``, (height, width) uint8 each.

    Planes smaller than the method's coarsest patch (a short side under 16) are said to stand still.
    """
    if min(first.shape) < 16:
        return np.zeros((*first.shape, 2), np.float32)
    return dense_flow(first, second)


def mean_flow(pairs: Iterable[tuple[Plane, Plane]]) -> float:
    """Return the mean length of flow over ``pairs``, in pixels of the planes; 0 for no pairs."""
    lengths = [seen_mean(length_of(flow_between(*pair)), pair[0]) for pair in pairs]
    return float(np.mean(lengths)) if lengths else 0.0


def seen_mean(values: NDArray[np.float32], plane: Plane) -> float:
    """Return the mean of ``values`` where ``plane`` has something whose motion can be seen.

    On a plain backdrop flow is undefined and only follows the codec's noise (the aperture
    problem), so each pixel counts by the gradient round it; 0 when all is plain.
    """
    across = cv2.Sobel(plane, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(plane, cv2.CV_32F, 0, 1, scale=1 / 8)
    # in whole numbers: OpenCV's blur of floats depends, in the last bits, on where memory lies
    steep = np.rint(cv2.magnitude(across, down) * STEPS).astype(np.uint16)
    gradient = cv2.GaussianBlur(steep, (0, 0), 2.0).astype(np.float32) / STEPS
    weight = np.clip(gradient - PLAIN, 0.0, PLAIN)
    total = float(weight.sum())
    return float((values * weight).sum()) / total if total > 1e-3 * weight.size else 0.0


def length_of(flow: Flow) -> NDArray[np.float32]:
    """Return the (height, width) length of each vector."""
    return cv2.magnitude(flow[..., 0], flow[..., 1])


def flow_percent_per_second(flow: float, shape: tuple[int, int], fps: float) -> float:
    """Turn pixels per frame on planes of ``shape`` into % of the short side per second.

    >>> flow_percent_per_second(0.5, (480, 270), 30.0).__round__(3)
    5.556
    """
    return 100.0 * flow * fps / min(shape)
