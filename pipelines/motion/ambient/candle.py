"""Candle: a warm light flickers where the picture is brightest and warmest."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, Mask
from pipelines.motion.craft import flow, scene
from pipelines.motion.craft.blend import expose, to_plane
from pipelines.motion.effect import Effect, Moment, Painter, Stage

_FLAME = (255, 214, 158)
_CELLS = 135  # along the short side
_QUICKEST_HZ = 4.0


class _Flicker:
    """Three 1/f signals of whole harmonics, each 0 at phase 0 and about −1..1.

    Sines only: the curve is odd about the seam, so the steps on its two sides are equal.
    """

    def __init__(self, rng: np.random.Generator, seconds: float) -> None:
        self._orders = np.arange(1, max(3, round(_QUICKEST_HZ * seconds)) + 1)
        weights = rng.uniform(0.5, 1.0, (3, self._orders.size)) / self._orders
        self._weights = weights * rng.choice([-1.0, 1.0], weights.shape)
        fine = np.sin(2 * np.pi * np.outer(self._orders, np.linspace(0, 1, 512)))
        self._weights /= np.abs(self._weights @ fine).max(axis=1, keepdims=True)

    def at(self, phase: float) -> NDArray[np.float64]:
        """Return (brightness, sway right, sway down)."""
        wave = np.sin(2 * np.pi * self._orders * (phase % 1.0))
        return np.asarray(self._weights @ wave, np.float64)


def _brightest(stage: Stage, grid: scene.Grid) -> tuple[int, int]:
    """Return the cell (x, y) of the brightest warm area within the region."""
    warm = cv2.transform(stage.pixels.astype(np.float32), np.array([[0.5, 0.5, -0.25]]))
    area = cv2.GaussianBlur(grid.coarsen(np.asarray(warm, np.float32)), (0, 0), 0.05 * _CELLS)
    _, _, _, (x, y) = cv2.minMaxLoc((area + 64) * grid.coarsen(stage.region))
    return x, y


def prepare(stage: Stage, amount: float) -> Painter:
    """Return a flickering pool of light; ``amount`` sets how deep it flickers."""
    grid = scene.Grid.over(stage, _CELLS)
    flicker = _Flicker(stage.rng, stage.seconds)
    centre = np.array(_brightest(stage, grid), np.float32)
    places, radius = flow.pixel_grid(grid.shape), 0.42 * min(grid.shape)
    reach = scene.Reach(scene.soft_region(stage))

    def pool(sway: NDArray[np.float64]) -> Mask:
        offset = (places - centre - 0.05 * radius * sway.astype(np.float32)) / radius
        # A light falls off as 1 / (1 + r²) on what it stands near, and fills the room a little.
        return np.asarray(0.15 + 0.85 / (1 + np.square(offset).sum(axis=-1)) ** 1.5, np.float32)

    def paint(moment: Moment) -> Image:
        level, *sway = flicker.at(moment.phase)
        share = to_plane(0.3 * amount * abs(level) * pool(np.array(sway)))
        here = np.asarray(scene.follow(share, moment.warp, grid.factor), np.uint8)
        light = reach.limit(here, moment)
        return expose(moment.pixels, light, _FLAME, brighter=bool(level > 0))

    return paint


EFFECT = Effect(
    title="Candle",
    description="A warm light flickers over the scene from its brightest warm place.",
    prepare=prepare,
    over_subject=True,
)
