"""Snow: soft flakes in three depths, the far ones behind the product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Image, Mask
from pipelines.motion.craft import particles, scene
from pipelines.motion.craft.blend import to_plane, veil
from pipelines.motion.effect import Effect, Moment, Painter, Stage

_WHITE = (246, 249, 255)
_MARGIN = 0.12


@dataclass(frozen=True)
class _Depth:
    """One depth of the snowfall; lengths as fractions of the frame's short side."""

    count: int
    speed: float  # frame heights a second
    radius: float
    opacity: float
    nearness: float  # share of the subject's parallax


_DEPTHS = (
    _Depth(count=220, speed=0.09, radius=0.0016, opacity=0.75, nearness=0.6),
    _Depth(count=110, speed=0.14, radius=0.0028, opacity=0.9, nearness=0.85),
    _Depth(count=22, speed=0.22, radius=0.0075, opacity=0.5, nearness=1.5),
)


class _Layer:
    def __init__(self, stage: Stage, depth: _Depth, amount: float) -> None:
        height, width = scene.shape_of(stage)
        crossing = 1 + 2 * _MARGIN
        loops = max(1, round(crossing / (depth.speed * stage.seconds)))
        count = max(loops, round(depth.count * (0.4 + 1.2 * amount)))
        bends = max(1, round(loops * stage.seconds / 2.5))
        self._drift = particles.Drift(stage.rng, count, loops, 0.035, bends)
        sizes = stage.rng.lognormal(0.0, 0.3, self._drift.tracks)[self._drift.owner]
        self._radii = np.asarray(depth.radius * min(height, width) * sizes, np.float32)
        strength = stage.rng.uniform(0.55, 1.0, self._drift.tracks)[self._drift.owner]
        # Opacity follows the amount only where few flakes can no longer tell it: near nothing.
        self._weights = depth.opacity * strength * min(1.0, 4 * amount)
        self._size = np.array([width, height], np.float32)
        self._nearness = depth.nearness
        self._factor = scene.plane_factor((height, width))

    def draw(self, canvas: Mask, moment: Moment) -> None:
        along, across = self._drift.at(moment.phase)
        unit = np.stack([across, along], axis=1) * (1 + 2 * _MARGIN) - _MARGIN
        centres = particles.place(unit * self._size, moment.warp, self._nearness)
        radii = self._radii / self._factor
        particles.splat(canvas, centres / self._factor, radii, self._weights, particles.soft_ball)


def prepare(stage: Stage, amount: float) -> Painter:
    """Return snowfall; ``amount`` sets how dense it is."""
    layers = [_Layer(stage, depth, amount) for depth in _DEPTHS]
    reach = scene.Reach(scene.beside_subject(stage))
    full = scene.shape_of(stage)
    shape = scene.small_shape(full, scene.plane_factor(full))

    def paint(moment: Moment) -> Image:
        flakes = np.zeros(shape, np.float32)
        for layer in layers:
            layer.draw(flakes, moment)
        return veil(moment.pixels, reach.limit(to_plane(flakes), moment), _WHITE)

    return paint


EFFECT = Effect(
    title="Snow",
    description="Soft flakes fall in three depths, behind and beside the product.",
    prepare=prepare,
)
