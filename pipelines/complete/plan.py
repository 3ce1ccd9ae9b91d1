"""What fills each place of a hole: where its texture lies, and what light it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, ImageF, Mask, Plane, Region
from pipelines.complete.lines import Cells, Places, Walk, depth_in, find_lines, walk
from pipelines.complete.membrane import light_across, nearest_known, share_of
from pipelines.ramp import eased

STEP, MIDDLE = 4, 1.5
"""All is planned at a quarter of the resolution: lines and light are smooth, texture is not."""

WINDOW = 0.5
"""Side of the window over which the direction of lines is averaged, in lengths of ``near``."""

TABLE = 256
"""Columns of the table in which cells are looked up."""

DEEP = 1.2
"""How deep in the hole there is texture, in lengths of ``near``; it fades from half that. No move
at its default looks deeper than 0.65."""

FAR = 3
"""How far away the rim may lie that anything is taken from, in lengths of ``near``; it counts less
from half of that."""

MISSED = 2.0
"""How far from the rim a walk may end, in pixels of the plan, and still count."""

CLEAR = np.float32(0.4)
"""Distance of a mirrored place from the hole, in lengths of the way to the rim, at which it is
wholly trusted."""

FAINT = np.float32(0.1)
"""Weight of the membrane against light from a rim that lies ``near`` away."""

BENT, TORN = 24.0, 48.0
"""Jump of the mirrored place, over three cells, from which a texture is seen to be pulled about,
and from which it is torn, pixels; a plain mirror has 8."""

SURE = 0.25
"""Trust in what lies along a line above which it is shown; below it stands what lies across the
nearest rim, whose light is exchanged altogether: torn light is seen, torn grain is not."""

UNLIKE = 32.0
"""Difference of light, in levels, from which on grain from there is no likeness of what is here; it
counts less from half of that."""

TINY = np.float32(1e-6)


@dataclass(frozen=True, eq=False)
class Plan:
    """What fills a hole, cell by cell: `STEP` × `STEP` pixels. Outside it the picture itself.

    Attributes:
        hole: (height, width) bool, cells that hold any of it.
        light: (height, width, 3) float32, 0..255.
        mirror: where the texture lies, in pixels of the picture.
        turn: (height, width, 3) float32, what must be added to the light that lies there.
        trust: (height, width) float32 0..1, share of that texture; the rest is light alone.
    """

    hole: Region
    light: ImageF
    mirror: Places
    turn: ImageF
    trust: Mask


@dataclass(frozen=True, eq=False)
class _Way:
    """What one walk from each cell brings back.

    Attributes:
        length: pixels of the plan to the rim.
        mirror: what lies as far beyond it.
        light: (height, width, 3) float32, 0..255, at the rim.
        pull: weight of that light.
        trust: 0..1, whether the mirrored place may be shown.
    """

    length: Mask
    mirror: Places
    light: ImageF
    pull: Mask
    trust: Mask


def make_plan(picture: Image, hole: Plane, near: float) -> Plan:
    """Find what fills a hole.

    Args:
        picture: (height, width, 3) uint8, sides divisible by `STEP`.
        hole: (height, width) 1 where unknown, 0 elsewhere.
        near: pixels from the rim within which texture keeps its own light; from half of that on
            it takes the light that is carried across.
    """
    known = 1 - hole
    share = share_of(known, STEP)
    membrane = light_across(picture, known, share)
    depth = depth_in(share < 1)
    reach = near / STEP
    near_rim = (depth > 0) & (depth < DEEP * reach)
    turn, trust = np.zeros_like(membrane), np.where(depth > 0, np.float32(0), np.float32(1))
    plan = Plan(depth > 0, membrane, _middles(depth.shape), turn, trust)
    return _textured(plan, _packed(near_rim), depth, reach) if near_rim.any() else plan


def _textured(plan: Plan, where: Cells, depth: Mask, reach: float) -> Plan:
    """The plan with texture, and light along lines, in some cells of the hole."""
    window = 2 * round(WINDOW * reach / 2) + 1
    membrane = plan.light[where]
    lines = find_lines(plan.light, depth, window, where)
    one, other = (
        _way(walk(where, lines, depth, sign), plan.light, depth, reach) for sign in (1, -1)
    )
    light = membrane + lines.share[..., None] * (_carried(one, other, membrane) - membrane)
    first = one.trust * (other.length + 1) >= other.trust * (one.length + 1)
    along = _chosen(first, one.mirror, other.mirror)
    length, trust = _chosen(first, (one.length, one.trust), (other.length, other.trust))
    steady = trust * _whole(_put(plan.mirror, where, along))[where] > SURE
    shown = _chosen(steady, along, _across(plan.hole, where))
    differs = light - _look(plan.light, shown)
    own = np.where(steady, _faded(length, reach), np.float32(0))
    like = np.where(steady, np.float32(1), _faded(np.abs(differs).max(axis=-1), UNLIKE))
    trust = like * _faded(depth[where], DEEP * reach)
    mirror = _put(plan.mirror, where, shown)
    return Plan(
        plan.hole,
        _with(plan.light, where, light),
        mirror,
        _with(plan.turn, where, (1 - own)[..., None] * differs),
        _with(plan.trust, where, trust) * _whole(mirror),
    )


def _across(hole: Region, where: Cells) -> Places:
    """The mirror images of cells across the nearest part of the rim."""
    rows, columns = nearest_known(hole)
    row, column = (
        (2 * near[where] - here).astype(np.float32)
        for near, here in zip((rows, columns), where, strict=True)
    )
    return column, row


def _put(mirror: Places, where: Cells, found: Places) -> Places:
    """The places of the picture with those that were found in the plan's cells."""
    x, y = (
        _with(axis, where, places * STEP + MIDDLE)
        for axis, places in zip(mirror, found, strict=True)
    )
    return x, y


