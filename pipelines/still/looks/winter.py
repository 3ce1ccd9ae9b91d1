"""Winter: snow light from above, snow on what faces up, cold air."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import ImageF
from pipelines.colour import luminance
from pipelines.still.craft import light, tone, weather
from pipelines.still.craft.noise import clouds, specks
from pipelines.still.look import Look, Scene

AIR = np.array([0.60, 0.72, 0.88], np.float32)
SNOW = np.array([0.86, 0.92, 1.0], np.float32)


def grade(scene: Scene) -> ImageF:
    """Cold overcast light, bounced by snow; snow settles; the distance dissolves."""
    shape = light.relief(scene)
    over = light.lambert(shape, (-0.25, -0.80, 0.45), wrap=0.6)
    picture = tone.saturate(scene.linear, 0.72)
    picture = picture * tone.spread(0.62 + 0.62 * over) * np.array([0.80, 0.98, 1.22], np.float32)
    cold = tone.saturate(picture, 0.45) * np.array([0.86, 1.0, 1.18], np.float32)
    picture = tone.mix(cold, picture, scene.subject)
    patches = clouds(shape.floor.shape, scene.rng, 40 * scene.unit, 3)
    dusk = np.linspace(0.42, 0.80, shape.floor.shape[0], dtype=np.float32)[:, None, None]
    picture = weather.haze(picture, shape.distance, dusk * AIR, 1.5, patches)
    flakes = weather.bokeh(scene, shape.distance, (tuple(SNOW),), 40, (0.5, 1.9))
    picture = picture + 0.16 * flakes
    picture = _snowed(scene, shape, picture)
    spill = light.bloom(picture, scene.unit, threshold=0.6, radius=3.0)
    picture = tone.split_tone(
        tone.contain(picture + 0.12 * spill, ceiling=0.88),
        shadows=(0.0, -12.0),
        highlights=(-1.0, -3.0),
    )
    return tone.contrast(picture, 1.08)


def _snowed(scene: Scene, shape: light.Relief, picture: ImageF) -> ImageF:
    """Cover with snow, shaded by its own lumps and blue where the product shades it."""
    cover = weather.snow_cover(scene, shape)
    drifts = clouds(cover.shape, scene.rng, 9 * scene.unit, 4)
    lumps = tone.blur(cover * (0.55 + 0.9 * drifts), 0.5 * scene.unit)
    relief = np.clip(0.90 + 1.1 * (lumps - np.roll(lumps, -max(round(scene.unit), 1), 0)), 0.6, 1)
    sparkle = np.maximum(specks(cover.shape, scene.rng, 1.0) - 2.6, 0) * 0.25
    shade = light.cast_shadow(scene, lean=0.3, squash=0.10, softness=2.5)
    ground = 0.55 + 0.45 * np.clip(luminance(scene.linear) / 0.35, 0, 1)
    level = relief * (scene.subject + (1 - scene.subject) * ground) * (1 - 0.5 * shade) + sparkle
    blue = tone.mix(np.ones_like(picture), (0.72, 0.86, 1.0), shade)
    return tone.mix(picture, tone.spread(level) * SNOW * blue, cover)


LOOK = Look(
    title="Winter",
    description=("Cold snow light, snow lying on upper edges and on the ground, pale air behind."),
    prompt=(
        "product photograph outdoors in fresh snow, soft overcast winter light, snow resting "
        "on the upper edges of the product, powder snow on the ground, pale blue mist, "
        "distant frosted forest out of focus, crisp cold colours, same product, same shape, "
        "label and lettering unchanged"
    ),
    negative_prompt=(
        "deformed product, warped label, misspelled or garbled text, extra objects, duplicate "
        "product, cropped product, warm light, green leaves, dirty snow, snow covering the "
        "label, blizzard, cartoon, watermark, signature, jpeg artifacts, lowres"
    ),
    strength=0.5,
    grade=grade,
)
