"""Water ripple: low waves travel over the water before the product and glint."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, Mask
from pipelines.motion.craft import flow, scene
from pipelines.motion.craft.blend import glow, to_plane
from pipelines.motion.effect import Effect, Moment, Painter, Stage

_SKY = (255, 253, 248)
_CELLS = 180  # along the short side
_WAVES = 6
_HEIGHT = 0.009  # greatest displacement at amount 1, in short sides


def _water(stage: Stage) -> Mask:
    """Return the water: the region drawn, or else the frame's lower third."""
    if scene.drawn(stage):
        return np.asarray(stage.region * (1 - stage.subject), np.float32)
    rows = np.linspace(0, 1, stage.region.shape[0], dtype=np.float32)[:, None]
    lower = (rows > 0.62).astype(np.float32)
    return np.asarray(lower * (1 - stage.subject), np.float32)


def _plane(water: Mask) -> tuple[Mask, Mask, Mask]:
    """Return where each pixel lies on the water seen in perspective: (across, away, scale).

    The horizon is taken a third of the water's height above it; scale is 1 at its near edge.
    """
    height, width = water.shape
    rows = np.flatnonzero(water.max(axis=1) > 0.5)
    top, foot = (float(rows[0]), float(rows[-1] + 1)) if rows.size else (0.0, float(height))
    down, right = np.mgrid[:height, :width].astype(np.float32)
    horizon = top - (foot - top) / 3
    scale = np.clip((down - horizon) / (foot - horizon), 0.2, 1.0)
    across = (right - width / 2) / width / scale
    return across, np.asarray(1.2 / scale, np.float32), np.asarray(scale, np.float32)


class _Waves:
    """Plane waves of whole cycles a loop, each as a cosine and a sine field."""

    def __init__(self, stage: Stage, water: Mask) -> None:
        across, away, scale = _plane(water)
        rng = stage.rng
        heading = rng.normal(0.0, 0.55, _WAVES)  # mostly towards the viewer
        number = 2 * np.pi * rng.uniform(2.6, 6.5, _WAVES)
        # Deep-water waves: frequency grows as the root of the wave number.
        cycles = np.sqrt(number / number.mean()) * 0.55 * stage.seconds
        self._cycles = np.maximum(1, np.rint(cycles))
        offset = rng.uniform(0, 2 * np.pi, _WAVES)
        path = np.sin(heading)[:, None] * across.ravel() + np.cos(heading)[:, None] * away.ravel()
        angle = number[:, None] * path + offset[:, None]
        height = (1 / number)[:, None] * scale.ravel() * number.min() / np.sqrt(_WAVES)
        fields = np.concatenate([np.cos(angle) * height, np.sin(angle) * height])
        self._wet = water.ravel() > 0  # only these are worth the sums
        self._fields = fields[:, self._wet].astype(np.float32)
        self._heading, self._shape = heading, water.shape

    def at(self, phase: float) -> tuple[NDArray[np.float32], Mask]:
        """Return (displacement (h, w, 2), slope (h, w)), both about −1..1 and mean 0 in time."""
        turn = 2 * np.pi * self._cycles * phase
        wave = np.concatenate([np.cos(turn), -np.sin(turn)])
        slope = np.concatenate([np.sin(turn), np.cos(turn)])
        heading = np.tile(self._heading, 2)
        rows = np.stack([wave * np.sin(heading), wave * np.cos(heading), slope])
        state = np.zeros((self._wet.size, 3), np.float32)
        state[self._wet] = (rows.astype(np.float32) @ self._fields).T
        state = state.reshape(*self._shape, 3)
        return state[..., :2], state[..., 2]


def prepare(stage: Stage, amount: float) -> Painter:
    """Return travelling ripples; ``amount`` sets their height. Still at the water's edge."""
    grid, short = scene.Grid.over(stage, _CELLS), min(scene.shape_of(stage))
    most = _HEIGHT * amount * short
    water = _water(stage)
    # A pixel shows what lies at most `most` away, so the product is never drawn from.
    # Enlarging the grid bleeds by a cell and a half.
    bleed = 1.5 * grid.factor + 2
    edge = scene.smoothstep(bleed, bleed + 0.07 * short, scene.clearance(water))
    taper = grid.coarsen(edge)
    waves = _Waves(stage, grid.coarsen(water))
    reach = scene.Reach(edge)

    def paint(moment: Moment) -> Image:
        offset, tilt = waves.at(moment.phase)
        offset = scene.follow(most * taper[..., None] * offset, moment.warp, grid.factor)
        moved = flow.displace(moment.pixels, np.asarray(offset, np.float32))
        steep = np.maximum(tilt, 0) ** 2 * np.maximum(tilt, 0)
        crest = to_plane(0.6 * amount * taper * steep / (1 + steep))
        here = np.asarray(scene.follow(crest, moment.warp, grid.factor), np.uint8)
        return glow(moved, reach.limit(here, moment), _SKY)

    return paint


EFFECT = Effect(
    title="Water ripple",
    description="Low waves travel over the water around the product and glint.",
    prepare=prepare,
)
