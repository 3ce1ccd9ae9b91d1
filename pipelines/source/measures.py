"""Figures of a still, each on one scale whatever its size."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Image, Mask, Plane
from pipelines.quantile import quantile

BLUR_SIDE = 720
"""Short side, in pixels, at which blur is judged: about what a phone shows of a reel."""

_CLUTTER_SIDE = 360
_NOISE_PIXELS = 1_000_000
_BAND = 32


def luma(image: Image) -> Plane:
    """Return (height, width) uint8 luma of sRGB."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def blur(grey: Plane) -> float:
    """Return 0 (crisp) .. 1 (soft), judged at `BLUR_SIDE`.

    Crete et al., "The blur effect: perception and estimation with a new no-reference perceptual
    blur metric" (2007): how little of the variation between neighbours a further blur of 11
    pixels takes away; the worse of the two directions. Independent of contrast.
    """
    small = shrink(grey, BLUR_SIDE).astype(np.float32)
    return max(_blur_along(small, 0), _blur_along(small, 1))


def noise(grey: Plane) -> float:
    """Return the deviation of noise in 8-bit levels.

    Immerkær, "Fast noise variance estimation" (1996), over the smoother half of the picture, so
    that texture is not taken for noise. A large picture is sampled in bands.
    """
    grey = _bands(grey)
    laplacian = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(grey, cv2.CV_32F, laplacian))[1:-1, 1:-1]
    calm = cv2.blur(grey, (7, 7))
    slope = cv2.magnitude(cv2.Sobel(calm, cv2.CV_32F, 1, 0), cv2.Sobel(calm, cv2.CV_32F, 0, 1))[
        1:-1, 1:-1
    ]
    level = grey[1:-1, 1:-1]
    usable = (slope <= quantile(slope, 0.5)) & (level > 2) & (level < 253)
    if not usable.any():
        return 0.0
    return float(np.sqrt(np.pi / 2) / 6 * response[usable].mean())


def clipped(grey: Plane) -> tuple[float, float]:
    """Return the shares (0..1) of pixels that are black (≤ 2) and that are white (≥ 253)."""
    if grey.size == 0:
        return 0.0, 0.0
    return float(np.mean(grey <= 2)), float(np.mean(grey >= 253))


def clutter(grey: Plane, mask: Mask) -> float:
    """Return the share (0..1) of edge pixels (Canny 1986) in what is not the subject."""
    small = shrink(grey, _CLUTTER_SIDE)
    height, width = small.shape
    covered = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    outside = cv2.dilate(covered, np.ones((9, 9), np.uint8)) < 0.05
    if outside.mean() < 0.02:
        return 0.0
    edges = cv2.Canny(cv2.GaussianBlur(small, (0, 0), 1.0), 40, 100) > 0
    return float(edges[outside].mean())


def shrink(grey: Plane, short_side: int) -> Plane:
    """Return ``grey`` with its short side at most ``short_side``, area averaged."""
    height, width = grey.shape
    scale = short_side / min(height, width)
    if scale >= 1:
        return grey
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _bands(grey: Plane) -> Plane:
    """Return about `_NOISE_PIXELS` of a larger picture: every so many rows, a band of rows."""
    step = -(-grey.size // _NOISE_PIXELS)
    rows = len(grey) // (_BAND * step) * _BAND * step
    if step == 1 or rows == 0:
        return grey
    bands = grey[:rows].reshape(-1, step, _BAND, grey.shape[1])
    return np.ascontiguousarray(bands[:, 0].reshape(-1, grey.shape[1]))


def _blur_along(grey: Mask, axis: int) -> float:
    shape = (11, 1) if axis else (1, 11)
    soft = cv2.blur(grey, shape, borderType=cv2.BORDER_REFLECT)
    sharp = np.abs(_slope(grey, axis))
    lost = np.maximum(0, sharp - np.abs(_slope(np.asarray(soft, np.float32), axis)))
    total = float(sharp[2:-1, 2:-1].sum())
    return (total - float(lost[2:-1, 2:-1].sum())) / total if total > 0 else 1.0


def _slope(grey: Mask, axis: int) -> Mask:
    dx, dy = (1, 0) if axis else (0, 1)
    return np.asarray(cv2.Sobel(grey, cv2.CV_32F, dx, dy, borderType=cv2.BORDER_REFLECT))
