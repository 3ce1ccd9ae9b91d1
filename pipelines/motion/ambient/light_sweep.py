"""Light sweep: a light circles the product once; its rim and a soft sheen answer."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines import relief
from pipelines.arrays import Image, Mask
from pipelines.motion.craft import scene
from pipelines.motion.craft.blend import glow, illuminate, to_plane
from pipelines.motion.effect import Effect, Moment, Painter, Stage

_SOFTBOX = (255, 246, 232)
_SOLVE = 384  # longest side of the grid on which the silhouette is inflated
_ELEVATION = math.radians(38)  # of the light over the picture plane


def _solving_factor(stage: Stage) -> int:
    return max(1, math.ceil(max(scene.shape_of(stage)) / _SOLVE))


def _surface(stage: Stage) -> NDArray[np.float32]:
    """Return (h, w, 3) normals: the inflated silhouette, bent by what the picture itself shows."""
    factor = _solving_factor(stage)
    silhouette = np.asarray(scene.shrink(stage.subject, factor), np.float32)
    normals = relief.normals(relief.membrane(silhouette))
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
    away = 1 - np.abs(normals[..., 2])
    rim = away * away * np.sqrt(away) * facing
    return np.asarray(0.35 * facing + 1.7 * rim, np.float32), np.asarray(
        cv2.pow(lobe, 22), np.float32
    )


def _gloss(stage: Stage, shape: scene.Shape) -> Mask:
    """Return how much of the sheen each place gives back: little in the dark, most on gloss."""
    height, width = shape
    small = cv2.resize(stage.pixels, (width, height), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    return np.asarray(0.10 + 0.5 * cv2.GaussianBlur(grey, (0, 0), 1.2), np.float32)


def prepare(stage: Stage, amount: float) -> Painter:
    """Return the sweep; the light is out at phase 0 and brightest half way round.

    Body light multiplies the picture, in linear light (for which a square stands in), and rolls
    off towards white; sheen is screened over it. ``amount`` sets how bright they get.
    """
    normals, factor = _surface(stage), _solving_factor(stage)
    gloss = _gloss(stage, (normals.shape[0], normals.shape[1]))
    reach = scene.Reach(np.asarray(scene.soft_region(stage) * stage.subject, np.float32))
    turn = stage.rng.uniform(-0.4, 0.4)

    def paint(moment: Moment) -> Image:
        # At half time the light stands above, a little to one side.
        angle = 2 * math.pi * (moment.phase - 0.5) - math.pi / 2 + turn
        window = amount * math.sin(math.pi * moment.phase) ** 2
        body, sheen = _answer(normals, angle)
        share = to_plane(np.sqrt(1 + window * (1.1 * body + 1.0 * sheen)) - 1)
        light = to_plane(0.9 * window * sheen * gloss)
        share, light = (
            reach.limit(np.asarray(scene.follow(plane, moment.warp, factor), np.uint8), moment)
            for plane in (share, light)
        )
        lit = illuminate(moment.pixels, share, _SOFTBOX)
        return glow(lit, light, _SOFTBOX)

    return paint


EFFECT = Effect(
    title="Light sweep",
    description="A soft light circles the product; its edges and curves answer.",
    prepare=prepare,
    over_subject=True,
)
