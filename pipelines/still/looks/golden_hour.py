"""Golden hour: a low sun from one side, warm air, long shade."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import ImageF
from pipelines.still.craft import light, tone, weather
from pipelines.still.craft.noise import clouds
from pipelines.still.look import Look, Scene

SUN = np.array([1.0, 0.57, 0.21], np.float32)
ON_PRODUCT = (0.98, 0.74, 0.46)
"""The sun on the product itself: less red, so that a green label stays green."""
SKY = np.array([0.44, 0.50, 0.72], np.float32)


def grade(scene: Scene) -> ImageF:
    """Relight by a sun low beside the product, then let warm air and bloom carry it."""
    side = light.lit_side(scene)
    shape = light.relief(scene)
    picture = scene.linear * _daylight(scene, shape, side)
    edge = light.rim(shape, scene, side, lift=-0.3, width=2.2)
    picture = picture + tone.spread(edge * 1.1) * SUN * (0.25 + scene.linear)
    picture = _air(scene, shape, side, picture)
    picture = tone.contrast(picture, 1.3, pivot=0.5)
    picture = tone.split_tone(
        tone.contain(picture, knee=0.62, ceiling=0.9), shadows=(3.0, -7.0), highlights=(3.0, 7.5)
    )
    return tone.grain(picture, scene.rng, 0.008, 1.0)


def _daylight(scene: Scene, shape: light.Relief, side: int) -> ImageF:
    """Warm key on what faces the sun, cool sky everywhere else, the product's long shadow."""
    shade = light.cast_shadow(scene, lean=-1.35 * side, squash=0.20, softness=3.5) * shape.floor
    key = light.lambert(shape, (0.92 * side, -0.30, 0.34), wrap=0.35)
    reach = 0.36 + 0.90 * light.across(shape.floor.shape, side, reach=0.5)
    sun = key * reach * (1 - 0.92 * shade)
    colour = tone.mix(np.broadcast_to(SUN, scene.linear.shape), ON_PRODUCT, scene.subject)
    return np.float32(0.30) * SKY + tone.spread(2.2 * sun) * colour


def _air(scene: Scene, shape: light.Relief, side: int, picture: ImageF) -> ImageF:
    """Sunlit haze with depth, the sun's own glow at the edge, bloom from what is bright."""
    size = shape.floor.shape
    sun = light.glow(size, (0.5 + 0.56 * side, 0.16), 0.85)
    patches = clouds(size, scene.rng, 45 * scene.unit, 3)
    air = tone.spread(0.10 + 0.75 * sun) * SUN
    picture = weather.haze(picture, shape.distance, air, 0.55, patches)
    veil = sun * (0.07 + 0.24 * shape.distance)
    spill = light.bloom(
        picture, scene.unit, threshold=0.5, radius=4.0, weight=0.3 + 0.7 * shape.distance
    )
    return (
        picture + tone.spread(veil) * SUN + 0.45 * spill * np.array([1.0, 0.70, 0.36], np.float32)
    )


LOOK = Look(
    title="Golden hour",
    description=("A low warm sun from one side, long shade, glowing air and cool shadows."),
    prompt=(
        "product photograph at golden hour, low sun raking from the side, warm amber rim "
        "light, long soft shadows, glowing atmospheric haze, gentle lens bloom, cool blue "
        "shadows, shallow depth of field, 85mm f/2, Kodak Portra colour, same product, same "
        "shape, label and lettering unchanged"
    ),
    negative_prompt=(
        "deformed product, warped label, misspelled or garbled text, extra objects, duplicate "
        "product, cropped product, flat lighting, midday sun, grey sky, blown highlights, "
        "orange colour cast on the label, cartoon, watermark, signature, jpeg artifacts, "
        "lowres"
    ),
    strength=0.45,
    grade=grade,
)
