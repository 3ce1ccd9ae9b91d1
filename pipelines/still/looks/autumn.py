"""Autumn: low sun through leaves, amber, rust and moss."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import ImageF
from pipelines.colour import lab_to_linear, linear_to_lab
from pipelines.still.craft import light, tone, weather
from pipelines.still.look import Look, Scene

SUN = np.array([1.0, 0.76, 0.46], np.float32)
ON_PRODUCT = (0.98, 0.90, 0.76)
"""The sun on the product itself: paler, so that its colours stay its own."""
SHADE = np.array([0.50, 0.51, 0.50], np.float32)
AMBER = np.deg2rad(62.0)
"""Hue angle of autumn leaves in the a*b* plane."""
LEAVES = ((1.0, 0.32, 0.04), (0.85, 0.16, 0.03), (1.0, 0.58, 0.10), (0.55, 0.42, 0.06))


def grade(scene: Scene) -> ImageF:
    """Dapple the scene with sun through leaves and turn its set to amber and rust."""
    side = light.lit_side(scene)
    shape = light.relief(scene)
    turned = tone.mix(_turn(scene.linear, 0.9), scene.linear, scene.subject)
    turned = weather.defocus(turned, scene, shape.distance, 1.0)
    gaps = light.dapple(shape.floor.shape, scene.rng, scene.unit)
    key = light.lambert(shape, (0.7 * side, -0.5, 0.5), wrap=0.35)
    sun = key * (0.30 + 0.85 * gaps + 0.30 * (1 - gaps) * scene.subject)
    colour = tone.mix(np.broadcast_to(SUN, turned.shape), ON_PRODUCT, scene.subject)
    picture = turned * (0.72 * SHADE + tone.spread(1.7 * sun) * colour)
    picture = picture + 0.42 * weather.bokeh(scene, shape.distance, LEAVES, 34, (1.6, 4.6))
    glow = light.glow(shape.floor.shape, (0.5 + 0.5 * side, 0.05), 0.7)
    picture = weather.haze(picture, shape.distance, tone.spread(0.2 + 0.6 * glow) * SUN, 0.45)
    spill = light.bloom(picture, scene.unit, threshold=0.5, radius=3.5)
    picture = tone.contrast(picture + 0.25 * spill, 1.35, pivot=0.5)
    picture = tone.split_tone(
        tone.contain(picture, knee=0.6, ceiling=0.92), shadows=(3.0, 2.0), highlights=(2.0, 7.0)
    )
    return tone.vignette(picture, 0.35)


def _turn(linear: ImageF, amount: float) -> ImageF:
    """Turn hues towards the amber of leaves and give grey things a little of it."""
    lightness, a, b = cv2.split(linear_to_lab(linear))
    reach = cv2.magnitude(a, b) * np.float32(0.85) + np.clip(lightness * (14 / 60), 0, 14)
    for channel, share in ((a, np.cos(AMBER)), (b, np.sin(AMBER))):
        channel += np.float32(amount) * (reach * np.float32(share) - channel)
    return lab_to_linear(cv2.merge((lightness, a, b)))


LOOK = Look(
    title="Autumn",
    description=("Low sun through leaves: dappled light, amber and rust behind the product."),
    prompt=(
        "product photograph in an autumn forest, dappled low sunlight through leaves, amber "
        "rust and moss palette, fallen maple leaves softly out of focus, warm earthy tones, "
        "light morning mist, 85mm f/2, same product, same shape, label and lettering "
        "unchanged"
    ),
    negative_prompt=(
        "deformed product, warped label, misspelled or garbled text, extra objects, duplicate "
        "product, cropped product, green summer foliage, snow, leaves covering the label, "
        "oversaturated orange product, cartoon, watermark, signature, jpeg artifacts, lowres"
    ),
    strength=0.5,
    grade=grade,
)
