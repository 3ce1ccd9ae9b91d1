"""Editorial: hard flash, clean colour field, deep blacks."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import ImageF
from pipelines.colour import luminance
from pipelines.still.craft import light, tone
from pipelines.still.look import Look, Scene


def grade(scene: Scene) -> ImageF:
    """Hard light with a crisp shadow; the set becomes one quiet tone, the product stays vivid."""
    side = light.lit_side(scene)
    shape = light.relief(scene)
    picture = tone.mix(_quiet(scene, shape), scene.linear, scene.subject)
    picture = tone.clarity(picture, 3 * scene.unit, 0.8)
    key = light.lambert(shape, (0.55 * side, -0.55, 0.65), wrap=0.05)
    shade = light.cast_shadow(scene, lean=-0.75 * side, squash=0.42, softness=0.7)
    picture = picture * tone.spread(0.42 + 1.08 * key) * tone.spread(1 - 0.72 * shade)
    picture = tone.contrast(picture, 1.30, pivot=0.46)
    picture = tone.split_tone(
        tone.contain(picture, ceiling=0.94), shadows=(0.0, -5.0), highlights=(0.0, 3.0)
    )
    picture = tone.vignette(picture, 0.25)
    return tone.grain(picture, scene.rng, 0.012, 0.1 * scene.unit)


def _quiet(scene: Scene, shape: light.Relief) -> ImageF:
    """The set drained towards one cool stone grey and evened out, its texture kept faint."""
    grey = luminance(scene.linear)
    even = tone.blur(grey, 8 * scene.unit)
    level = float(np.median(even))
    plain = (grey / np.maximum(even, 1e-3)) ** np.float32(0.6) * (0.35 * even + 0.65 * level)
    lifted = 0.10 + 0.85 * plain + 0.06 * shape.floor
    return np.asarray(tone.spread(lifted) * np.array([0.93, 0.98, 1.06]), np.float32)


LOOK = Look(
    title="Editorial",
    description=(
        "A magazine page: hard directional flash, crisp shadow, a quiet cool set, vivid product."
    ),
    prompt=(
        "high-end editorial still life, fashion magazine product photography, hard "
        "directional flash, crisp graphic shadow, seamless cool grey set, restrained palette, "
        "deep blacks, medium format, f/11, tack sharp, same product, same shape, label and "
        "lettering unchanged"
    ),
    negative_prompt=(
        "deformed product, warped label, misspelled or garbled text, extra objects, duplicate "
        "product, cropped product, soft hazy light, clutter, props, oversaturated background, "
        "vignette halos, amateur snapshot, watermark, signature, jpeg artifacts, lowres"
    ),
    strength=0.4,
    grade=grade,
)
