"""Completes a picture behind what stands in front of it.

From the visible side only. Near the rim the picture is mirrored across it, so that lines which run
into the hole run on and what a camera move uncovers is as sharp as what lies beside it. Farther in,
a smooth membrane carries colour and light across (push-pull pyramid: Gortler et al. 1996, The
Lumigraph, §4) under the mirrored fine texture.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, ImageF, Mask

Region = NDArray[np.bool_]

LIGHT_STEP = 4
"""The membrane is made at a quarter of the resolution: light is smooth, texture is not."""

MIRROR_STEP = 2
"""The mirror's map is made at half the resolution."""

NEAR = 0.07
"""How far in the mirrored picture reaches, share of the short side; it fades from half of that."""

CONTEXT = 64
"""Pixels round a hole that may lend it light and texture."""


def complete(picture: Image, hole: Region, doubt: int = 0) -> Image:
    """Fill the hole of a picture with believable background.

    Args:
        picture: (height, width, 3) uint8.
        hole: (height, width) True where unknown.
        doubt: pixels round the hole that nothing is learnt from: a matte is never exact, and a
            rim of the thing in front would be carried into the hole.

    Returns:
        The same shape, unchanged outside the hole.
    """
    if not hole.any() or hole.all():
        return picture
    rows, columns = (_span(np.asarray(hole.any(axis=axis))) for axis in (1, 0))
    part, gap = picture[rows, columns], hole[rows, columns]
    unknown = _wider(gap, doubt)
    filled = _fill(part, unknown, NEAR * min(picture.shape[:2]))
    result = picture.copy()
    cv2.copyTo(filled, gap.astype(np.uint8), result[rows, columns])
    return result


def _fill(part: Image, unknown: Region, near: float) -> Image:
    """Return believable background for every pixel.

    The mirrored picture, and ever more of the difference between the light here and the light
    where it was mirrored from; that difference is smooth and made small.
    """
    size = unknown.shape[::-1]
    with ThreadPoolExecutor(1, "mirror") as beside:
        mirror = beside.submit(_mirror, unknown, near)
        light = _light(part, (~unknown).astype(np.float32))
    x, y, share = mirror.result()
    elsewhere = _look(light, *(_resized(axis, light) for axis in _scaled(x, y, size, light)))
    turn = (1 - _resized(share, light))[..., None] * (light - elsewhere)
    x, y = (cv2.resize(axis, size, interpolation=cv2.INTER_LINEAR) for axis in (x, y))
    # four channels, which OpenCV samples fastest
    turned = cv2.cvtColor(_look(cv2.cvtColor(part, cv2.COLOR_RGB2RGBA), x, y), cv2.COLOR_RGBA2RGB)
    shift = cv2.resize(np.rint(turn).astype(np.int16), size, interpolation=cv2.INTER_LINEAR)
    filled = cv2.add(turned, shift, dtype=cv2.CV_8U)
    smooth = cv2.resize(np.clip(light, 0, 255).astype(np.uint8), size)
    return cv2.copyTo(smooth, _look(unknown.astype(np.uint8), x, y), filled)


def _wider(hole: Region, pixels: int) -> Region:
    if pixels < 1:
        return hole
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    wider: Region = cv2.dilate(hole.astype(np.uint8), disc) > 0
    return hole if wider.all() else wider


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


def _light(part: Image, known: Mask) -> ImageF:
    """The smooth part of the picture, carried across the hole, at `LIGHT_STEP`; 0..255."""
    height, width = known.shape
    small = (max(2, width // LIGHT_STEP), max(2, height // LIGHT_STEP))
    weight = cv2.resize(known, small, interpolation=cv2.INTER_AREA)
    seen = cv2.copyTo(part, known.astype(np.uint8))
    colour = cv2.resize(seen, small, interpolation=cv2.INTER_AREA).astype(np.float32)
    colour /= np.maximum(weight, 1 / 16)[..., None]
    return push_pull(colour, np.where(weight > 0.5, weight, 0).astype(np.float32))


def _mirror(hole: Region, near: float) -> tuple[Mask, Mask, Mask]:
    """Where each pixel's mirror image lies across the hole's rim, and how near the rim it is.

    Returns:
        x and y in the hole's pixels, and a share that falls from 1 at the rim to 0 at ``near``
        pixels; each float32 at `MIRROR_STEP`.
    """
    height, width = hole.shape
    small = (max(1, width // MIRROR_STEP), max(1, height // MIRROR_STEP))
    gap = cv2.resize(hole.astype(np.uint8), small, interpolation=cv2.INTER_NEAREST) > 0
    x, y = _grid(*small)
    row, column = (y, x) if not gap.any() or gap.all() else nearest_known(gap)
    across, down = ((to - at).astype(np.float32) for to, at in ((column, x), (row, y)))
    scale_x, scale_y = width / small[0], height / small[1]
    far = np.clip(2 - 2 * cv2.magnitude(across * scale_x, down * scale_y) / near, 0, 1)
    seen_x = (x + 2 * across + np.float32(0.5)) * np.float32(scale_x) - np.float32(0.5)
    seen_y = (y + 2 * down + np.float32(0.5)) * np.float32(scale_y) - np.float32(0.5)
    return seen_x, seen_y, far * far * (3 - 2 * far)


def _scaled(x: Mask, y: Mask, size: tuple[int, int], like: ImageF) -> tuple[Mask, Mask]:
    """The maps in the pixels of a smaller picture of the same thing."""
    shrink_x, shrink_y = like.shape[1] / size[0], like.shape[0] / size[1]
    return (
        (x + np.float32(0.5)) * np.float32(shrink_x) - np.float32(0.5),
        (y + np.float32(0.5)) * np.float32(shrink_y) - np.float32(0.5),
    )


def _resized(plane: Mask, like: ImageF) -> Mask:
    size = (like.shape[1], like.shape[0])
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def _look(picture: NDArray[Any], x: Mask, y: Mask) -> NDArray[Any]:
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def _grid(width: int, height: int) -> tuple[Mask, Mask]:
    """Columns and rows, ready to broadcast."""
    columns = np.arange(width, dtype=np.float32)[None, :]
    return columns, np.arange(height, dtype=np.float32)[:, None]


def _span(present: NDArray[np.bool_]) -> slice:
    """The indices that hold the hole, with its context round them."""
    found = np.flatnonzero(present)
    return slice(max(0, int(found[0]) - CONTEXT), int(found[-1]) + 1 + CONTEXT)
