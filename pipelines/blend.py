"""A picture between two pictures, along their motion.

Flow in both directions is carried forward to the wanted moment, where the better match wins if two
things arrive at one place (softmax splatting: Niklaus & Liu, CVPR 2020, arXiv 2003.05534, with the
photometric error as its metric). What nothing arrives at takes the local average of both flows
(Jiang et al., "Super SloMo", CVPR 2018, eq. 4). Both pictures are then warped to the moment and
mixed. Flow: Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, Mask, Plane
from pipelines.flow import Flow, dense_flow

FLOW_SIDE = 360
"""Short side, in pixels, at which motion is estimated."""

STRICTNESS = 0.1
"""How fast a match loses against another with its error, per grey level."""

COVERED = 0.1
"""A place that less than this share of a pixel arrives at is uncovered there."""


def blend(first: Image, second: Image, share: float) -> Image:
    """Return the picture at ``share`` (0..1) of the way from ``first`` to ``second``.

    Both are (height, width, 3) uint8 sRGB of one size.
    """
    return Between(first, second).at(share)


class Between:
    """All moments between two pictures; the motion is estimated once.

    Args:
        first, second: (height, width, 3) uint8 sRGB of one size.
    """

    def __init__(self, first: Image, second: Image) -> None:
        self._pictures = first, second
        here, there = _small(first), _small(second)
        self._there = dense_flow(here, there, "medium")
        self._back = dense_flow(there, here, "medium")
        self._trust_there = _trust(here, there, self._there)
        self._trust_back = _trust(there, here, self._back)

    def at(self, share: float) -> Image:
        """Return the (height, width, 3) uint8 picture at ``share`` 0..1 of the way."""
        motion = self._motion(share)
        moved = [
            _warp(picture, motion, amount)
            for picture, amount in zip(self._pictures, (-share, 1.0 - share), strict=True)
        ]
        return cv2.addWeighted(moved[0], 1.0 - share, moved[1], share, 0.0)

    def _motion(self, share: float) -> Flow:
        """Return the way from first to second, in their pixels, of what is at each place then."""
        there, covered_there = _splat(self._there, share, self._trust_there)
        back, covered_back = _splat(self._back, 1.0 - share, self._trust_back)
        covered = covered_there + covered_back
        arriving = (covered_there * there - covered_back * back) / np.maximum(covered, 1e-6)
        local = (1.0 - share) * self._there - share * self._back
        hole = np.maximum(0.0, 1.0 - covered)
        small = (1.0 - hole) * arriving + hole * local
        height, width = self._pictures[0].shape[:2]
        stretch = np.array([width / small.shape[1], height / small.shape[0]], np.float32)
        return np.asarray(cv2.resize(small, (width, height)) * stretch, np.float32)


def _small(picture: Image) -> Plane:
    height, width = picture.shape[:2]
    scale = min(1.0, FLOW_SIDE / min(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    return cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)


def _trust(first: Plane, second: Plane, flow: Flow) -> Mask:
    """Return the weight of each pixel of ``first``, less where its match differs from it."""
    error = np.abs(_warp(second, flow, 1.0).astype(np.float32) - first)
    return np.exp(-STRICTNESS * cv2.GaussianBlur(error, (0, 0), 1.5))


def _splat(flow: Flow, share: float, trust: Mask) -> tuple[Flow, Mask]:
    """Carry a flow along ``share`` of itself.

    Returns:
        the flow of what arrives at each place, and (height, width, 1) whether anything does, 0..1.
    """
    height, width = flow.shape[:2]
    x = np.arange(width, dtype=np.float32) + share * flow[..., 0]
    y = np.arange(height, dtype=np.float32)[:, None] + share * flow[..., 1]
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    sums = np.zeros((3, height * width))
    for right, below in ((0, 0), (1, 0), (0, 1), (1, 1)):
        column, row = left + right, top + below
        part = (1 - np.abs(x - column)) * (1 - np.abs(y - row)) * trust
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        place, part = (row * width + column)[inside], part[inside]
        for total, value in zip(sums, (flow[inside, 0], flow[inside, 1], 1.0), strict=True):
            total += np.bincount(place, value * part, height * width)
    weight = sums[2].reshape(height, width, 1)
    carried = sums[:2].T.reshape(height, width, 2) / np.maximum(weight, 1e-9)
    covered = np.minimum(weight / COVERED, 1.0)
    return carried.astype(np.float32), covered.astype(np.float32)


def _warp(picture: NDArray[np.uint8], flow: Flow, amount: float) -> NDArray[np.uint8]:
    """Sample ``picture`` at each pixel displaced by ``amount`` of its flow.

    Cubic, so that what is between frames is nearly as sharp as they are, and does not pulse.
    """
    height, width = picture.shape[:2]
    x = np.arange(width, dtype=np.float32) + amount * flow[..., 0]
    y = np.arange(height, dtype=np.float32)[:, None] + amount * flow[..., 1]
    return cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
