"""Completes a picture behind what stands in front of it.

Two parts, from the visible side only: a smooth membrane carries colour and light across the hole
(push-pull pyramid: Gortler et al. 1996, The Lumigraph, §4), and the fine texture beyond the rim is
mirrored across it, so that what a camera move uncovers is as sharp as what lies beside it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, ImageF, Mask

Region = NDArray[np.bool_]

LIGHT_STEP = 4
"""The membrane is made at a quarter of the resolution: light is smooth, texture is not."""

MIRROR_STEP = 2
"""The mirror's map is made at half the resolution."""

CONTEXT = 64
"""Pixels round a hole that may lend it light and texture."""


def complete(picture: Image, hole: Region) -> Image:
    """Fill the hole of a picture with believable background.

    Args:
        picture: (height, width, 3) uint8.
        hole: (height, width) True where unknown.

    Returns:
        The same shape, unchanged outside the hole.
    """
    if not hole.any() or hole.all():
        return picture
    rows, columns = (_span(hole.any(axis=axis)) for axis in (1, 0))
    part, gap = picture[rows, columns], hole[rows, columns]
    known = (~gap).astype(np.float32)
    light = _light(part, known)
    texture = cv2.subtract(part, light, dtype=cv2.CV_16S)
    texture[gap] = 0
    filled = cv2.add(light, _mirrored(texture, gap), dtype=cv2.CV_8U)
    result = picture.copy()
    cv2.copyTo(filled, gap.astype(np.uint8), result[rows, columns])
    return result


def push_pull(values: ImageF, known: Mask) -> ImageF:
    """Fill unknown pixels smoothly from the known ones.

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


def _light(part: Image, known: Mask) -> Image:
    """The smooth part of the picture, carried across the hole."""
    height, width = known.shape
    small = (max(2, width // LIGHT_STEP), max(2, height // LIGHT_STEP))
    weight = cv2.resize(known, small, interpolation=cv2.INTER_AREA)
    seen = cv2.copyTo(part, known.astype(np.uint8))
    colour = cv2.resize(seen, small, interpolation=cv2.INTER_AREA).astype(np.float32)
    colour /= np.maximum(weight, 1 / 16)[..., None]
    membrane = push_pull(colour, np.where(weight > 0.5, weight, 0).astype(np.float32))
    return cv2.resize(
        np.clip(membrane, 0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR
    )


def _mirrored(texture: NDArray[np.int16], hole: Region) -> NDArray[np.int16]:
    """Mirror the texture round the hole's rim into it."""
    height, width = hole.shape
    small = (max(1, width // MIRROR_STEP), max(1, height // MIRROR_STEP))
    gap = cv2.resize(hole.astype(np.uint8), small, interpolation=cv2.INTER_NEAREST) > 0
    if not gap.any() or gap.all():
        return texture
    row, column = nearest_known(gap)
    x, y = _grid(*small)
    across = cv2.resize((column - x).astype(np.float32), (width, height))
    down = cv2.resize((row - y).astype(np.float32), (width, height))
    x, y = _grid(width, height)
    x = across * np.float32(2 * width / small[0]) + x
    y = down * np.float32(2 * height / small[1]) + y
    return cv2.remap(texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def _grid(width: int, height: int) -> tuple[Mask, Mask]:
    """Columns and rows, ready to broadcast."""
    columns = np.arange(width, dtype=np.float32)[None, :]
    return columns, np.arange(height, dtype=np.float32)[:, None]


def _span(present: NDArray[np.bool_]) -> slice:
    """The indices that hold the hole, with its context round them."""
    found = np.flatnonzero(present)
    return slice(max(0, int(found[0]) - CONTEXT), int(found[-1]) + 1 + CONTEXT)
