"""Light sweep: a light circles the product once; its rim and a soft sheen answer."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, ImageF, Mask
from pipelines.motion.craft import relief, scene
from pipelines.motion.craft.blend import lit, to_plane
from pipelines.motion.effect import Effect, Moment, Painter, Stage

_SOFTBOX = (255, 246, 232)
_FACTOR = 2
_SOLVE = 384  # longest side of the grid on which the silhouette is inflated
_ELEVATION = math.radians(38)  # of the light over the picture plane


def _solving_factor(stage: Stage) -> int:
    return max(1, math.ceil(max(scene.shape_of(stage)) / _SOLVE))


def _surface(stage: Stage) -> NDArray[np.float32]:
    """Return (h, w, 3) normals: the inflated silhouette, bent by what the picture itself shows."""
    factor = _solving_factor(stage)
    silhouette = np.asarray(scene.shrink(stage.subject, factor), np.float32)
    normals = relief.normals(relief.inflate(silhouette))
    grey = cv2.cvtColor(scene.shrink(stage.pixels, factor), cv2.COLOR_RGB2GRAY)
    normals[..., :2] -= _bumps(grey) * silhouette[..., None]
    soft = cv2.GaussianBlur(normals, (0, 0), 1.0)
    return np.asarray(soft / np.linalg.norm(soft, axis=2, keepdims=True).clip(1e-6), np.float32)


def _bumps(grey: NDArray[Any]) -> NDArray[np.float32]:
    """Return (h, w, 2) slopes of the picture's brightness read as height, ridges bright."""
    height = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 2.5)
    slopes = [cv2.Sobel(height, cv2.CV_32F, dx, 1 - dx, scale=1 / 8) for dx in (1, 0)]
    return np.asarray(np.tanh(np.stack(slopes, axis=-1) / 14) * 0.45, np.float32)


def _answer(normals: NDArray[np.float32], angle: float) -> tuple[Mask, Mask]:
    """Return (diffuse and rim, specular) of a distant light at ``angle`` round the view axis.

    Specular is Blinn & Phong's lobe about the half vector; the rim is Fresnel-like, on the
    side that faces the light.
    """
    flat = math.cos(_ELEVATION)
    light = np.array([math.cos(angle) * flat, math.sin(angle) * flat, math.sin(_ELEVATION)])
    half = light + np.array([0.0, 0.0, 1.0])
    half /= np.linalg.norm(half)
    facing = np.maximum(normals @ light.astype(np.float32), 0)
    lobe = np.maximum(normals @ half.astype(np.float32), 0)
    rim = (1 - np.abs(normals[..., 2])) ** 2.5 * facing
    return np.asarray(0.35 * facing + 0.9 * rim, np.float32), np.asarray(lobe**22, np.float32)


def _response(small: ImageF) -> Mask:
    """Return how much of the sheen each pixel gives back: little in the dark, most on gloss."""
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (0, 0), 1.2)
    return np.asarray(0.10 + 0.55 * np.square(grey), np.float32)


def prepare(stage: Stage, amount: float) -> Painter:
    """Return the sweep; the light is out at phase 0 and brightest half way round.

    ``amount`` sets how bright it gets.
    """
    normals, factor = _surface(stage), _solving_factor(stage)
    half = scene.small_shape(scene.shape_of(stage), _FACTOR)
    reach = scene.Reach(np.asarray(scene.soft_region(stage) * stage.subject, np.float32))
    turn = stage.rng.uniform(-0.4, 0.4)

    def answer(moment: Moment) -> list[Mask]:
        # At half time the light stands above, a little to one side.
        angle = 2 * math.pi * (moment.phase - 0.5) - math.pi / 2 + turn
        seen = (scene.follow(part, moment.warp, factor) for part in _answer(normals, angle))
        window = np.float32(amount * math.sin(math.pi * moment.phase) ** 2)
        return [np.asarray(window * scene.grow(part, half), np.float32) for part in seen]

    def paint(moment: Moment) -> Image:
        gain, sheen = answer(moment)
        small = np.asarray(scene.shrink(moment.pixels, _FACTOR) / np.float32(255), np.float32)
        brighter = lit(small, 1.1 * gain, sheen * _response(small), _SOFTBOX) - small
        parts = (np.asarray(brighter[..., channel]) for channel in range(3))
        added = [reach.limit(to_plane(part), moment) for part in parts]
        return np.asarray(cv2.add(moment.pixels, cv2.merge(added)), np.uint8)

    return paint


EFFECT = Effect(
    title="Light sweep",
    description="A soft light circles the product; its edges and curves answer.",
    prepare=prepare,
    over_subject=True,
)
