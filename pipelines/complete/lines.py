"""The lines of a picture that run into a hole, and where they come from.

A structure tensor (Bigün & Granlund 1987) tells which way the lines at the rim run; carried across
the hole it gives every pixel there a straight way to the rim on either side, as coherence transport
does it in small steps (Bornemann & März 2007, Fast Image Inpainting Based on Coherence Transport).
Where the picture has no lines the way is the shortest one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import ImageF, Mask, Region
from pipelines.complete.membrane import push_pull

Places: TypeAlias = tuple[Mask, Mask]
"""Columns and rows, pixels, float32 of one shape."""

Cells: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Rows and columns of whole pixels, of one shape, as NumPy indexes with them."""

FLOOR = np.float32(4)
"""Mean squared slope, in levels of 0..255 a pixel, below which there are no lines."""

LOOSE, STRICT = 0.35, 0.7
"""Coherence of the tensor from which lines begin to count, and from which they alone do."""

STEPS = 10
"""Steps of a walk to the rim; each is as long as the way is free."""

TINY = np.float32(1e-6)


@dataclass(frozen=True, eq=False)
class Lines:
    """Which way lines run, at some pixels.

    Attributes:
        x, y: float32, a unit vector; its sign means nothing.
        share: 0..1, how far there are lines at all.
    """

    x: Mask
    y: Mask
    share: Mask


@dataclass(frozen=True, eq=False)
class Walk:
    """Straight ways from some pixels of a hole to its rim.

    Attributes:
        length: pixels to the rim.
        missed: how far from the rim the way ended, pixels.
        rim: one pixel beyond the rim.
        mirror: as far beyond the rim as the pixel lies before it.
    """

    length: Mask
    missed: Mask
    rim: Places
    mirror: Places


def depth_in(hole: Region) -> Mask:
    """Pixels to the rim of the hole: positive inside, negative outside, 0 on the rim itself.

    Where there is no rim it is as far as both sides of the picture together.
    """
    plane = hole.astype(np.uint8)
    inside, outside = (
        np.minimum(cv2.distanceTransform(each, cv2.DIST_L2, 5), np.float32(sum(hole.shape)))
        for each in (plane, 1 - plane)
    )
    return inside - outside + np.where(hole, np.float32(-0.5), np.float32(0.5))


def find_lines(light: ImageF, depth: Mask, window: int, where: Cells) -> Lines:
    """Carry the directions of the lines at the rim across a hole.

    Lines along the rim do not run into the hole: most are the shadow or the glow of what stands in
    front. So each slope counts by how far it lies along the rim.

    Args:
        light: (height, width, 3) float32, 0..255, smooth inside the hole.
        depth: into the hole, as `depth_in` gives it.
        window: pixels over which directions are averaged.
        where: rows and columns of the pixels to tell of.
    """
    grey = cv2.transform(light, np.full((1, 3), 1 / 3, np.float32))
    slope_x, slope_y = _slopes(grey)
    energy = slope_x * slope_x + slope_y * slope_y
    out_x, out_y = _unit(*_slopes(depth))
    crossing = slope_x * out_y - slope_y * out_x
    weight = np.where(depth < -1, crossing * crossing / (energy + TINY), np.float32(0))
    slopes = np.dstack([*_doubled(-slope_y, slope_x), energy]) * weight[..., None]
    seen = cv2.blur(weight, (window, window))
    mean = cv2.blur(slopes, (window, window)) / (seen + TINY)[..., None]
    tensor = push_pull(mean, np.minimum(4 * seen, 1))
    inside = depth > 0
    shortest = (cv2.blur(each * inside, (window, window))[where] for each in _doubled(out_x, out_y))
    across, down, power = (tensor[..., axis][where] for axis in range(3))
    strength = cv2.magnitude(across, down)
    share = np.clip((strength / (power + FLOOR) - LOOSE) / (STRICT - LOOSE), 0, 1)
    lines = (axis / (strength + TINY) for axis in (across, down))
    across, down = (a + share * (b - a) for a, b in zip(shortest, lines, strict=True))
    angle = np.arctan2(down, across) / 2
    return Lines(np.cos(angle), np.sin(angle), share)


def walk(where: Cells, lines: Lines, depth: Mask, sign: int) -> Walk:
    """Go from pixels along their lines until the rim is met (sphere tracing: Hart 1996).

    Args:
        where: rows and columns of the pixels, inside the hole.
        lines: directions there.
        depth: into the hole, as `depth_in` gives it.
        sign: 1 or -1, which way along the lines.
    """
    longest = np.float32(sum(depth.shape))
    row, column = (axis.astype(np.float32) for axis in where)

    def after(length: Mask) -> Places:
        way = length * np.float32(sign)
        return column + lines.x * way, row + lines.y * way

    length = missed = depth[where]
    for _ in range(STEPS):
        there = after(length)
        missed = cv2.remap(depth, *there, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        length = np.clip(length + missed, 0, longest)
    return Walk(length, np.abs(missed), after(length + 1), after(2 * length))


def _slopes(plane: Mask) -> tuple[Mask, Mask]:
    """Change per pixel, across and down."""
    across, down = (cv2.Scharr(plane, cv2.CV_32F, *axis, scale=1 / 32) for axis in ((1, 0), (0, 1)))
    return across, down


def _unit(x: Mask, y: Mask) -> tuple[Mask, Mask]:
    length = cv2.magnitude(x, y) + TINY
    return x / length, y / length


def _doubled(x: Mask, y: Mask) -> tuple[Mask, Mask]:
    """The vector at twice the angle: a direction without a sign, of squared length."""
    return x * x - y * y, 2 * x * y
