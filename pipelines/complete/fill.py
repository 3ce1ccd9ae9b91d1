"""Fills a hole in a picture with what lies beside it.

The picture goes on along its own lines: each pixel of the hole shows what lies as far before the
rim as the pixel lies behind it, on the line through it. So what a camera move uncovers is as sharp
as what lies beside it, and a line that runs into the hole runs on. Where that picture would be
torn, what lies across the nearest rim lends its grain alone. Farther in there is only light,
carried across along the same lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, Plane, Region
from pipelines.complete.plan import STEP, Plan, make_plan

NEAR = 0.07
"""How far in the picture keeps its own light, share of the short side."""

CONTEXT = 64
"""Pixels round a hole that may lend it light and texture."""

TILE = 32
"""Cells of the plan on each side of a tile, so small that all of its making stays in the cache."""

Tile: TypeAlias = tuple[slice, slice]
"""Rows and columns of the picture, on the borders of cells."""


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
    part = tuple(_span(np.asarray(hole.any(axis=axis))) for axis in (1, 0))
    gap = np.asarray(hole[part], np.uint8)
    seen, unknown = (_in_steps(each) for each in (picture[part], _wider(gap, doubt)))
    plan = make_plan(seen, unknown, NEAR * min(picture.shape[:2]))
    light = np.clip(np.rint(plan.light), 0, 255).astype(np.uint8)
    for tile in _tiles(plan.hole):  # so that no look-up can meet what stands in front
        cv2.copyTo(_enlarged(light, tile), unknown[tile], seen[tile])
    result = picture.copy()
    height, width = gap.shape
    cv2.copyTo(seen[:height, :width], gap, result[part])
    for tile in _tiles(plan.hole & (plan.trust > 0)):
        height, width = gap[tile].shape
        filled = _textured(plan, seen, light, tile)[:height, :width]
        cv2.copyTo(filled, gap[tile], result[part][tile])
    return result


def _textured(plan: Plan, seen: Image, light: Image, tile: Tile) -> Image:
    x, y = (_enlarged(places, tile) for places in plan.mirror)
    there = cv2.remap(seen, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    turned = cv2.add(there, _enlarged(plan.turn, tile), dtype=cv2.CV_8U)
    trust = _enlarged(plan.trust, tile)
    return cv2.blendLinear(turned, _enlarged(light, tile), trust, 1 - trust)


def _tiles(cells: Region) -> Iterator[Tile]:
    """The tiles of the picture that hold all of some cells of its plan."""
    for top in range(0, len(cells), TILE):
        for left in range(0, len(cells[0]), TILE):
            rows, columns = slice(top, top + TILE), slice(left, left + TILE)
            if cells[rows, columns].any():
                bottom, right = top + len(cells[rows]), left + len(cells[0, columns])
                yield slice(STEP * top, STEP * bottom), slice(STEP * left, STEP * right)


def _enlarged(small: NDArray[Any], tile: Tile) -> NDArray[Any]:
    """A tile of a plane that is `STEP` times as small, as if all of it were enlarged."""
    around = [slice(max(0, side.start // STEP - 1), side.stop // STEP + 2) for side in tile]
    large = cv2.resize(small[tuple(around)], None, fx=STEP, fy=STEP)
    rows, columns = (
        slice(side.start - whole.start * STEP, side.stop - whole.start * STEP)
        for side, whole in zip(tile, around, strict=True)
    )
    return large[rows, columns]


def _in_steps(plane: NDArray[Any]) -> NDArray[Any]:
    """The plane with its last rows and columns again until `STEP` divides its sides."""
    below, beside = (-side % STEP for side in plane.shape[:2])
    if not below and not beside:
        return plane.copy()
    return cv2.copyMakeBorder(plane, 0, below, 0, beside, cv2.BORDER_REPLICATE)


def _wider(gap: Plane, pixels: int) -> Plane:
    if pixels < 1:
        return gap
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    wider = cv2.dilate(gap, disc)
    return gap if wider.all() else wider


def _span(present: NDArray[np.bool_]) -> slice:
    """The indices that hold the hole, with its context round them."""
    found = np.flatnonzero(present)
    return slice(max(0, int(found[0]) - CONTEXT), int(found[-1]) + 1 + CONTEXT)
