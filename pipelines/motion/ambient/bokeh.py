"""Bokeh: lights far out of focus drift in the background."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import Image, Mask
from pipelines.motion.craft import particles, scene
from pipelines.motion.craft.blend import glow, to_plane
from pipelines.motion.effect import Effect, Moment, Painter, Stage

_LAMPLIGHT = (255, 196, 124)
_FACTOR = 4
_NEARNESS = 0.4  # lights hang far behind the subject and move less


def _far(stage: Stage) -> Mask:
    """Return the background's far part: all of it where depth tells nothing."""
    behind = stage.nearness[stage.subject < 0.5]
    low, high = np.percentile(behind, [10, 95]) if behind.size else (0.0, 0.0)
    if high - low < 0.02:
        return scene.beside_subject(stage)
    near = scene.smoothstep(float(low + 0.1 * (high - low)), float(low + high) / 2, stage.nearness)
    return np.asarray(scene.beside_subject(stage) * (1 - near), np.float32)


def _places(stage: Stage, far: Mask, count: int) -> particles.Reals:
    """Return (count, 2) places (x, y) in the far background, apart from each other.

    Each is the best of eight tries: well clear of the others, though not in a grid.
    """
    height, width = far.shape
    tries = stage.rng.random((count, 8, 2)) * (width, height)
    chosen = tries[:1, 0]
    for some in tries[1:]:
        seen = far[some[:, 1].astype(int), some[:, 0].astype(int)]
        gap = np.linalg.norm(some[:, None] - chosen, axis=2).min(axis=1)
        chosen = np.append(chosen, some[[int((gap * seen).argmax())]], axis=0)
    return chosen


def prepare(stage: Stage, amount: float) -> Painter:
    """Return drifting lights; ``amount`` sets their number and brightness."""
    shape = scene.small_shape(scene.shape_of(stage), _FACTOR)
    short, rng, far = min(scene.shape_of(stage)), stage.rng, _far(stage)
    home = _places(stage, far, round(10 + 16 * amount))
    count = len(home)
    radii = np.asarray(short * rng.uniform(0.022, 0.085, count) / _FACTOR, np.float32)
    level = 0.62 * amount * rng.uniform(0.45, 1.0, count)
    angle = rng.uniform(0, 2 * np.pi, (3, count))
    swing = short * rng.uniform(0.012, 0.035, (count, 2))
    reach = scene.Reach(far)

    def paint(moment: Moment) -> Image:
        turn = 2 * np.pi * moment.phase
        wander = np.stack([np.sin(turn + angle[0]), np.cos(turn + angle[1])], axis=1) * swing
        points = np.asarray(home + wander, np.float32)
        centres = particles.place(points, moment.warp, _NEARNESS) / _FACTOR
        breath = level * (0.7 + 0.3 * np.sin(turn + angle[2]))
        discs = np.zeros(shape, np.float32)
        particles.splat(discs, centres, radii, breath, particles.lens_disc, extent=1.0)
        return glow(moment.pixels, reach.limit(to_plane(discs), moment), _LAMPLIGHT)

    return paint


EFFECT = Effect(
    title="Bokeh",
    description="Lights out of focus drift and breathe in the far background.",
    prepare=prepare,
)
