"""Dust: motes that hang in the light, drift and catch it now and then."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import Image
from pipelines.motion.craft import particles, scene
from pipelines.motion.craft.blend import glow, to_plane
from pipelines.motion.effect import Effect, Moment, Painter, Stage

_SUNLIT = (255, 238, 208)
_MARGIN = 0.1
_SPEED = 0.03  # frame heights a second


def _sizes(rng: np.random.Generator, tracks: int) -> particles.Floats:
    """Most motes are specks; a few float close to the lens, large and dim. On a 1080-pixel side."""
    close = rng.random(tracks) < 0.18
    radii = np.where(close, rng.uniform(3.5, 7.5, tracks), rng.uniform(1.0, 2.3, tracks))
    return np.asarray(radii, np.float32)


def prepare(stage: Stage, amount: float) -> Painter:
    """Return drifting motes; ``amount`` sets their number and brightness."""
    height, width = scene.shape_of(stage)
    factor = scene.plane_factor((height, width))
    shape = scene.small_shape((height, width), factor)
    loops = max(1, round((1 + 2 * _MARGIN) / (_SPEED * stage.seconds)))
    drift = particles.Drift(stage.rng, round(80 + 200 * amount), loops, 0.12, 2)
    sizes = _sizes(stage.rng, drift.tracks)
    level = 3.0 * amount * np.minimum(1.0, 1.6 / sizes)
    radii = sizes * min(height, width) / 1080 / factor
    turns = stage.rng.integers(1, 3, drift.tracks)
    start = stage.rng.random(drift.tracks)
    nearness = stage.rng.uniform(0.5, 1.5, drift.tracks)
    reach = scene.Reach(scene.beside_subject(stage))
    owner = drift.owner

    def paint(moment: Moment) -> Image:
        along, across = drift.at(moment.phase)
        # Motes rise on warm air.
        unit = np.stack([across, 1 - along], axis=1) * (1 + 2 * _MARGIN) - _MARGIN
        points = unit * np.array([width, height])
        centres = particles.place(points, moment.warp, nearness[owner]) / factor
        angle = 2 * np.pi * (turns * moment.phase + start)
        twinkle = (0.35 + 0.65 * (0.5 + 0.5 * np.cos(angle)) ** 2) * level
        motes = np.zeros(shape, np.float32)
        particles.splat(motes, centres, radii[owner], twinkle[owner], particles.soft_ball)
        return glow(moment.pixels, reach.limit(to_plane(motes), moment), _SUNLIT)

    return paint


EFFECT = Effect(
    title="Dust",
    description="Motes of dust float slowly in the light and twinkle.",
    prepare=prepare,
)
