"""Haze: patchy fog drifts behind the product, thicker with distance."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Image, Mask
from pipelines.motion.craft import flow, noise, scene
from pipelines.motion.craft.blend import Colour, to_plane, veil
from pipelines.motion.effect import Effect, Moment, Painter, Stage

_CELLS = 135  # along the short side
_DENSITY = 0.9  # β: optical depth at the farthest point, at amount 1


def _air(stage: Stage) -> Colour:
    """Return the light that fog would scatter here: the backdrop's tint, lifted towards white."""
    behind = stage.pixels[stage.subject < 0.5]
    tint = behind.mean(axis=0) if behind.size else np.full(3, 200.0)
    pale = 0.62 * tint + 0.38 * np.array([226.0, 230.0, 236.0])
    red, green, blue = (int(part) for part in pale.round())
    return red, green, blue


def _thickness(stage: Stage, grid: scene.Grid) -> Mask:
    """Return how much air lies before each pixel, 0..1; even where depth tells nothing."""
    far = 1 - stage.nearness
    span = float(far.max() - far.min())
    depth = (far - far.min()) / span if span > 0.02 else np.full_like(far, 0.6)
    return grid.coarsen(np.asarray(0.25 + 0.75 * depth, np.float32))


def _drift(stage: Stage, shape: scene.Shape) -> flow.Field:
    """Return a wind mostly to the side, 15 % of the width a loop, bent by slow eddies."""
    width = shape[1]
    eddies = [noise.tile(stage.rng, shape, (width * 0.8, width * 0.8), 4.0) for _ in range(2)]
    wind = np.stack([1 + 0.35 * eddies[0], 0.3 * eddies[1]], axis=-1)
    return np.asarray(0.15 * width * wind, np.float32)


def prepare(stage: Stage, amount: float) -> Painter:
    """Return drifting fog, I·e^(−βd) + A·(1 − e^(−βd)) with a patchy β; ``amount`` scales β.

    Source: Koschmieder's law of scattering; patches after Int. J. Computer Games
    Technology 2014, article 308629.
    """
    grid = scene.Grid.over(stage, _CELLS)
    shape, air, depth = grid.shape, _air(stage), _thickness(stage, grid)
    size = 0.85 * shape[1]
    texture = noise.tile(stage.rng, shape, (0.5 * size, size), 3.4)
    places, wind = flow.pixel_grid(shape), _drift(stage, shape)
    # Fog lies right up to the outline: a gap would show as a line round the product.
    beside = np.asarray(scene.soft_region(stage) * (1 - stage.subject), np.float32)
    reach = scene.Reach(beside, sharp=True)

    def paint(moment: Moment) -> Image:
        patches = flow.two_phase(texture, places, wind, moment.phase)
        thickness = depth * np.maximum(0.7 + 0.4 * patches, 0)
        fog = np.asarray(1 - cv2.exp(-_DENSITY * amount * thickness), np.float32)
        here = scene.follow(to_plane(fog), moment.warp, grid.factor)
        return veil(moment.pixels, reach.limit(np.asarray(here, np.uint8), moment), air)

    return paint


EFFECT = Effect(
    title="Haze",
    description="Thin fog drifts behind the product and deepens with distance.",
    prepare=prepare,
)
