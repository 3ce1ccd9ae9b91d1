"""Carries values smoothly across a hole."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, ImageF, Mask, Plane, Region

FULL = np.float32(240)
"""Weight of a known pixel in eight bits: the mean of 4 × 4 of them is exact."""


def nearest_known(hole: Region) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return row and column of the nearest pixel outside the hole, for each pixel."""
    _, labels = cv2.distanceTransformWithLabels(
        hole.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(~hole)
    order = labels[rows, columns]
    row_of = np.zeros(int(labels.max()) + 1, np.int32)
    column_of = np.zeros_like(row_of)
    row_of[order], column_of[order] = rows, columns
    return row_of[labels], column_of[labels]


def push_pull(values: ImageF, known: Mask) -> ImageF:
    """Fill unknown pixels smoothly from the known ones (Gortler et al. 1996, The Lumigraph, §4).

    Args:
        values: (height, width, channels) float32.
        known: (height, width) float32 weight 0..1, 0 = unknown.

    Returns:
        The same shape: fully known pixels as they were, the others a smooth membrane.
    """
    height, width = known.shape
    weighted = values * known[..., None]
    if min(height, width) <= 2 or known.min() > 0.99:
        mean = weighted.sum(axis=(0, 1)) / max(float(known.sum()), 1e-6)
        return weighted + (1.0 - known[..., None]) * mean.astype(np.float32)
    half = ((width + 1) // 2, (height + 1) // 2)
    weight = cv2.resize(known, half, interpolation=cv2.INTER_AREA)
    colour = cv2.resize(weighted, half, interpolation=cv2.INTER_AREA)
    colour = colour.reshape(*weight.shape, -1) / np.maximum(weight, 1e-6)[..., None]
    coarse = push_pull(colour, np.minimum(weight * 2.0, 1.0))
    fill = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return weighted + (1.0 - known[..., None]) * fill.reshape(values.shape)


def share_of(known: Plane, step: int) -> Mask:
    """How much of each ``step`` × ``step`` pixels is known.

    Args:
        known: (height, width) 1 or 0; ``step`` divides both sides.

    Returns:
        (height / step, width / step) 0..1, 1 only where all are known.
    """
    size = (known.shape[1] // step, known.shape[0] // step)
    return cv2.resize(known * np.uint8(FULL), size, interpolation=cv2.INTER_AREA) / FULL


def light_across(picture: Image, known: Plane, share: Mask) -> ImageF:
    """The smooth part of a picture, carried across what is not known of it.

    Args:
        picture: (height, width, 3) uint8.
        known: (height, width) 1 where the picture counts, 0 elsewhere.
        share: as `share_of` gives it for a step.

    Returns:
        (height / step, width / step, 3) float32, 0..255.
    """
    seen = cv2.copyTo(picture, known)
    sums = cv2.resize(seen, share.shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    whole = np.floor(share)  # eight bits round the mean of a part too much, if there is better
    weight = whole if whole.any() else share
    return push_pull(sums / np.maximum(share, 1 / FULL)[..., None], weight)
