"""Neon night: a dark street, magenta from one side, cyan from the other."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import ImageF
from pipelines.still.craft import light, tone, weather
from pipelines.still.craft.noise import clouds
from pipelines.still.look import Look, Scene

MAGENTA = np.array([1.0, 0.06, 0.48], np.float32)
CYAN = np.array([0.04, 0.62, 1.0], np.float32)
LAMPS = ((1.0, 0.08, 0.45), (0.05, 0.6, 1.0), (0.65, 0.15, 1.0), (1.0, 0.45, 0.10))


def grade(scene: Scene) -> ImageF:
    """Put the light out, then turn on two tubes and the signs behind."""
    shape = light.relief(scene)
    dark = weather.defocus(scene.linear, scene, shape.distance, 1.6)
    picture = dark * _night(scene, shape)
    for side, tube in ((-1.0, MAGENTA), (1.0, CYAN)):
        picture = picture + _tube(scene, shape, side) * tube * (0.07 + 0.93 * scene.linear)
    picture = picture + 0.42 * weather.bokeh(scene, shape.distance, LAMPS, 30, (0.9, 4.2))
    picture = picture + _street_air(scene, shape)
    spill = light.bloom(
        picture, scene.unit, threshold=0.35, radius=4.0, weight=1 - 0.6 * scene.subject
    )
    picture = tone.contrast(picture + 0.55 * spill, 1.25, pivot=0.42)
    return tone.contain(tone.grain(picture, scene.rng, 0.014, 0.1 * scene.unit))


def _night(scene: Scene, shape: light.Relief) -> ImageF:
    """What little blue light is left, and a soft lamp in front so that the label still reads."""
    front = light.lambert(shape, (0.0, -0.1, 1.0)) ** 2 * scene.subject
    moon = np.array([0.045, 0.055, 0.12], np.float32)
    return moon + tone.spread(front) * np.array([0.46, 0.43, 0.52], np.float32)


def _tube(scene: Scene, shape: light.Relief, side: float) -> ImageF:
    """One neon tube beside and behind: a rim on the product, a pool of colour on the floor."""
    edge = light.rim(shape, scene, side, lift=-0.12, width=1.5)
    pool = light.glow(shape.floor.shape, (0.5 + 0.55 * side, 0.75), 0.55)
    wet = pool * (0.25 + 0.75 * shape.floor) * (1 - scene.subject)
    return tone.spread(3.4 * edge + 0.55 * wet)


def _street_air(scene: Scene, shape: light.Relief) -> ImageF:
    """Coloured mist behind the product, thick near each tube."""
    size = shape.floor.shape
    patches = 0.4 + clouds(size, scene.rng, 30 * scene.unit, 4)
    left = light.glow(size, (-0.02, 0.35), 0.62) * patches
    right = light.glow(size, (1.02, 0.35), 0.62) * patches
    mist = tone.spread(left) * MAGENTA + tone.spread(right) * CYAN
    return mist * tone.spread(0.024 + 0.176 * shape.distance)


LOOK = Look(
    title="Neon night",
    description=("Night street: magenta from the left, cyan from the right, signs glowing behind."),
    prompt=(
        "product photograph on a rainy city street at night, magenta neon rim light from the "
        "left and cyan neon rim light from the right, wet reflective ground, out-of-focus "
        "neon signs, volumetric mist, cyberpunk mood, 50mm f/1.4, same product, same shape, "
        "label and lettering unchanged"
    ),
    negative_prompt=(
        "deformed product, warped label, misspelled or garbled text, extra objects, duplicate "
        "product, cropped product, daylight, flat lighting, washed out, readable background "
        "signs, people, cartoon, watermark, signature, jpeg artifacts, lowres"
    ),
    strength=0.5,
    grade=grade,
)
