"""Noir: black and white, one hard shaft through a blind."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import ImageF, Mask
from pipelines.still.craft import light, tone
from pipelines.still.craft.noise import clouds
from pipelines.still.look import Look, Scene


def grade(scene: Scene) -> ImageF:
    """Put the scene into the dark and let a blind cut one shaft of light across it."""
    side = light.lit_side(scene)
    shape = light.relief(scene)
    grey = _panchromatic(scene.linear)
    key = light.lambert(shape, (0.80 * side, -0.35, 0.50)) * _shaft(scene, side)
    lit = grey * (0.035 + 1.55 * key + 0.12 * scene.subject)
    edge = light.rim(shape, scene, -side, lift=-0.3, width=2.6)
    lit = lit + 0.40 * edge * (0.25 + grey)
    shade = light.cast_shadow(scene, lean=-0.9 * side, squash=0.3, softness=2.0)
    lit = lit * (1 - 0.8 * shade)
    smoke = clouds(grey.shape, scene.rng, 35 * scene.unit, 4) * _shaft(scene, side)
    picture = tone.spread(lit + 0.05 * smoke * shape.distance)
    spill = light.bloom(picture, scene.unit, threshold=0.5, radius=3.0)
    picture = tone.contrast(picture + 0.2 * spill, 1.35, pivot=0.4)
    picture = tone.fade(tone.contain(tone.vignette(picture, 0.5), knee=0.6), (0.0, 0.0, 0.0), 0.86)
    return tone.grain(picture, scene.rng, 0.030, 0.14 * scene.unit)


def _panchromatic(linear: ImageF) -> Mask:
    """Black and white through an orange filter: skin, wood and paper light, blue sky dark."""
    grey = linear @ np.array([0.46, 0.42, 0.12], np.float32)
    return np.asarray(grey / max(float(np.percentile(grey, 98)), 0.2) * 0.85, np.float32)


def _shaft(scene: Scene, side: int) -> Mask:
    """The blind's bars, in a pool of light; the product breaks them into softer ones."""
    size = scene.subject.shape
    bars = light.blinds(size, 14.0 * side, 13 * scene.unit, 0.75)
    pool = light.glow(size, (0.5 + 0.08 * side, 0.45), 0.48)
    on_product = 0.70 + 0.30 * bars
    return pool * (bars + (on_product - bars) * scene.subject)


LOOK = Look(
    title="Noir",
    description=("Hard black and white: one shaft of light through a blind, the rest in shadow."),
    prompt=(
        "film noir product photograph, high contrast black and white, hard light through "
        "venetian blinds casting slatted shadows, drifting smoke, deep blacks, 1940s "
        "detective mood, silver gelatin print, Tri-X grain, same product, same shape, label "
        "and lettering unchanged"
    ),
    negative_prompt=(
        "deformed product, warped label, misspelled or garbled text, extra objects, duplicate "
        "product, cropped product, colour, sepia, flat grey lighting, overexposed, smiling "
        "people, cartoon, watermark, signature, jpeg artifacts, lowres"
    ),
    strength=0.45,
    grade=grade,
)
