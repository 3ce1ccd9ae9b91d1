"""Sparkle: bright points of the picture glint like stars, one after another."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Image, Mask
from pipelines.motion.craft import particles, scene
from pipelines.motion.craft.blend import glow, to_plane
from pipelines.motion.effect import Effect, Moment, Painter, Stage

_STARLIGHT = (255, 250, 238)
_CELLS = 270  # along the short side
_FLASH = 6  # power of the raised cosine: how short a glint is


def _highlights(stage: Stage, allowed: Mask, count: int) -> particles.Reals:
    """Return (n, 2) places (x, y) that stand out as bright points, best first, well apart."""
    grid = scene.Grid.over(stage, _CELLS)
    grey = grid.coarsen(np.asarray(cv2.cvtColor(stage.pixels, cv2.COLOR_RGB2GRAY), np.float32))
    free = (grid.coarsen(allowed) > 0.9).astype(np.float32)
    around = cv2.GaussianBlur(grey, (0, 0), _CELLS / 60)
    # A grain of chance decides on a plain wall, where nothing stands out.
    chance = 6 * np.asarray(stage.rng.random(grid.shape), np.float32)
    score = (np.maximum(grey - around, 0) + grey / 32 + chance + 1) * free
    found = []
    for _ in range(count):
        _, best, _, (x, y) = cv2.minMaxLoc(score)
        if best <= 0:
            break
        found.append((x, y))
        cv2.circle(score, (x, y), _CELLS // 9, (0.0,), -1)
    return (np.array(found).reshape(-1, 2) + 0.5) * grid.factor - 0.5


def prepare(stage: Stage, amount: float) -> Painter:
    """Return glints; ``amount`` sets their number and brightness."""
    factor = scene.plane_factor(scene.shape_of(stage))
    shape = scene.small_shape(scene.shape_of(stage), factor)
    allowed = scene.where_asked(stage)
    points = _highlights(stage, allowed, round(12 + 28 * amount))
    rng, count = stage.rng, len(points)
    size = rng.uniform(0.6, 1.3, count) * 0.021 * min(scene.shape_of(stage)) / factor
    # Evenly spread starts: there is always a glint, never all at once.
    start = (rng.permutation(count) + rng.random(count)) / max(count, 1)
    reach = scene.Reach(allowed)

    def paint(moment: Moment) -> Image:
        flash = (0.5 + 0.5 * np.cos(2 * np.pi * (moment.phase - start))) ** _FLASH
        lit = flash > 0.02
        centres = particles.place(points[lit], moment.warp) / factor
        radii = (size * (0.55 + 0.45 * flash))[lit]
        stars = np.zeros(shape, np.float32)
        particles.splat(stars, centres, radii, 2.2 * amount * flash[lit], particles.glint, 2.2)
        return glow(moment.pixels, reach.limit(to_plane(stars), moment), _STARLIGHT)

    return paint


EFFECT = Effect(
    title="Sparkle",
    description="Bright points around the product glint like small stars.",
    prepare=prepare,
)
