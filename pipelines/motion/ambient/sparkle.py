"""Sparkle: bright points of the picture glint like stars, one after another."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Image, Mask
from pipelines.motion.craft import particles, scene
from pipelines.motion.craft.blend import glow, to_plane
from pipelines.motion.effect import Effect, Moment, Painter, Stage

_STARLIGHT = (255, 250, 238)
_FACTOR = 2
_FLASH = 6  # power of the raised cosine: how short a glint is


def _highlights(stage: Stage, allowed: Mask, count: int) -> particles.Floats:
    """Return (n, 2) places (x, y) that stand out as bright points, best first, well apart."""
    short = min(scene.shape_of(stage))
    grey = cv2.GaussianBlur(cv2.cvtColor(stage.pixels, cv2.COLOR_RGB2GRAY), (0, 0), short / 900)
    around = cv2.GaussianBlur(grey, (0, 0), short / 60)
    score = (cv2.subtract(grey, around).astype(np.float32) + grey / 32 + 1) * allowed
    # A grain of chance decides on a plain wall, where nothing stands out.
    score += 4 * np.asarray(stage.rng.random(score.shape), np.float32) * (allowed > 0.5)
    found = []
    for _ in range(count):
        _, best, _, (x, y) = cv2.minMaxLoc(score)
        if best <= 0:
            break
        found.append((x, y))
        cv2.circle(score, (x, y), round(short / 9), (0.0,), -1)
    return np.array(found, np.float32).reshape(-1, 2)


def prepare(stage: Stage, amount: float) -> Painter:
    """Return glints; ``amount`` sets their number and brightness."""
    shape = scene.small_shape(scene.shape_of(stage), _FACTOR)
    allowed = scene.where_asked(stage)
    points = _highlights(stage, allowed, round(12 + 28 * amount))
    rng, count = stage.rng, len(points)
    size = rng.uniform(0.6, 1.3, count) * 0.021 * min(scene.shape_of(stage)) / _FACTOR
    # Evenly spread starts: there is always a glint, never all at once.
    start = (rng.permutation(count) + rng.random(count)) / max(count, 1)
    reach = scene.Reach(allowed)

    def paint(moment: Moment) -> Image:
        flash = (0.5 + 0.5 * np.cos(2 * np.pi * (moment.phase - start))) ** _FLASH
        lit = flash > 0.02
        centres = particles.place(points[lit], moment.warp) / _FACTOR
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
