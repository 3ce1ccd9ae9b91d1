"""Steam: warm wisps rise from behind the product's top, curl and fade."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.arrays import Image, Mask
from pipelines.motion.craft import flow, noise, scene
from pipelines.motion.craft.blend import to_plane, veil
from pipelines.motion.effect import Effect, Moment, Painter, Stage

_VAPOUR = (248, 247, 245)
_CELLS = 180  # along the short side


@dataclass(frozen=True)
class _Column:
    """Where the steam rises, in pixels of a field: its foot, its height and half its width."""

    x: float
    foot: float
    rise: float
    half: float


def _column(where: Mask) -> _Column:
    """Set the column on the upper part of ``where``: the product, or the region drawn."""
    height, width = where.shape
    rows = np.flatnonzero(where.max(axis=1) > 0.5)
    if not rows.size:
        return _Column(width / 2, 0.8 * height, 0.6 * height, 0.14 * width)
    top, depth = float(rows[0]), float(rows[-1] - rows[0])
    upper = where[rows[0] : rows[0] + max(1, int(0.35 * depth))]
    columns = np.flatnonzero(upper.max(axis=0) > 0.5)
    middle, half = float(columns.mean()), float(np.ptp(columns)) / 2
    # Steam gathers inside the vessel, so the foot lies below its rim, hidden by it.
    foot = top + 0.3 * depth
    rise = min(foot, max(0.55 * height, foot - 0.05 * height))
    return _Column(middle, foot, max(rise, 0.2 * height), max(0.62 * half, 0.05 * width))


def _source(stage: Stage) -> Mask:
    """Return what steams: the product, or the region drawn."""
    return stage.region if scene.drawn(stage) else stage.subject


class _Wisps:
    """Filaments of a tiling noise that rise one tile a loop and are bent on their way up."""

    def __init__(self, stage: Stage, shape: scene.Shape, column: _Column) -> None:
        self._grid = flow.pixel_grid(shape)
        climb = (column.foot - self._grid[..., 1]) / column.rise
        self._climb = np.clip(climb, 0, 1.2).astype(np.float32)
        spread = column.half * (0.75 + 0.9 * self._climb)
        self._side = (self._grid[..., 0] - column.x) / spread
        self._half = column.half
        long = max(8, round(0.55 * column.rise))
        wide = max(8, round(5 * column.half))
        self._fine = noise.tile(stage.rng, (long, wide), (0.9 * long, 0.75 * column.half), 3.6)
        self._broad = noise.tile(stage.rng, (2 * long, wide), (1.3 * long, 1.1 * column.half), 4.0)
        bend = (0.5 * column.rise, 2.0 * column.half)
        self._sway = noise.Breath(stage.rng, shape, bend, 2, slope=4.0)
        self._tile = long
        self.envelope = self._fade()

    def _fade(self) -> Mask:
        """Soft sides, a quick rise at the foot, a long fade above."""
        sides = np.exp(-1.1 * self._side**2)
        up = scene.smoothstep(0.0, 0.22, self._climb)
        gone = 1 - scene.smoothstep(0.25, 1.0, self._climb)
        return np.asarray(sides * up * gone, np.float32)

    def at(self, phase: float) -> Mask:
        """Return the density of vapour, about 0..1."""
        curl = self._sway.at(phase) * self._climb * self._half * 0.5
        # Seen in the column's own widening coordinates, so wisps spread as they climb.
        x = self._side * self._half + curl
        y = self._grid[..., 1] + 0.25 * curl
        fine = self._look(self._fine, x, y + self._tile * phase)
        broad = self._look(self._broad, x * 0.9, y * 0.8 + 2 * self._tile * phase)
        # Where two noises cross zero together lie thin sheets; seen edge-on they are wisps.
        strands = cv2.exp(-np.square(fine + 0.35 * broad) / 0.22)
        body = scene.smoothstep(-0.9, 1.5, broad)
        return np.asarray(self.envelope * body * (0.22 + 0.78 * strands), np.float32)

    @staticmethod
    def _look(texture: Mask, x: Mask, y: Mask) -> Mask:
        return flow.sample(texture, np.stack([x, y], axis=-1).astype(np.float32))


def prepare(stage: Stage, amount: float) -> Painter:
    """Return rising steam; ``amount`` sets its opacity."""
    grid = scene.Grid.over(stage, _CELLS)
    wisps = _Wisps(stage, grid.shape, _column(grid.coarsen(_source(stage))))
    reach = scene.Reach(scene.where_asked(stage))

    def paint(moment: Moment) -> Image:
        vapour = to_plane(1.15 * amount * wisps.at(moment.phase))
        here = np.asarray(scene.follow(vapour, moment.warp, grid.factor), np.uint8)
        return veil(moment.pixels, reach.limit(here, moment), _VAPOUR)

    return paint


EFFECT = Effect(
    title="Steam",
    description="Wisps of steam rise from the product, curl and fade.",
    prepare=prepare,
)
