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


def _extent(where: Mask) -> tuple[float, float, float, float]:
    """Return (top, bottom, left, right) of what is covered; the lower middle if nothing is."""
    rows, columns = (np.flatnonzero(where.max(axis=axis) > 0.5) for axis in (1, 0))
    height, width = where.shape
    if not rows.size:
        return 0.6 * height, 0.9 * height, 0.35 * width, 0.65 * width
    return float(rows[0]), float(rows[-1]), float(columns[0]), float(columns[-1])


def _above(product: Mask) -> _Column:
    """Set the column on the product's upper third."""
    height, width = product.shape
    top, bottom, _, _ = _extent(product)
    _, _, left, right = _extent(product[: int(top + 0.35 * (bottom - top)) + 1])
    # Steam gathers inside the vessel, so the foot lies below its rim, hidden by it.
    foot = top + 0.3 * (bottom - top)
    rise = max(0.2 * height, min(foot, max(0.55 * height, foot - 0.05 * height)))
    return _Column((left + right) / 2, foot, rise, max(0.31 * (right - left), 0.05 * width))


def _within(region: Mask) -> _Column:
    """Let the column fill the region drawn, from its bottom to its top."""
    top, bottom, left, right = _extent(region)
    half = max(0.3 * (right - left), 2.0)
    return _Column((left + right) / 2, bottom, max(bottom - top, 4.0), half)


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
    asked = scene.drawn(stage)
    column = _within(grid.coarsen(stage.region)) if asked else _above(grid.coarsen(stage.subject))
    wisps = _Wisps(stage, grid.shape, column)
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