def _with(plane: NDArray[np.float32], where: Cells, values: NDArray[Any]) -> NDArray[np.float32]:
    """The plane with other values in some cells."""
    plane = plane.copy()
    plane[where] = values
    return plane


def _packed(region: Region) -> Cells:
    """The cells of a region as a table, filled up with the first ones: OpenCV looks up tables."""
    cells = np.nonzero(region)
    rows = -(-cells[0].size // TABLE)
    row, column = (np.resize(axis, rows * TABLE).reshape(rows, TABLE) for axis in cells)
    return row, column


def _middles(shape: tuple[int, ...]) -> Places:
    """Of the cells, in pixels of the picture."""
    row, column = np.indices(shape, np.float32) * STEP + MIDDLE
    return column, row


def _way(gone: Walk, membrane: ImageF, depth: Mask, reach: float) -> _Way:
    arrived = _faded(gone.length, FAR * reach) * _faded(gone.missed, MISSED)
    clearance = -_look(depth, gone.mirror) / (CLEAR * gone.length + TINY)
    return _Way(
        gone.length,
        gone.mirror,
        light=_look(membrane, gone.rim),
        pull=arrived * np.float32(reach) / (gone.length + np.float32(0.5)),
        trust=arrived * eased(clearance),
    )


def _carried(one: _Way, other: _Way, membrane: ImageF) -> ImageF:
    """The light at both ends of each line, the nearer one's more; far from both, the membrane."""
    total = membrane * FAINT + one.light * one.pull[..., None] + other.light * other.pull[..., None]
    return total / (FAINT + one.pull + other.pull)[..., None]


def _chosen(
    first: NDArray[np.bool_], ones: tuple[Mask, Mask], others: tuple[Mask, Mask]
) -> tuple[Mask, Mask]:
    a, b = (np.where(first, *each) for each in zip(ones, others, strict=True))
    return a, b


def _whole(mirror: Places) -> Mask:
    """0 where a mirrored picture would be torn, since its places jump, 1 where they keep step."""
    square = np.ones((3, 3), np.uint8)
    jump = np.maximum(*(cv2.morphologyEx(each, cv2.MORPH_GRADIENT, square) for each in mirror))
    whole = np.clip((TORN - jump) / np.float32(TORN - BENT), 0, 1)
    return cv2.blur(whole, (3, 3))


def _faded(length: Mask, end: float) -> Mask:
    """1 up to half of ``end``, 0 from there on."""
    return eased(2 - length * np.float32(2 / end))


def _look(plane: NDArray[Any], places: Places) -> NDArray[Any]:
    return cv2.remap(plane, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
